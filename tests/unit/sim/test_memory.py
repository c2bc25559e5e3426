import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim import memory
from fakeai.sim.experts import Routing
from fakeai.sim.memory import DoesNotFit
from fakeai.sim.weights import weight_bytes, weights_of
from fakeai_api.catalog import MODELS
from tests.unit.sim.physics import HARDWARE, deployed

DECODERS = [m for m in MODELS.values() if m.architecture and m.total_params_b and "vision" not in m.id]
EXACT = ("llama-3.1-8b-instruct", "llama-3.1-70b-instruct", "llama-3.1-405b-instruct", "mixtral-8x7b", "qwen3-32b")


@pytest.mark.parametrize("model_id", EXACT)
def test_parameters_add_up_to_the_published_total(model_id: str) -> None:
    model = MODELS[model_id]
    assert model.architecture is not None
    assert weight_bytes(model.architecture, "bf16") / 2e9 == pytest.approx(model.total_params_b, rel=0.005)


@pytest.mark.parametrize(
    "model_id",
    ["deepseek-r1", "kimi-k2.5", "glm-5", "gpt-oss-120b", "qwen3.5-397b-a17b", "llama-4-scout-17b-16e-instruct"],
)
def test_mixtures_and_latents_add_up_nearly(model_id: str) -> None:
    model = MODELS[model_id]
    assert model.architecture is not None
    assert weight_bytes(model.architecture, "bf16") / 2e9 == pytest.approx(model.total_params_b, rel=0.03)


def test_four_bits_cover_a_mixtures_experts_only() -> None:
    architecture = MODELS["gpt-oss-120b"].architecture
    assert architecture is not None
    parts = weights_of(architecture, "fp4")
    assert (parts.trunk_dtype, parts.expert_dtype) == ("bf16", "fp4")
    assert weight_bytes(architecture, "fp4") / 2**30 == pytest.approx(61, rel=0.05)


def test_kv_of_a_token() -> None:
    assert memory.kv_bytes_per_token(deployed()) == 32 * 2 * 8 * 128 * 2
    assert memory.kv_bytes_per_token(deployed(kv="fp8")) == 32 * 2 * 8 * 128
    assert memory.kv_bytes_per_token(deployed(tp=8)) == 32 * 2 * 128 * 2
    assert memory.kv_bytes_per_token(deployed(tp=16)) == memory.kv_bytes_per_token(deployed(tp=8))
    assert memory.kv_bytes_per_token(deployed("deepseek-r1", tp=8)) == 61 * 576 * 2
    assert memory.kv_bytes_per_token(deployed("qwen3.5-397b-a17b", tp=2)) == 15 * 2 * 256 * 2


def test_what_does_not_fit_is_told_with_the_arithmetic() -> None:
    with pytest.raises(DoesNotFit) as caught:
        memory.capacity_blocks(deployed("llama-3.1-70b-instruct"), HARDWARE)
    message = str(caught.value)
    assert "\n" not in message
    for part in (
        "llama-3.1-70b-instruct (bf16) does not fit on 1 x h100-sxm",
        "131.4 GB of weights",
        "72.0 GB of its 80.0 GB",
    ):
        assert part in message


@given(st.sampled_from([1, 2, 4, 8]), st.floats(0.5, 0.95))
def test_the_plan_never_promises_more_than_there_is(tp: int, utilization: float) -> None:
    for engine in ("vllm", "trtllm"):
        deployment = deployed("qwen3-32b", "h200", tp=tp, gpu_memory_utilization=utilization, engine=engine)
        made = memory.plan(deployment, HARDWARE)
        assert made.weights + made.workspace + made.reserve + made.kv <= made.total
        assert memory.capacity_blocks(deployment, HARDWARE) * deployment.block_size > 0


def test_more_memory_and_narrower_kv_hold_more_tokens() -> None:
    small = memory.capacity_blocks(deployed("qwen3-32b"), HARDWARE)
    assert memory.capacity_blocks(deployed("qwen3-32b", "h200"), HARDWARE) > 3 * small
    assert memory.capacity_blocks(deployed("qwen3-32b", kv="fp8"), HARDWARE) == pytest.approx(2 * small, rel=0.01)


def test_a_token_reaches_its_own_experts_and_a_crowd_all_of_them() -> None:
    routing = Routing.of(128, 8, 1, 0.8)
    assert routing.reached(1) == pytest.approx(8)
    assert routing.reached(1e9) == pytest.approx(128)
    assert Routing.of(128, 8, 1, 1.0).reached(64) == pytest.approx(128 * (1 - (1 - 8 / 128) ** 64))
    assert routing.reached(64) < Routing.of(128, 8, 1, 1.0).reached(64)


@given(st.floats(0.01, 1e5), st.floats(1.0, 10))
def test_more_tokens_reach_no_fewer_experts(tokens: float, factor: float) -> None:
    routing = Routing.of(256, 8, 8, 0.8)
    assert 0 < routing.reached(tokens) <= routing.reached(tokens * factor) <= 256
    assert 1 <= routing.unevenness(tokens * factor) <= routing.unevenness(tokens) <= 1.5
