import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.batch import StepCost
from fakeai.sim.latency import StepModel
from fakeai.sim.power import CONTEXT_W, Accelerators
from tests.unit.sim.physics import HARDWARE, decoding, deployed, reading

A100 = deployed("llama-3.1-8b-instruct", "a100-80g-sxm")
PROMPT = StepModel(A100, HARDWARE).cost(reading(8192))
DECODE = StepModel(A100, HARDWARE).cost(decoding(8))


def after(seconds: float, cost: StepCost | None, **options: float) -> Accelerators:
    chips = Accelerators(A100, HARDWARE, "w", **options)
    steps = max(1, round(seconds / 0.05))
    for step in range(1, steps + 1):
        chips.advance(step * seconds / steps, cost)
    return chips


def test_idle_chips_draw_idle_power_and_a_contexts() -> None:
    chips = after(100, None)
    assert chips.power_w == A100.gpu.idle_w + CONTEXT_W
    assert chips.gpus[0].utilization == 0
    assert chips.energy_j == pytest.approx(100 * chips.power_w)


def test_prompts_draw_the_tdp_and_decoding_two_thirds_of_it() -> None:
    assert after(10, PROMPT).power_w > 0.9 * A100.gpu.tdp_w
    assert 0.55 * A100.gpu.tdp_w < after(10, DECODE).power_w < 0.8 * A100.gpu.tdp_w


def test_activity_follows_what_sets_the_pace() -> None:
    prompt, decode = after(10, PROMPT).gpus[0], after(10, DECODE).gpus[0]
    assert prompt.tensor_active > 0.6 > 0.2 > decode.tensor_active
    assert decode.dram_active > 0.6
    assert decode.utilization == pytest.approx(1, abs=0.001)
    assert all(0 <= share <= 1 for share in (prompt.sm_active, prompt.dram_active, decode.sm_active))


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.sampled_from([PROMPT, DECODE, None])), max_size=30))
def test_energy_is_the_integral_of_power_and_sums_never_fall(intervals: list[tuple[float, StepCost | None]]) -> None:
    chips = Accelerators(A100, HARDWARE, "w", power_limit_w=250)
    now_s = integral_j = 0.0
    for lasted_s, cost in intervals:
        before = (chips.energy_j, chips.power_violation_s, chips.thermal_violation_s)
        now_s += lasted_s
        chips.advance(now_s, cost)
        integral_j += chips.power_w * lasted_s
        assert (chips.energy_j, chips.power_violation_s, chips.thermal_violation_s) >= before
        assert chips.power_w <= 250 + 1e-6
    assert chips.energy_j == pytest.approx(integral_j)


def test_a_power_limit_lowers_clocks_more_in_prompts_than_in_decoding() -> None:
    free, capped = after(10, PROMPT), after(10, PROMPT, power_limit_w=250)
    assert (free.clock, free.power_violation_s) == (1.0, 0.0)
    assert capped.gpus[0].sm_clock_mhz < 0.95 * A100.gpu.boost_mhz
    assert capped.power_violation_s == pytest.approx(10)
    assert capped.gpus[0].power_limit_w == 250
    assert capped.clock < after(10, DECODE, power_limit_w=250).clock


def test_temperature_lags_behind_power() -> None:
    start, soon, late = (after(seconds, PROMPT).gpus[0].temperature_c for seconds in (0.05, 10, 300))
    assert start < soon < late
    assert soon < start + 0.6 * (late - start)
    assert late > 70


def test_heat_slows_a_chip_that_is_not_cooled() -> None:
    hot = after(300, PROMPT, ambient_c=55)
    assert hot.thermal_violation_s > 0
    assert after(300, PROMPT).thermal_violation_s == 0


def test_every_chip_of_the_worker_has_a_record() -> None:
    deployment = deployed("llama-3.1-70b-instruct", tp=4)
    chips = Accelerators(deployment, HARDWARE, "w", first_index=8)
    chips.advance(1.0, StepModel(deployment, HARDWARE).cost(decoding(32)))
    assert [record.index for record in chips.gpus] == [8, 9, 10, 11]
    assert all(record.link_sent_bytes > 0 for record in chips.gpus)
    assert all(0 < record.mem_used_bytes <= record.mem_total_bytes for record in chips.gpus)
