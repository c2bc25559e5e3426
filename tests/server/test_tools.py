"""Calls of tools in chat, through the official SDK: decisions, loops that end, streams that add up."""

import json
import re
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from tests.support.process import Server

MODEL = "gpt-4o-mini"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
EMAIL = {
    "type": "function",
    "function": {
        "name": "send_email",
        "description": "Send an email to somebody",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
    },
}
FINAL = {
    "type": "function",
    "function": {
        "name": "final_result",
        "description": "Deliver the result",
        "parameters": {"type": "object", "properties": {"celsius": {"type": "number"}}, "required": ["celsius"]},
    },
}
NOTE = {"type": "custom", "custom": {"name": "write_note", "description": "Keep a note"}}
PARIS = {"role": "user", "content": "What's the weather in Paris?"}


@pytest.fixture
def api(server: Server) -> OpenAI:
    return OpenAI(base_url=server.url + "/v1", api_key="sk-fake-tools-1", max_retries=0)


def ask(api: OpenAI, *messages: Any, **more: Any) -> Any:
    more = {"model": MODEL, "tools": [WEATHER, EMAIL]} | more
    more = {name: value for name, value in more.items() if value is not None}
    return api.chat.completions.create(messages=list(messages), **more).choices[0]


def names(choice: Any) -> list[str]:
    return [call.function.name for call in choice.message.tool_calls or ()]


def test_a_tool_is_called_if_the_message_is_about_it(api: OpenAI) -> None:
    choice = ask(api, PARIS)
    assert names(choice) == ["get_weather"]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert json.loads(choice.message.tool_calls[0].function.arguments) == {"city": "Paris"}
    choice = ask(api, {"role": "user", "content": "Why is the sky blue?"})
    assert not choice.message.tool_calls
    assert choice.message.content
    assert choice.finish_reason == "stop"


def test_a_loop_ends_in_prose_about_the_results(api: OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": "Get the weather in Paris and send an email to ada@example.com"}]
    for _ in range(5):
        choice = ask(api, *messages)
        if not choice.message.tool_calls:
            break
        messages.append(choice.message.model_dump(exclude_none=True))
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": '{"temperature": 21}'}
            for call in choice.message.tool_calls
        ]
    assert len(messages) == 4, "both tools are called at once, then the results are told"
    assert "temperature is 21" in choice.message.content


def test_each_of_several_calls_has_its_own_clause_and_a_follow_up_goes_on(api: OpenAI) -> None:
    city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    clock = {"type": "function", "function": {"name": "get_time", "parameters": city}}
    asked = {"role": "user", "content": "What's the weather in Paris and the time in Tokyo?"}
    calls = ask(api, asked, tools=[WEATHER, clock]).message.tool_calls
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Paris", "Tokyo"]
    told = {"role": "assistant", "content": "It is sunny."}
    (call,) = ask(api, PARIS, told, {"role": "user", "content": "And in Rome?"}).message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Rome"}


def test_without_parallel_calls_there_is_one_at_a_time(api: OpenAI) -> None:
    both = {"role": "user", "content": "Get the weather in Paris and send an email to ada@example.com"}
    assert len(names(ask(api, both))) == 2
    assert len(names(ask(api, both, parallel_tool_calls=False))) == 1


@pytest.mark.parametrize(
    ("choice", "called", "reason"),
    [
        ("none", [], "stop"),
        ("required", ["get_weather"], "tool_calls"),
        ({"type": "function", "function": {"name": "send_email"}}, ["send_email"], "stop"),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [
                {"type": "function", "function": {"name": "send_email"}}]}},
            ["send_email"],
            "tool_calls",
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [
                {"type": "function", "function": {"name": "send_email"}}]}},
            [],
            "stop",
        ),
    ],
)  # fmt: skip
def test_tool_choice(api: OpenAI, choice: Any, called: list[str], reason: str) -> None:
    answer = ask(api, PARIS, tool_choice=choice)
    assert names(answer) == called
    assert answer.finish_reason == reason


def test_tools_that_deliver_the_answer_come_last(api: OpenAI) -> None:
    """As frameworks have structured output: a tool must be called in every turn."""
    first = ask(api, PARIS, tools=[FINAL, WEATHER], tool_choice="required")
    assert names(first) == ["get_weather"]
    call = first.message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}
    second = ask(api, PARIS, first.message.model_dump(exclude_none=True), result, tools=[FINAL, WEATHER],
                 tool_choice="required")  # fmt: skip
    assert names(second) == ["final_result"]


@pytest.mark.parametrize("tools", [[WEATHER, EMAIL], [NOTE]])
def test_streamed_calls_add_up_to_the_ones_sent_at_once(api: OpenAI, tools: list[Any]) -> None:
    more = {"model": MODEL, "messages": [PARIS], "tools": tools, "tool_choice": "required", "n": 2}
    whole = api.chat.completions.create(**more)  # type: ignore[call-overload]
    calls: dict[tuple[int, int], dict[str, Any]] = {}
    for chunk in api.chat.completions.create(**more, stream=True):  # type: ignore[call-overload]
        for choice in chunk.choices:
            for delta in choice.delta.tool_calls or ():
                call = calls.setdefault((choice.index, delta.index), {"id": delta.id, "type": delta.type, "text": ""})
                kind = call["type"]
                said = delta.model_dump(exclude_none=True)[kind]
                call["name"] = call.get("name") or said["name"]
                call["text"] += said.get("arguments" if kind == "function" else "input", "")
    for (choice_index, index), call in calls.items():
        sent = whole.choices[choice_index].message.tool_calls[index].model_dump()
        own = sent[sent["type"]]
        assert call == {
            "id": sent["id"],
            "type": sent["type"],
            "text": own.get("arguments") or own.get("input"),
            "name": own["name"],
        }
    assert len(calls) == 2


def test_the_stream_helper_parses_calls(api: OpenAI) -> None:
    with api.chat.completions.stream(model=MODEL, messages=[PARIS], tools=[WEATHER]) as stream:  # type: ignore[list-item]
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.done" in kinds
    assert final.choices[0].message.tool_calls
    assert json.loads(final.choices[0].message.tool_calls[0].function.arguments) == {"city": "Paris"}


def test_functions_are_called_in_the_older_way(api: OpenAI) -> None:
    more: Any = {"functions": [WEATHER["function"]], "tools": None}
    choice = ask(api, PARIS, **more)
    assert choice.finish_reason == "function_call"
    assert choice.message.function_call.name == "get_weather"
    arguments = ""
    for chunk in api.chat.completions.create(model=MODEL, messages=[PARIS], functions=more["functions"], stream=True):  # type: ignore[call-overload]
        call = chunk.choices[0].delta.function_call
        arguments += (call.arguments or "") if call else ""
    assert arguments == choice.message.function_call.arguments
    answered = {"role": "function", "name": "get_weather", "content": "cold"}
    end = ask(api, PARIS, choice.message.model_dump(exclude_none=True), answered, **more)
    assert "Cold." in end.message.content


def test_custom_tools_obey_their_grammar(api: OpenAI) -> None:
    grammar = {"syntax": "lark", "definition": 'start: "north" | "south" " " /[1-9]/'}
    custom = {"name": "move", "format": {"type": "grammar", "grammar": grammar}}
    choice = ask(api, PARIS, tools=[{"type": "custom", "custom": custom}], tool_choice="required")
    assert re.fullmatch("north|south [1-9]", choice.message.tool_calls[0].custom.input)


def test_calls_count_as_tokens(api: OpenAI) -> None:
    answer = api.chat.completions.create(model=MODEL, messages=[PARIS], tools=[WEATHER])  # type: ignore[list-item]
    assert answer.usage
    assert answer.usage.completion_tokens > 3
    cut = api.chat.completions.create(model=MODEL, messages=[PARIS], tools=[WEATHER], max_completion_tokens=4)  # type: ignore[list-item]
    assert cut.choices[0].finish_reason == "length"
    assert cut.usage
    assert cut.usage.completion_tokens == 4
    assert cut.choices[0].message.tool_calls
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.choices[0].message.tool_calls[0].function.arguments)


def test_a_refusal_or_a_filter_can_be_asked_for(api: OpenAI) -> None:
    refused = ask(api, PARIS, tools=None, extra_headers={"X-FakeAI-Outcome": "refusal"})
    assert refused.message.content is None
    assert refused.message.refusal
    assert refused.finish_reason == "stop"
    filtered = ask(api, PARIS, tools=None, extra_headers={"X-FakeAI-Outcome": "content_filter"})
    assert filtered.finish_reason == "content_filter"
    with pytest.raises(BadRequestError) as error:
        ask(api, PARIS, extra_headers={"X-FakeAI-Outcome": "sulk"})
    assert error.value.param == "x-fakeai-outcome"
