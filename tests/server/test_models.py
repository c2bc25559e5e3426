"""The catalog as API, and vLLM's tokenizer endpoints."""

from typing import Any
from urllib.parse import quote

import httpx
import openai
import pytest

from fakeai.content import tokenizer as tokenizers
from tests.support.process import Server

pytestmark = [pytest.mark.service, pytest.mark.integration]

SLASHED = "nvidia/nv-embed-v1"


def test_list(api: openai.OpenAI) -> None:
    models = {model.id: model for model in api.models.list()}
    assert len(models) >= 80
    assert models[SLASHED].owned_by == "nvidia"
    assert {"gpt-4o", "gpt-4o-2024-08-06"} <= set(models), "aliases are listed beside the snapshots"


def test_ids_with_slashes(api: openai.OpenAI, server: Server) -> None:
    assert api.models.retrieve(SLASHED).id == SLASHED
    for path in (SLASHED, quote(SLASHED, safe="")):
        assert httpx.get(f"{server.base_url}/models/{path}").json()["id"] == SLASHED
        assert httpx.get(f"{server.base_url}/models/{path}/capabilities").json()["id"] == SLASHED


def test_capabilities(server: Server) -> None:
    facts = httpx.get(f"{server.base_url}/models/gpt-4o/capabilities").json()
    assert facts["context_window"] == 128_000
    assert facts["capabilities"]["vision"] is True
    assert facts["tokenizer"] == "o200k_base"


def test_unknown_model(api: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        api.models.retrieve("nobody/knows")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError) as caught:
        api.chat.completions.create(model="nobody/knows", messages=[{"role": "user", "content": "Hi"}])
    assert (caught.value.code, caught.value.param) == ("model_not_found", None)


def test_only_fine_tuned_models_can_be_deleted(api: openai.OpenAI) -> None:
    tuned = "ft:gpt-4o-mini:acme::abc123"
    with pytest.raises(openai.PermissionDeniedError):
        api.models.delete("gpt-4o")
    assert api.models.retrieve(tuned).id == tuned
    assert api.models.delete(tuned).deleted is True
    with pytest.raises(openai.NotFoundError):
        api.models.retrieve(tuned)
    with pytest.raises(openai.NotFoundError):
        api.chat.completions.create(model=tuned, messages=[{"role": "user", "content": "Hi"}])


@pytest.mark.parametrize("text", ["", "Hello, world", "Grüße 🙂 <|endoftext|>", " \n\t x"])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "llama-3.1-8b-instruct"])
def test_tokenize_round_trip(server: Server, model: str, text: str) -> None:
    tokens = post(server, "tokenize", model=model, prompt=text, return_token_strs=True)
    assert tokens["count"] == len(tokens["tokens"]) == len(tokens["token_strs"])
    assert post(server, "detokenize", model=model, tokens=tokens["tokens"]) == {"prompt": text}


def test_tokenize_counts_as_chat_does(server: Server) -> None:
    text = "Why is the sky blue?"
    tokens = post(server, "tokenize", model="gpt-4o", prompt=text)
    assert tokens["tokens"] == tokenizers.get("o200k_base").encode(text)
    assert tokens["max_model_len"] == 128_000
    assert post(server, "tokenize", model="gpt-4o", messages=[{"role": "user", "content": text}])["count"] >= len(
        tokens["tokens"]
    )


def test_token_outside_of_the_vocabulary(server: Server) -> None:
    answer = httpx.post(f"{server.base_url}/detokenize", json={"model": "gpt-4o", "tokens": [10**9]})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "tokens"


def post(server: Server, path: str, **body: Any) -> Any:
    return httpx.post(f"{server.base_url}/{path}", json=body).raise_for_status().json()
