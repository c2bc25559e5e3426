"""The import paths that users of earlier versions have in their code."""

import json
import threading
from typing import Any

import pytest
from pydantic import BaseModel

import fakeai
from fakeai.config import AppConfig
from fakeai.config.base import CoreConfig
from fakeai.core.errors import ApiError
from fakeai.fakeai_service import FakeAIService
from fakeai.models import audio, batches, chat, embeddings, images
from fakeai.models.chat import ChatCompletionRequest
from fakeai.services import chat_render
from tests.server import grammar
from tests.support import contract

USER = {"role": "user", "content": "Hello"}
CHAT: dict[str, Any] = {"model": "gpt-4o", "messages": [USER]}
VALID: dict[type[BaseModel], dict[str, Any]] = {
    chat.ChatCompletionRequest: CHAT,
    embeddings.EmbeddingRequest: {"model": "text-embedding-3-small", "input": "x"},
    audio.SpeechRequest: {"model": "tts-1", "input": "x", "voice": "alloy"},
    images.ImageGenerationRequest: {"prompt": "a cat"},
    batches.CreateBatchRequest: {
        "input_file_id": "file-1",
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    },
}


@pytest.mark.parametrize("model", VALID)
def test_models_validate(model: type[BaseModel]) -> None:
    document = VALID[model]
    made = model.model_validate(document)
    assert made.model_dump(mode="json", exclude_unset=True) == document
    for name in document:
        with pytest.raises(ValueError, match=name):
            model.model_validate({key: value for key, value in document.items() if key != name})


@pytest.mark.parametrize("module", [audio, batches, chat, embeddings, images])
def test_models_have_json_schemas(module: Any) -> None:
    for name in module.__all__:
        schema = getattr(module, name).model_json_schema()
        assert schema["properties"], name


def test_configuration() -> None:
    config = AppConfig(server={"port": 9000}, core=CoreConfig(seed=3))
    assert (config.server.port, config.core.seed) == (9000, 3)
    assert isinstance(AppConfig().core, CoreConfig)
    schema = AppConfig.model_json_schema()
    assert {"core", "server", "auth", "latency"} <= schema["properties"].keys()
    with pytest.raises(ValueError, match="prot"):
        AppConfig(server={"prot": 9000})


def test_version() -> None:
    assert fakeai.__version__


@pytest.fixture
def service() -> FakeAIService:
    return FakeAIService(AppConfig(core={"epoch": 1_700_000_000}))


async def test_chat(service: FakeAIService) -> None:
    answer = await service.create_chat_completion(ChatCompletionRequest.model_validate(CHAT))
    contract.validate("components/schemas/CreateChatCompletionResponse", answer, "answer")
    chat.ChatCompletionResponse.model_validate(answer)
    assert answer["choices"][0]["message"]["content"]


async def test_streamed_chat(service: FakeAIService) -> None:
    """Long enough that the stream is written in many parts."""
    chunks = await service.create_chat_completion(CHAT | {"stream": True, "min_tokens": 500})
    for chunk in chunks:
        chat.ChatCompletionChunk.model_validate(chunk)
    grammar.check("/chat/completions", [*(json.dumps(chunk) for chunk in chunks), grammar.DONE])
    assert sum(bool(chunk["choices"][0]["delta"].get("content")) for chunk in chunks) == 500


async def test_objects(service: FakeAIService) -> None:
    made = await service.create_assistant({"model": "gpt-4o", "name": "Ada"})
    assert await service.get_assistant(assistant_id=made["id"]) == made
    assert [one["id"] for one in (await service.list_assistants(limit=5))["data"]] == [made["id"]]
    changed = await service.modify_assistant({"name": "Eva"}, assistant_id=made["id"])
    assert changed["name"] == "Eva"
    assert (await service.delete_assistant(assistant_id=made["id"]))["deleted"] is True
    with pytest.raises(ApiError) as caught:
        await service.get_assistant(assistant_id=made["id"])
    assert caught.value.status == 404


async def test_ids_with_slashes(service: FakeAIService) -> None:
    assert (await service.retrieve_model(model="nvidia/nv-embed-v1"))["owned_by"] == "nvidia"


async def test_query_parameters(service: FakeAIService) -> None:
    with pytest.raises(ApiError) as caught:
        await service.list_assistants(limit=101)
    assert (caught.value.code, caught.value.param) == ("integer_above_max_value", "limit")


async def test_errors(service: FakeAIService) -> None:
    with pytest.raises(ApiError) as caught:
        await service.create_chat_completion(CHAT | {"model": "gpt-17"})
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")
    with pytest.raises(ApiError) as caught:
        await service.create_chat_completion({"model": "gpt-4o"})
    assert caught.value.param == "messages"
    with pytest.raises(AttributeError, match="make_coffee"):
        await service.make_coffee()


async def test_keys_are_checked() -> None:
    config = AppConfig(auth={"mode": "keys", "keys": ["sk-good"]})
    assert await FakeAIService(config, api_key="sk-good").list_models()
    with pytest.raises(ApiError) as caught:
        await FakeAIService(config, api_key="sk-bad").list_models()
    assert caught.value.code == "invalid_api_key"


@pytest.mark.parametrize(("tokens", "in_thread"), [(20, False), (2000, True)])
async def test_long_log_probabilities_leave_the_loop_to_others(
    tokens: int, in_thread: bool, service: FakeAIService, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int] = []
    inner = chat_render.completion

    def completion(*arguments: Any) -> Any:
        used.append(threading.get_ident())
        return inner(*arguments)

    monkeypatch.setattr(chat_render, "completion", completion)
    wanted = {"logprobs": True, "top_logprobs": 5, "max_tokens": tokens, "ignore_eos": True}
    answer = await service.create_chat_completion(CHAT | wanted)
    assert len(answer["choices"][0]["logprobs"]["content"]) == tokens
    assert [thread != threading.get_ident() for thread in used] == [in_thread]


async def test_services_share_nothing() -> None:
    one, other = FakeAIService(), FakeAIService()
    made = await one.create_assistant({"model": "gpt-4o"})
    with pytest.raises(ApiError):
        await other.get_assistant(assistant_id=made["id"])


async def test_binary_answers(service: FakeAIService) -> None:
    spoken = await service.create_speech({"model": "tts-1", "input": "x", "voice": "alloy"})
    assert isinstance(spoken, bytes)
    assert spoken
