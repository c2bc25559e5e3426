import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.efficiency import Profile
from fakeai.core.hardware_catalog import Hardware
from fakeai.core.specs import ModelSpec
from fakeai.sim.batch import Batch
from fakeai.sim.deployment import Deployment, NoArchitecture
from fakeai.sim.latency import StepModel, compute_dtype
from fakeai_api.hardware import CHIPS, ENGINES, GPUS, LINKS
from tests.unit.sim.physics import HARDWARE, decoding, deployed, reading

SHAPES = [
    deployed(),
    deployed("gpt-oss-120b", "h200", weights="fp4"),
    deployed("deepseek-r1", "b200", dp=8, ep=8, weights="fp8"),
    deployed("glm-5", "b200", tp=8, weights="fp8", engine="sglang"),
    deployed("qwen3.5-397b-a17b", "b300", tp=8, engine="sglang"),
    deployed("llama-3.1-70b-instruct", "rtx-pro-6000-se", pp=4, weights="fp8", engine="trtllm"),
]
STEPS = [StepModel(shape, HARDWARE) for shape in SHAPES]


def seconds(deployment: Deployment, batch: Batch) -> float:
    return StepModel(deployment, HARDWARE).cost(batch).total_s


@given(st.sampled_from(STEPS), st.integers(0, 512), st.integers(0, 4000), st.integers(0, 8192))
def test_more_work_never_takes_less_time(step: StepModel, seqs: int, context: int, tokens: int) -> None:
    batch = decoding(seqs, context)
    if tokens:
        prompt = reading(tokens)
        batch = dataclasses.replace(prompt, decode_seqs=seqs, decode_tokens=seqs, decode_context_tokens=seqs * context)
    cost = step.cost(batch)
    more_seqs = dataclasses.replace(batch, decode_seqs=seqs + 1, decode_tokens=seqs + 1)
    more_context = dataclasses.replace(batch, decode_context_tokens=batch.decode_context_tokens + 1000)
    assert step.cost(more_seqs).total_s >= cost.total_s
    assert step.cost(more_context).total_s >= cost.total_s
    assert cost.total_s > 0
    assert 0 <= cost.compute_s <= cost.total_s
    assert 0 <= cost.memory_s <= cost.total_s
    assert min(cost.link_s, cost.flops, cost.bytes) >= 0


def test_a_long_prompt_takes_its_flops_at_a_plausible_rate() -> None:
    cost = StepModel(deployed(), HARDWARE).cost(reading(8192))
    rate = cost.flops / cost.total_s
    assert cost.flops == pytest.approx(2 * 7.5e9 * 8192, rel=0.2)
    assert 0.4 * 989e12 < rate < 0.9 * 989e12


def test_decoding_one_sequence_reads_the_weights_at_a_plausible_rate() -> None:
    cost = StepModel(deployed("llama-3.1-70b-instruct", tp=2), HARDWARE).cost(decoding(1))
    assert cost.bytes == pytest.approx(140e9, rel=0.05)
    assert 0.4 * 2 * 3350e9 < cost.bytes / cost.total_s < 2 * 3350e9


def test_fewer_bits_and_more_chips_decode_faster() -> None:
    model = "llama-3.1-70b-instruct"
    wide = seconds(deployed(model, tp=4), decoding(8))
    assert seconds(deployed(model, tp=4, weights="fp8"), decoding(8)) < wide
    assert seconds(deployed(model, tp=8), decoding(8)) < wide
    assert seconds(deployed(model, "h200", tp=4), decoding(8)) < wide


def test_a_chip_without_the_format_unpacks_it_first() -> None:
    assert compute_dtype(GPUS["h100-sxm"], "fp4") == ("bf16", True)
    assert compute_dtype(GPUS["h100-sxm"], "fp8") == ("fp8", False)
    assert compute_dtype(GPUS["a100-80g-sxm"], "int4") == ("bf16", True)
    model = "llama-3.1-70b-instruct"
    step = StepModel(deployed(model, "a100-80g-sxm", tp=4, weights="int4"), HARDWARE)
    plain = StepModel(deployed(model, "a100-80g-sxm", tp=4), HARDWARE)
    assert step.cost(decoding(1)).total_s < plain.cost(decoding(1)).total_s
    assert step.prefill_s(8192) > plain.prefill_s(8192)


def test_a_window_bounds_what_long_contexts_cost() -> None:
    deployment = deployed("gpt-oss-120b", "b200", weights="fp4")
    architecture = dataclasses.replace(deployment.architecture, sliding_layers=0)
    model = dataclasses.replace(deployment.model, architecture=architecture)
    full = dataclasses.replace(deployment, model=model)
    assert seconds(deployment, decoding(64, 100)) == pytest.approx(seconds(full, decoding(64, 100)))
    assert seconds(deployment, decoding(64, 32_000)) < seconds(full, decoding(64, 32_000))
    assert seconds(deployment, reading(8192)) < seconds(full, reading(8192))


def test_sparse_attention_bounds_what_is_read() -> None:
    step = StepModel(deployed("glm-5", "b200", tp=8, weights="fp8"), HARDWARE)
    short = step.cost(decoding(32, 1024)).bytes - step.cost(decoding(32, 0)).bytes
    long = step.cost(decoding(32, 8 * 2048)).bytes - step.cost(decoding(32, 2048)).bytes
    assert long < 4 * short


def test_layers_that_are_no_mixture_are_dense() -> None:
    deployment = deployed("llama-4-maverick-17b-128e-instruct", "h200", tp=8, weights="fp8")
    all_moe = dataclasses.replace(deployment.architecture, moe_layers=48)
    model = dataclasses.replace(deployment.model, architecture=all_moe)
    assert seconds(deployment, decoding(256)) < seconds(dataclasses.replace(deployment, model=model), decoding(256))


def test_ranks_of_attention_share_the_experts_weights() -> None:
    one = StepModel(deployed("deepseek-r1", "b200", dp=8, ep=8, weights="fp8"), HARDWARE)
    cost = one.cost(decoding(512))
    assert cost.link_s > 0
    assert cost.bytes < 8 * 671e9


def test_a_slower_clock_slows_prompts_and_hardly_decoding() -> None:
    step = StepModel(deployed(), HARDWARE)
    assert step.cost(reading(8192), speed=0.5).total_s > 1.6 * step.cost(reading(8192)).total_s
    assert step.cost(decoding(4), speed=0.5).total_s < 1.05 * step.cost(decoding(4)).total_s


def test_a_profile_scales_the_part_that_it_names() -> None:
    deployment = deployed("llama-3.1-70b-instruct", tp=4)
    plain = StepModel(deployment, HARDWARE)

    def scaled(**factors: float) -> StepModel:
        return StepModel(deployment, HARDWARE, Profile("vllm", "m", "g", "bf16", 4, **factors))  # type: ignore[arg-type]

    assert scaled().cost(decoding(8)) == plain.cost(decoding(8))
    assert scaled(memory=1.5).cost(decoding(8)).memory_s == pytest.approx(1.5 * plain.cost(decoding(8)).memory_s)
    assert scaled(compute=2).cost(reading(512)).compute_s == pytest.approx(2 * plain.cost(reading(512)).compute_s)
    assert scaled(fixed=2).cost(decoding(8)).total_s > plain.cost(decoding(8)).total_s


def test_a_prompt_in_several_steps_takes_a_little_longer() -> None:
    whole = StepModel(deployed(max_num_batched_tokens=8192), HARDWARE)
    chunked = StepModel(deployed(max_num_batched_tokens=2048), HARDWARE)
    assert whole.prefill_s(8192) < chunked.prefill_s(8192) < 1.5 * whole.prefill_s(8192)
    assert whole.prefill_s(1000, context_tokens=7000) > whole.prefill_s(1000)


def test_a_users_chip_may_say_what_it_achieves() -> None:
    slow = dataclasses.replace(GPUS["h100-sxm"], id="mine", extra={"mem_fraction": 0.3, "flop_fraction": 0.2})
    known = Hardware([slow], LINKS.values(), CHIPS.values(), ENGINES.values())
    deployment = dataclasses.replace(deployed(), gpu=slow)
    mine = StepModel(deployment, known)
    assert mine.cost(decoding(1)).total_s > 1.5 * seconds(deployed(), decoding(1))
    assert mine.prefill_s(8192) > 2 * StepModel(deployed(), HARDWARE).prefill_s(8192)


def test_a_model_of_unknown_shape_is_refused() -> None:
    deployment = dataclasses.replace(deployed(), model=ModelSpec(id="gpt-x"))
    with pytest.raises(NoArchitecture, match="gpt-x"):
        StepModel(deployment, HARDWARE)
