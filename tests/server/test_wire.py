"""Bytes and headers that clients were seen to depend on."""

import json
from typing import Any

import httpx
import openai
import pytest

from tests.support.process import Server

pytestmark = [pytest.mark.service, pytest.mark.integration]

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello in Japanese, with emoji."}]}
EMOJI = "👩‍🚀 こんにちは 🫥🏴‍☠️ naïve\n"


def streamed(server: Server, **more: Any) -> httpx.Response:
    return httpx.post(f"{server.base_url}/chat/completions", json=CHAT | {"stream": True} | more)


def test_framing(server: Server) -> None:
    """Data lines only, one JSON document each, an empty line after each, [DONE] at the end."""
    blocks = streamed(server).content.split(b"\n\n")
    assert blocks[-2:] == [b"data: [DONE]", b""]
    for block in blocks[:-2]:
        assert block.startswith(b"data: {")
        assert block.count(b"\n") == 0
        json.loads(block.removeprefix(b"data: "))


def test_headers_of_a_stream(server: Server) -> None:
    """Never packed: a compressor would hold events back."""
    answer = streamed(server)
    assert answer.request.headers["accept-encoding"]
    assert "content-encoding" not in answer.headers
    assert "content-length" not in answer.headers
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["x-request-id"].startswith("req_")


def test_keys_in_the_order_of_the_api(server: Server) -> None:
    """Some parsers read as far as they need."""
    first = json.loads(streamed(server).content.split(b"\n\n")[0].removeprefix(b"data: "))
    assert list(first)[:4] == ["id", "object", "created", "model"]
    whole = httpx.post(f"{server.base_url}/chat/completions", json=CHAT).json()
    assert list(whole)[:6] == ["id", "object", "created", "model", "choices", "usage"]
    assert list(whole["choices"][0]) == ["index", "message", "logprobs", "finish_reason"]
    assert list(whole["choices"][0]["message"])[:3] == ["role", "content", "refusal"]


async def test_code_points_are_never_split() -> None:
    """An emoji takes several tokens; a delta that held part of it could not be text."""
    from fakeai.config import AppConfig
    from fakeai.fakeai_service import FakeAIService

    service = FakeAIService(AppConfig(generation={"mode": "fixed", "fixed_text": EMOJI * 20}))
    chunks = await service.create_chat_completion(CHAT | {"stream": True, "stream_options": {"include_usage": True}})
    deltas = [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
    assert "".join(deltas) == EMOJI * 20
    assert "\ufffd" not in "".join(deltas)
    assert chunks[-1]["usage"]["completion_tokens"] > len([delta for delta in deltas if delta])


def test_embeddings_in_base64_by_default(api: openai.OpenAI) -> None:
    """The SDK asks for base64 and decodes little-endian float32."""
    answer = api.embeddings.create(model="text-embedding-3-small", input="x")
    assert all(isinstance(number, float) for item in answer.data for number in item.embedding)


def test_slashes_of_ids_are_escaped(api: openai.OpenAI) -> None:
    seen: list[bytes] = []
    api._client.event_hooks["request"].append(lambda request: seen.append(request.url.raw_path))
    assert api.models.retrieve("nvidia/nv-embed-v1").id == "nvidia/nv-embed-v1"
    assert seen == [b"/v1/models/nvidia%2Fnv-embed-v1"]


def test_errors_as_the_sdk_reads_them(api: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        api.chat.completions.create(model="gpt-4o", messages=[])
    error = caught.value
    assert error.body == {
        "message": error.body["message"],
        "type": error.type,
        "param": error.param,
        "code": error.code,
    }  # type: ignore[index]
    assert error.request_id is not None
    assert error.status_code == 400


def test_what_clients_send_beside_the_request_is_ignored(server: Server) -> None:
    headers = {
        "openai-beta": "assistants=v2",
        "x-stainless-retry-count": "2",
        "x-stainless-read-timeout": "600",
        "idempotency-key": "stainless-python-retry-1",
    }
    first, second = (
        httpx.post(f"{server.base_url}/chat/completions", json=CHAT, headers=sent) for sent in ({}, headers)
    )
    assert first.status_code == second.status_code == 200


def test_stream_can_be_read_byte_by_byte(server: Server) -> None:
    body = CHAT | {"stream": True, "max_tokens": 5}
    with httpx.stream("POST", f"{server.base_url}/chat/completions", json=body) as response:
        assert b"".join(response.iter_bytes(1)).endswith(b"data: [DONE]\n\n")


def test_keep_alive(server: Server) -> None:
    """One connection serves plain answers, streams and errors in turn."""
    with httpx.Client(base_url=server.base_url, limits=httpx.Limits(max_connections=1)) as client:
        for _ in range(3):
            assert client.post("/chat/completions", json=CHAT).status_code == 200
            assert client.post("/chat/completions", json=CHAT | {"stream": True}).status_code == 200
            assert client.post("/chat/completions", json={}).status_code == 400
            assert client.get("/nothing").status_code == 404
            assert client.delete("/models").status_code == 405
