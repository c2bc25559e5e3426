import dataclasses

import pytest

from fakeai.core.catalog import MAX_INFERRED, MAX_INFERRED_ID, Catalog
from fakeai.core.errors import ApiError
from fakeai.core.specs import ModelSpec
from fakeai_api.catalog import MODELS


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(MODELS.values())


@pytest.fixture
def inferring() -> Catalog:
    return Catalog(MODELS.values(), unknown="infer")


def ids(catalog: Catalog, namespace: str = "") -> list[str]:
    return [model["id"] for model in catalog.listed(namespace)]


def test_an_alias_resolves_to_its_snapshot(catalog: Catalog) -> None:
    assert catalog.resolve("gpt-4o") is catalog.resolve("gpt-4o-2024-08-06")
    assert catalog.resolve("gpt-4o").id == "gpt-4o-2024-08-06"


def test_an_open_model_keeps_the_name_it_was_asked_by(catalog: Catalog) -> None:
    asked = catalog.resolve("deepseek-ai/DeepSeek-R1")
    assert asked.id == "deepseek-ai/DeepSeek-R1"
    assert dataclasses.replace(asked, id="deepseek-r1") == catalog.resolve("deepseek-r1")


@pytest.mark.parametrize("name", ["gpt-9", "GPT-4o", " gpt-4o", "", "ft:gpt-9:acme::1", "openai/gpt-4o"])
def test_unknown_names_are_the_404_that_clients_match_on(catalog: Catalog, name: str) -> None:
    with pytest.raises(ApiError) as caught:
        catalog.resolve(name)
    error = caught.value
    assert (error.status, error.code, error.type, error.param) == (
        404,
        "model_not_found",
        "invalid_request_error",
        None,
    )
    assert error.message == f"The model `{name}` does not exist or you do not have access to it."


@pytest.mark.parametrize(
    "name",
    [
        "ft:gpt-4o-mini-2024-07-18:acme::9xYz",
        "ft:gpt-4o-mini-2024-07-18:acme:support-bot:9xYz",
        "ft:gpt-4o-mini:acme:support-bot:9xYz:ckpt-step-100",
    ],
)
def test_a_tuned_model_has_the_facts_of_its_base(catalog: Catalog, name: str) -> None:
    base, tuned = catalog.resolve("gpt-4o-mini"), catalog.resolve(name)
    assert (tuned.id, tuned.owned_by, tuned.aliases) == (name, "acme", ())
    kept = {"context_window", "max_output_tokens", "capabilities", "tokenizer", "prices", "endpoints"}
    assert all(getattr(tuned, field) == getattr(base, field) for field in kept)
    assert name not in ids(catalog)


@pytest.mark.parametrize("name", ["ft:", "ft:gpt-4o", "ft:gpt-4o:acme", "ft:gpt-4o:acme:suffix", "ft:gpt-4o::x:y"])
def test_a_malformed_tuned_name_is_unknown(catalog: Catalog, name: str) -> None:
    assert catalog.find(name) is None


def test_the_listing_has_every_id_and_alias_once_in_catalog_order(catalog: Catalog) -> None:
    expected = [name for row in MODELS.values() for name in (row.id, *row.aliases)]
    assert ids(catalog) == expected
    assert len(expected) == len(set(expected)) == catalog.count()
    assert catalog.listed()[ids(catalog).index("gpt-4o")] == {
        "id": "gpt-4o",
        "object": "model",
        "created": 1722814719,
        "owned_by": "system",
        "shutdown_date": "2027-01-14",
    }


def test_a_later_row_replaces_a_row_of_the_same_id_and_takes_aliases_over() -> None:
    mine = ModelSpec(id="gpt-4o-2024-11-20", aliases=("gpt-4o",), context_window=99)
    catalog = Catalog([*MODELS.values(), mine])
    assert catalog.resolve("gpt-4o") is mine
    assert ids(catalog).count("gpt-4o") == 1
    assert len(catalog.specs()) == len(MODELS)


def test_an_id_wins_over_an_alias() -> None:
    catalog = Catalog([ModelSpec(id="a", aliases=("b",)), ModelSpec(id="b")])
    assert catalog.resolve("b").aliases == ()
    assert ids(catalog) == ["a", "b"]


def test_capabilities_tell_what_a_client_chooses_by(catalog: Catalog) -> None:
    told = catalog.capabilities("gpt-4o-mini")
    assert told["id"] == "gpt-4o-mini-2024-07-18"
    assert (told["context_window"], told["max_output_tokens"]) == (128_000, 16_384)
    assert told["prices"] == {"input": 0.15, "cached_input": 0.075, "output": 0.6}
    assert told["capabilities"]["vision"] is True
    assert told["capabilities"]["reasoning"] is False
    assert set(map(type, told["capabilities"].values())) == {bool}
    assert told["embedding_dimensions"] is None
    assert catalog.capabilities("text-embedding-3-large")["embedding_dimensions"] == 3072
    assert catalog.capabilities("mixtral-8x7b")["parameters"] == {"total_b": 46.7, "active_b": 12.88}


def test_inference_finds_the_family_and_the_size(inferring: Catalog) -> None:
    spec = inferring.resolve("acme-llama-13b-chat")
    assert spec.family.startswith("llama")
    assert spec.total_params_b == 13
    assert spec.architecture is not None
    assert spec.architecture.q_heads * spec.architecture.head_dim == 5120
    assert spec.id == "acme-llama-13b-chat"
    assert spec.id in ids(inferring)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("gpt-4o-2031-01-01", "gpt-4o"),
        ("gpt-4-acme", "gpt-4"),
        ("acme/Llama-3.1-34B", "llama-3.1"),
        ("whisper-large-v3", "whisper"),
        ("dall-e-4", "dall-e"),
        ("gpt-5.4-mini-2031-01-01", "gpt-5.4-mini"),
        ("acme-mixtral-4x3b", "mixtral"),
        ("qwen3-60b-a6b", "qwen3"),
        ("some-model", ""),
        ("promo1", ""),
    ],
)
def test_inferred_family(inferring: Catalog, name: str, family: str) -> None:
    assert inferring.resolve(name).family == family


def test_an_inferred_mixture_scales_from_a_mixture(inferring: Catalog) -> None:
    spec = inferring.resolve("qwen3-60b-a6b")
    assert spec.capabilities.moe
    assert spec.architecture is not None
    assert spec.architecture.n_experts == 128
    assert spec.active_params_b is not None
    assert spec.active_params_b < 10


def test_purpose_is_read_from_the_name(inferring: Catalog) -> None:
    assert inferring.resolve("acme-embed").endpoints == ("embeddings",)
    assert inferring.resolve("acme-qwen-7b").output_modalities == ("text",)
    assert {"chat", "embeddings", "images"} <= set(inferring.resolve("string").endpoints)


@pytest.mark.parametrize("size_b", [1, 3, 13, 34, 120, 700])
@pytest.mark.parametrize("family", ["llama", "qwen", "mistral"])
def test_a_scaled_decoder_has_the_parameters_of_its_name(inferring: Catalog, family: str, size_b: int) -> None:
    spec = inferring.resolve(f"acme-{family}-{size_b}b")
    arch = spec.architecture
    assert arch is not None
    assert arch.q_heads % arch.kv_heads == 0
    assert arch.intermediate is not None
    layer = 2 * arch.hidden * arch.head_dim * (arch.q_heads + arch.kv_heads) + 3 * arch.hidden * arch.intermediate
    estimate_b = (arch.layers * layer + 2 * arch.vocab * arch.hidden) / 1e9
    assert estimate_b == pytest.approx(size_b, rel=0.35)


def test_equal_names_infer_equal_facts_whatever_came_before(inferring: Catalog) -> None:
    other = Catalog(MODELS.values(), unknown="infer")
    for name in ("a-gemma-3b", "b-phi-7b", "string"):
        other.resolve(name)
    assert other.resolve("acme-llama-13b-chat") == inferring.resolve("acme-llama-13b-chat")


def test_inferred_models_are_listed_in_their_namespace_only(inferring: Catalog) -> None:
    inferring.resolve("zeta-7b", "one")
    inferring.resolve("acme-7b", "one")
    assert ids(inferring, "one")[-2:] == ["acme-7b", "zeta-7b"]
    assert "acme-7b" not in ids(inferring, "two")


def test_what_is_remembered_of_inference_is_bounded(inferring: Catalog) -> None:
    for number in range(MAX_INFERRED):
        inferring.resolve(f"m{number}")
    inferring.resolve("m0")
    inferring.resolve("one-more")
    assert len(ids(inferring)) == inferring.count() + MAX_INFERRED
    assert {"m0", "one-more"} < set(ids(inferring))
    assert "m1" not in ids(inferring)
    assert inferring.find("x" * (MAX_INFERRED_ID + 1)) is None
