"""Errors: status, code and param as clients match on them, in the one envelope."""

from typing import Any

import httpx
import openai
import pytest

from tests.support.clients import sdk
from tests.support.process import Server

pytestmark = [pytest.mark.service, pytest.mark.integration]

USER = {"role": "user", "content": "Hello"}
CALLED = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
PREDICTION = {"type": "content", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "f"}}

BAD_CHATS: dict[str, tuple[dict[str, Any], str | None, str | None]] = {
    "no messages": ({"messages": None}, "missing_required_parameter", "messages"),
    "no model": ({"model": None}, "missing_required_parameter", "model"),
    "empty messages": ({"messages": []}, "empty_array", "messages"),
    "unknown parameter": ({"nonsense": 1}, None, None),
    "text for a number": ({"temperature": "0.5"}, "invalid_type", "temperature"),
    "too hot": ({"temperature": 3}, "decimal_above_max_value", "temperature"),
    "too cold": ({"temperature": -1}, "decimal_below_min_value", "temperature"),
    "n of 0": ({"n": 0}, "integer_below_min_value", "n"),
    "n of 129": ({"n": 129}, "integer_above_max_value", "n"),
    "five stops": ({"stop": list("abcde")}, "array_above_max_length", "stop"),
    "bad tier": ({"service_tier": "gold"}, "invalid_value", "service_tier"),
    "bad part": ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "missing_required_parameter",
                 "messages[0].content[0].text"),
    "bad role": ({"messages": [{"role": "wizard", "content": "x"}]}, "invalid_value", "messages[0].role"),
    "top_logprobs alone": ({"top_logprobs": 2}, None, "top_logprobs"),
    "stream_options alone": ({"stream_options": {"include_usage": True}}, None, "stream_options"),
    "metadata alone": ({"metadata": {"a": "b"}}, None, "metadata"),
    "both limits": ({"max_tokens": 1, "max_completion_tokens": 1}, "invalid_parameter_combination", "max_tokens"),
    "tool_choice alone": ({"tool_choice": "auto"}, None, "tool_choice"),
    "function_call alone": ({"function_call": "auto"}, None, "function_call"),
    "one of the allowed tools required": (
        {"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}},
        "invalid_value", "tool_choice"),
    "prediction of two choices": ({"prediction": PREDICTION, "n": 2}, None, "n"),
    "prediction and penalty": ({"prediction": PREDICTION, "presence_penalty": 0.5}, None, "presence_penalty"),
    "prediction and logprobs": ({"prediction": PREDICTION, "logprobs": True}, None, "logprobs"),
    "prediction and limit": ({"prediction": PREDICTION, "max_completion_tokens": 9}, None, "max_completion_tokens"),
    "prediction and tools": ({"prediction": PREDICTION, "tools": [TOOL]}, None, "tools"),
    "least above most": ({"min_tokens": 9, "max_tokens": 8}, "invalid_value", "min_tokens"),
    "unknown tool named": ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}},
                           "invalid_value", "tool_choice"),
    "json mode without the word": ({"response_format": {"type": "json_object"}}, None, "messages"),
    "max_tokens of o3": ({"model": "o3-mini", "max_tokens": 5}, "unsupported_parameter", "max_tokens"),
    "temperature of o3": ({"model": "o3-mini", "temperature": 0.2}, "unsupported_value", "temperature"),
    "web search of gpt-4o": ({"web_search_options": {}}, "unsupported_parameter", "web_search_options"),
    "web search of gpt-5": ({"model": "gpt-5", "web_search_options": {}}, "unsupported_parameter",
                            "web_search_options"),
    "verbosity of gpt-4o": ({"verbosity": "low"}, "unsupported_value", "verbosity"),
    "unanswered call": ({"messages": [{"role": "assistant", "tool_calls": [CALLED]}]}, None, "messages"),
    "stray tool message": ({"messages": [USER, {"role": "tool", "tool_call_id": "call_1", "content": "x"}]}, None,
                           "messages.[1].role"),
    "too long": ({"model": "gpt-4", "messages": [USER | {"content": "word " * 9000}]}, "context_length_exceeded",
                 "messages"),
    "17 pairs of metadata": ({"store": True, "metadata": {str(number): "x" for number in range(17)}},
                             "object_above_max_properties", "metadata"),
    "long name in metadata": ({"store": True, "metadata": {"a" * 65: "x"}}, "string_above_max_length",
                              f"metadata.{'a' * 65}"),
    "long value in metadata": ({"store": True, "metadata": {"a": "x" * 513}}, "string_above_max_length", "metadata.a"),
    "bias above 100": ({"logit_bias": {"5": 101}}, "integer_above_max_value", "logit_bias.5"),
    "no tools offered": ({"tools": []}, "empty_array", "tools"),
    "space in a name": ({"messages": [USER | {"name": "Ada L"}]}, "invalid_value", "messages[0].name"),
    "space in a function's name": ({"tools": [{"type": "function", "function": {"name": "f f"}}]}, "invalid_value",
                                   "tools[0].function.name"),
    "no room for the answer": ({"model": "gpt-4", "max_tokens": 8190}, "context_length_exceeded", "messages"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CHATS.values(), ids=BAD_CHATS)
def test_bad_chat_requests(api: openai.OpenAI, case: tuple[dict[str, Any], str | None, str | None]) -> None:
    change, code, param = case
    body = {"model": "gpt-4o", "messages": [USER]} | change
    body = {name: value for name, value in body.items() if value is not None}
    with pytest.raises(openai.BadRequestError) as caught:
        api.post("/chat/completions", body=body, cast_to=object)
    assert (caught.value.code, caught.value.param) == (code, param), caught.value.message
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id is not None


@pytest.mark.parametrize(
    "taken",
    [{"model": "gpt-4o-search-preview", "web_search_options": {}}, {"model": "gpt-5-mini", "verbosity": "low"},
     {"model": "gpt-4o", "verbosity": "medium"}],
    ids=str,
)  # fmt: skip
def test_what_some_models_refuse_others_take(api: openai.OpenAI, taken: dict[str, Any]) -> None:
    assert api.chat.completions.create(messages=[USER], **taken).choices[0].message.content


def test_unknown_model(api: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        api.chat.completions.create(model="gpt-17", messages=[{"role": "user", "content": "x"}])
    assert caught.value.code == "model_not_found"
    assert "gpt-17" in caught.value.message


def test_unknown_object(api: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="No such File object: file-none") as caught:
        api.files.retrieve("file-none")
    assert caught.value.type == "invalid_request_error"
    with pytest.raises(openai.NotFoundError, match="vs_none"):
        api.vector_stores.retrieve("vs_none")


def test_unknown_url(server: Server) -> None:
    for path in ("/v1/nothing", "/nothing", "/v1", "/v2/models"):
        answer = httpx.get(server.url + path)
        assert answer.status_code == 404
        error = answer.json()["error"]
        assert error["message"] == f"Invalid URL (GET {path})"
        assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", None, None)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_wrong_method(server: Server, method: str) -> None:
    answer = httpx.request(method, f"{server.base_url}/completions")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["error"]["code"] == "method_not_supported"
    assert answer.json()["error"]["message"].startswith(f"Not allowed to {method} on /v1/completions")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'"text"', b"null", b'{"a":1}{"b":2}', b"\xff\xfe{}"])
def test_unreadable_body(server: Server, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{server.base_url}/chat/completions", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", ""])
def test_wrong_content_type(server: Server, content_type: str) -> None:
    headers = {"content-type": content_type}
    answer = httpx.post(f"{server.base_url}/chat/completions", content=b"{}", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unsupported_content_type"


def test_content_type_may_name_its_charset(server: Server) -> None:
    answer = httpx.post(
        f"{server.base_url}/chat/completions",
        content=b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}',
        headers={"content-type": "application/json; charset=utf-8"},
    )
    assert answer.status_code == 200


BAD_QUERIES = [
    ("limit", "0", "integer_below_min_value"),
    ("limit", "101", "integer_above_max_value"),
    ("limit", "many", "invalid_type"),
    ("order", "up", "invalid_value"),
]


@pytest.mark.parametrize("case", BAD_QUERIES)
def test_bad_query(api: openai.OpenAI, case: tuple[str, str, str]) -> None:
    name, value, code = case
    with pytest.raises(openai.BadRequestError) as caught:
        api.vector_stores.list(extra_query={name: value})
    assert (caught.value.code, caught.value.param) == (code, name)


def test_errors_say_nothing_about_retries(server: Server) -> None:
    """The SDK decides by the status: x-should-retry would overrule it."""
    answers = [
        httpx.get(f"{server.base_url}/files/none"),
        httpx.get(f"{server.base_url}/nothing"),
        httpx.post(f"{server.base_url}/chat/completions", json={}),
    ]
    for answer in answers:
        assert "x-should-retry" not in answer.headers
        assert "retry-after" not in answer.headers


def test_client_errors_are_not_retried(server: Server) -> None:
    with sdk(server.base_url, max_retries=2) as client:
        seen: list[str] = []
        client._client.event_hooks["request"].append(lambda request: seen.append(request.url.path))
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve("file-none")
        assert len(seen) == 1


def test_headers_of_every_answer(server: Server) -> None:
    answers = [
        httpx.get(f"{server.base_url}/models"),
        httpx.get(f"{server.base_url}/files/none"),
        httpx.get(f"{server.base_url}/nothing"),
        httpx.post(f"{server.base_url}/models"),
        httpx.post(f"{server.base_url}/chat/completions", json={}),
    ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert all(id.startswith("req_") and len(id) == 36 for id in ids)
    assert len(set(ids)) == len(ids)
    assert all(answer.headers["openai-version"] == "2020-10-01" for answer in answers)
    assert all(answer.headers["openai-processing-ms"].isdecimal() for answer in answers)
    assert "server" not in answers[0].headers
