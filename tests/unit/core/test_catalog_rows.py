"""What must hold for every row of the built-in catalog, and that it has what it should have."""

import re
from collections.abc import Iterator
from datetime import date

import pytest

from fakeai.core.catalog import Catalog
from fakeai.core.specs import Architecture, ModelSpec
from fakeai_api.catalog import MODELS

ROWS = list(MODELS.values())
OPEN = [row for row in ROWS if row.architecture]
PRICE_FIELDS = ("input", "cached_input", "cache_write", "output", "audio_input", "audio_output", "image_output")


def names(row: ModelSpec) -> str:
    return row.id


every_row = pytest.mark.parametrize("row", ROWS, ids=names)
every_open_row = pytest.mark.parametrize("row", OPEN, ids=names)


def test_there_are_enough_models_and_open_ones() -> None:
    assert len(ROWS) >= 80
    assert len(OPEN) >= 40


@every_row
def test_a_row_says_whose_it_is_where_from_and_since_when(row: ModelSpec) -> None:
    assert row.source
    assert row.family == row.family.lower() != ""
    assert row.owned_by
    assert 1_500_000_000 < row.created < 1_900_000_000
    assert row.endpoints
    assert row.shutdown_date is None or date.fromisoformat(row.shutdown_date)


@every_row
def test_limits_fit_the_endpoints(row: ModelSpec) -> None:
    if row.context_window is not None:
        assert row.context_window >= (row.max_output_tokens or 0)
    if {"chat", "completions", "responses"} & set(row.endpoints):
        assert row.context_window
        assert row.max_output_tokens
        assert "text" in row.output_modalities
    assert ("embeddings" in row.endpoints) == (row.embedding_dimensions is not None)
    assert ("audio" in (*row.input_modalities, *row.output_modalities)) == row.capabilities.audio or (
        "videos" in row.endpoints
    )


@every_row
def test_prices_are_plausible(row: ModelSpec) -> None:
    prices = row.prices
    given = [price for field in PRICE_FIELDS if (price := getattr(prices, field)) is not None]
    assert all(0 <= price <= 1000 for price in given)
    if prices.cached_input is not None:
        assert prices.input is not None
        assert prices.cached_input <= prices.input
    if {"chat", "completions", "responses"} & set(row.endpoints) and prices.input:
        assert prices.output is not None
        assert prices.output >= prices.input


@every_row
def test_vision_means_that_images_come_in(row: ModelSpec) -> None:
    if row.capabilities.vision:
        assert "image" in row.input_modalities
    if row.image_tokens:
        assert row.capabilities.vision
        assert (row.image_tokens.per_tile > 0) == (row.image_tokens.kind == "tile")


@every_row
def test_efforts_belong_to_reasoning_models(row: ModelSpec) -> None:
    if row.reasoning_efforts:
        assert row.capabilities.reasoning
        assert row.default_reasoning_effort in row.reasoning_efforts
    else:
        assert row.default_reasoning_effort is None
    if row.unsupported_when_reasoning:
        assert "none" in row.reasoning_efforts


def parameters_b(arch: Architecture) -> Iterator[float]:
    """All and active parameters. Attention of hybrid layers counts as the usual one, which is about as large."""
    heads = arch.q_heads * 0.35 if arch.mla_kv_elems else arch.q_heads + arch.kv_heads
    expert = arch.mlp_matrices * arch.hidden * (arch.moe_intermediate or 0)
    shared = arch.mlp_matrices * arch.hidden * arch.shared_intermediate
    dense = (arch.layers - arch.moe_layers) * arch.mlp_matrices * arch.hidden * (arch.intermediate or 0)
    embeddings = arch.vocab * arch.hidden * (1 if arch.tied_embeddings else 2)
    fixed = embeddings + arch.layers * 2 * arch.hidden * arch.head_dim * heads + dense + arch.moe_layers * shared
    for experts in (arch.n_experts, arch.top_k):
        yield (fixed + arch.moe_layers * experts * expert) / 1e9


@every_open_row
def test_the_architecture_adds_up_to_the_parameters(row: ModelSpec) -> None:
    assert row.architecture is not None
    total_b, active_b = parameters_b(row.architecture)
    assert total_b == pytest.approx(row.total_params_b, rel=0.11)
    assert active_b == pytest.approx(row.active_params_b, rel=0.2)


@every_open_row
def test_the_architecture_is_consistent(row: ModelSpec) -> None:
    arch = row.architecture
    assert arch is not None
    assert arch.q_heads % arch.kv_heads == 0
    assert 0.5 <= arch.q_heads * arch.head_dim / arch.hidden <= 4
    assert arch.sliding_layers <= arch.layers
    assert (arch.sliding_window is None) == (arch.sliding_layers == 0)
    assert 0 < (arch.attention_layers or arch.layers) <= arch.layers
    assert (arch.n_experts > 0) == (arch.moe_layers > 0) == (arch.moe_intermediate is not None)
    assert (arch.n_experts > 0) == row.capabilities.moe
    assert arch.top_k <= arch.n_experts
    assert (arch.moe_layers < arch.layers) <= (arch.intermediate is not None or arch.attention_layers is not None)


@every_open_row
def test_open_models_answer_to_their_hub_name(row: ModelSpec) -> None:
    assert row.echoes_alias
    assert any("/" in name for name in (row.id, *row.aliases))


EXPECTED = """
gpt-3.5-turbo gpt-3.5-turbo-instruct gpt-4 gpt-4-turbo gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini gpt-4.1-nano
chatgpt-4o-latest o1 o1-mini o1-pro o3 o3-mini o3-pro o4-mini o3-deep-research gpt-5 gpt-5-mini gpt-5-nano gpt-5-pro
gpt-5-chat-latest gpt-5.1 gpt-5.2 gpt-5.4 gpt-5.5 gpt-5.6 gpt-6-sol gpt-5-codex gpt-5.1-codex-max codex-mini-latest
computer-use-preview gpt-4o-search-preview gpt-oss-120b gpt-oss-20b openai/gpt-oss-120b openai/gpt-oss-20b babbage-002
davinci-002 text-embedding-ada-002 text-embedding-3-small text-embedding-3-large whisper-1 gpt-4o-transcribe
gpt-4o-mini-transcribe gpt-4o-transcribe-diarize tts-1 tts-1-hd gpt-4o-mini-tts dall-e-2 dall-e-3 gpt-image-1
gpt-image-1-mini gpt-image-1.5 gpt-image-2 chatgpt-image-latest omni-moderation-latest text-moderation-latest
gpt-realtime gpt-realtime-mini gpt-audio gpt-audio-mini gpt-4o-audio-preview gpt-4o-realtime-preview sora-2 sora-2-pro
claude-3-5-sonnet-20241022 claude-3-5-haiku-20241022 claude-3-opus-20240229 claude-opus-4-1 claude-sonnet-4-5
claude-opus-5 meta-llama/Llama-3.1-8B-Instruct meta-llama/Llama-3.1-70B-Instruct meta-llama/Llama-3.1-405B-Instruct
meta-llama/Llama-3.2-1B-Instruct meta-llama/Llama-3.2-3B-Instruct meta-llama/Llama-3.2-11B-Vision-Instruct
meta-llama/Llama-3.2-90B-Vision-Instruct meta-llama/Llama-3.3-70B-Instruct meta-llama/Llama-4-Scout-17B-16E-Instruct
meta-llama/Llama-4-Maverick-17B-128E-Instruct deepseek-ai/DeepSeek-R1 deepseek-ai/DeepSeek-R1-Distill-Qwen-32B
deepseek-ai/DeepSeek-V3 mixtral-8x7b mixtral-8x22b mistralai/Mistral-7B-Instruct-v0.3 mistral-large-latest
Qwen/Qwen2.5-72B-Instruct Qwen/Qwen3-32B Qwen/Qwen3-235B-A22B Qwen/Qwen3.5-397B-A17B
nvidia/llama-3.1-nemotron-70b-instruct nvidia/nemotron-3-nano-30b-a3b nvidia/cosmos-predict1-5b
nvidia/cosmos-reason1-7b nvidia/llama-3.2-nv-embedqa-1b-v2 nvidia/llama-3.2-nv-rerankqa-1b-v2
nvidia/nv-rerankqa-mistral-4b-v3 moonshotai/Kimi-K2.5 zai-org/GLM-5 MiniMaxAI/MiniMax-M2.5 google/gemma-3-27b-it
microsoft/phi-4
"""


@pytest.mark.parametrize("name", re.findall(r"\S+", EXPECTED))
def test_the_catalog_has(name: str) -> None:
    assert Catalog(ROWS).find(name) is not None


@pytest.mark.parametrize(
    ("name", "endpoints"),
    [
        ("gpt-4o", {"chat", "responses"}),
        ("gpt-3.5-turbo-instruct", {"completions"}),
        ("gpt-5-codex", {"responses"}),
        ("text-embedding-3-small", {"embeddings"}),
        ("whisper-1", {"transcriptions", "translations"}),
        ("meta-llama/Llama-3.1-8B-Instruct", {"chat", "completions", "responses"}),
        ("nvidia/llama-3.2-nv-rerankqa-1b-v2", {"ranking"}),
    ],
)
def test_endpoints(name: str, endpoints: set[str]) -> None:
    assert set(Catalog(ROWS).resolve(name).endpoints) == endpoints


@pytest.mark.parametrize(
    ("name", "refused", "taken"),
    [
        ("gpt-4o", set(), {"temperature", "max_tokens", "stop", "logprobs"}),
        ("o1", {"temperature", "max_tokens", "n", "parallel_tool_calls"}, {"stop"}),
        ("o4-mini", {"temperature", "max_tokens", "stop", "logprobs"}, {"n"}),
        ("gpt-5", {"temperature", "max_tokens", "stop", "logprobs"}, {"parallel_tool_calls"}),
        ("gpt-5.1", {"max_tokens", "stop"}, {"temperature", "top_p", "logprobs"}),
    ],
)
def test_refused_parameters(name: str, refused: set[str], taken: set[str]) -> None:
    row = Catalog(ROWS).resolve(name)
    assert refused <= set(row.unsupported_parameters)
    assert not taken & set(row.unsupported_parameters)


def test_embedding_dimensions() -> None:
    catalog = Catalog(ROWS)
    found = {
        name: (row.embedding_dimensions, row.dimensions_adjustable)
        for name in ("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002")
        if (row := catalog.resolve(name))
    }
    assert found == {
        "text-embedding-3-small": (1536, True),
        "text-embedding-3-large": (3072, True),
        "text-embedding-ada-002": (1536, False),
    }
