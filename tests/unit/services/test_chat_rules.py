"""What is refused although the schema allows it."""

from dataclasses import replace
from typing import Any

import pytest

from fakeai.core.errors import ApiError
from fakeai.services.chat_rules import check, check_messages
from fakeai_api.catalog import MODELS

pytestmark = pytest.mark.unit

GPT_4O = MODELS["gpt-4o-2024-08-06"]
USER = {"role": "user", "content": "Hi"}


def calls(*ids: str) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [{"id": id} for id in ids]}


def result(id: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": "done"}


GOOD_MESSAGES = [
    [USER],
    [USER, calls("a", "b"), result("b"), result("a"), USER],
    [USER, calls("a"), result("a"), calls("b"), result("b")],
    [USER, {"role": "assistant", "content": ""}, USER],
    [USER, {"role": "assistant", "refusal": "No."}, USER],
]
BAD_MESSAGES = {
    "not answered at the end": ([USER, calls("a")], "messages", "did not have response messages: a"),
    "not answered before the next": ([USER, calls("a", "b"), result("a"), USER], "messages", "messages: b"),
    "answered twice": ([USER, calls("a"), result("a"), result("a")], "messages.[3].role", "preceeding message"),
    "answer to nothing": ([USER, result("a")], "messages.[1].role", "preceeding message"),
    "answer to another": ([USER, calls("a"), result("b")], "messages.[2].role", "preceeding message"),
    "assistant says nothing": ([USER, {"role": "assistant", "content": None}], "messages.[1].content", "got null"),
}


@pytest.mark.parametrize("messages", GOOD_MESSAGES)
def test_good_messages(messages: list[dict[str, Any]]) -> None:
    check_messages(messages)


@pytest.mark.parametrize("case", BAD_MESSAGES.values(), ids=BAD_MESSAGES)
def test_bad_messages(case: tuple[list[dict[str, Any]], str, str]) -> None:
    messages, param, words = case
    with pytest.raises(ApiError, match=words) as caught:
        check_messages(messages)
    assert (caught.value.status, caught.value.param) == (400, param)


def judge(**more: Any) -> ApiError | None:
    model = more.pop("on", GPT_4O)
    try:
        check({"model": model.id, "messages": [USER], **more}, model)
    except ApiError as error:
        return error
    return None


ANY_OF_ONE = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{}]}}
PREDICTION = {"type": "content", "content": "Hi"}


@pytest.mark.parametrize(
    "more",
    [{}, {"n": 2}, {"temperature": 0}, {"tools": [{}], "tool_choice": "auto"}, {"stop": "x"},
     {"tools": [{}], "tool_choice": ANY_OF_ONE}, {"functions": [{}], "function_call": "none"},
     {"prediction": PREDICTION, "n": 1, "logprobs": False, "presence_penalty": -1, "max_tokens": 5}],
)  # fmt: skip
def test_allowed(more: dict[str, Any]) -> None:
    assert judge(**more) is None


def test_defaults_are_no_use_of_a_parameter() -> None:
    strict = replace(GPT_4O, unsupported_parameters=("temperature", "max_tokens", "logprobs"))
    assert judge(on=strict, temperature=1) is None
    assert judge(on=strict, temperature=None, max_tokens=None) is None
    for name, value, code in (("temperature", 0.3, "unsupported_value"), ("max_tokens", 5, "unsupported_parameter"),
                              ("logprobs", True, "unsupported_parameter")):  # fmt: skip
        error = judge(on=strict, **{name: value})
        assert error is not None
        assert (error.code, error.param) == (code, name)


def test_more_tokens_than_the_model_writes() -> None:
    assert judge(max_tokens=GPT_4O.max_output_tokens) is None
    error = judge(max_tokens=(GPT_4O.max_output_tokens or 0) + 1)
    assert error is not None
    assert (error.code, error.param) == ("invalid_value", "max_tokens")


def test_reasoning_effort_is_for_models_that_reason() -> None:
    error = judge(reasoning_effort="low")
    assert error is not None
    assert error.code == "unsupported_parameter"
    thinker = replace(GPT_4O, reasoning_efforts=("low", "high"))
    assert judge(on=thinker, reasoning_effort="low") is None
    error = judge(on=thinker, reasoning_effort="minimal")
    assert error is not None
    assert error.code == "unsupported_value"
    assert "'low', 'high'" in error.message
