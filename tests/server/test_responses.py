"""Answers of responses, streamed and not, as the official SDK sees them."""

from typing import Any

import openai
import pytest
from pydantic import BaseModel

from tests.support.responses import ASKING, MODEL, OPEN, QUESTION, REASONING, WEATHER, ask, refused

pytestmark = [pytest.mark.service, pytest.mark.integration]


def test_answer(api: openai.OpenAI) -> None:
    answer = api.responses.create(**ask(metadata={"a": "b"}, instructions="Be brief."))
    message = answer.output[0]
    assert answer.id.startswith("resp_")
    assert message.type == "message"
    assert message.id.startswith("msg_")
    assert answer.status == message.status == "completed"
    assert answer.output_text
    assert answer.completed_at is not None
    assert (answer.error, answer.incomplete_details) == (None, None)
    assert (answer.metadata, answer.instructions, answer.tools) == ({"a": "b"}, "Be brief.", [])
    assert (answer.temperature, answer.top_p, answer.tool_choice) == (0, 1, "auto")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert answer.usage.input_tokens_details.cached_tokens == 0


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"max_output_tokens": 16},
        {"tools": [WEATHER], "input": ASKING},
        {"tools": [{"type": "custom", "name": "weather_script"}], "input": "Run the weather script."},
        {"model": REASONING, "temperature": 1},
        {"model": REASONING, "temperature": 1, "reasoning": {"summary": "detailed", "effort": "high"}},
        {"model": OPEN},
        {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
        {"text": {"format": {"type": "json_object"}}, "input": "Tell about Paris as JSON."},
        {"stream_options": {"include_obfuscation": False}, "reasoning": {"effort": None}},
        *[
            {"tools": [tool], "tool_choice": {"type": kind}}
            for kind, tool in {
                "web_search": {"type": "web_search"},
                "file_search": {"type": "file_search", "vector_store_ids": ["vs_1"]},
                "code_interpreter": {"type": "code_interpreter", "container": {"type": "auto"}},
                "image_generation": {"type": "image_generation", "partial_images": 2, "size": "1024x1536"},
                "computer": {"type": "computer"},
                "shell": {"type": "shell", "environment": {"type": "container_auto"}},
                "apply_patch": {"type": "apply_patch"},
            }.items()
        ],
    ],
    ids=str,
)
def test_streamed_and_whole_answers_are_the_same(api: openai.OpenAI, more: dict[str, Any]) -> None:
    asked = ask(**more)
    whole = api.responses.create(**{name: value for name, value in asked.items() if name != "stream_options"})
    final: Any = list(api.responses.create(**asked, stream=True))[-1].response
    assert [bare(item) for item in final.output] == [bare(item) for item in whole.output]
    assert (final.status, final.incomplete_details) == (whole.status, whole.incomplete_details)
    counts = [answer.usage.to_dict() for answer in (final, whole)]
    assert [c["output_tokens"] for c in counts] == [counts[0]["output_tokens"]] * 2


def bare(item: Any) -> Any:
    """Without ids, which are never the same, and what is drawn for each call."""
    if isinstance(item, list):
        return [bare(entry) for entry in item]
    document = item if isinstance(item, dict) else item.to_dict()
    drawn = ("id", "call_id", "container_id", "encrypted_content", "environment", "result")
    return {name: value for name, value in document.items() if name not in drawn}


@pytest.mark.parametrize("model", [MODEL, REASONING])
def test_a_conversation_says_the_same_in_chat(api: openai.OpenAI, model: str) -> None:
    system = "You are a teacher."
    past: Any = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hi."}]
    last: Any = {"role": "user", "content": QUESTION}
    chat = api.chat.completions.create(model=model, messages=[{"role": "system", "content": system}, *past, last])
    answer = api.responses.create(model=model, instructions=system, input=[*past, last])
    assert answer.output_text == chat.choices[0].message.content
    assert answer.usage is not None
    assert chat.usage is not None
    assert answer.usage.input_tokens == chat.usage.prompt_tokens
    assert answer.usage.output_tokens == chat.usage.completion_tokens


def test_calls_and_results_say_the_same_in_chat(api: openai.OpenAI) -> None:
    function = {name: value for name, value in WEATHER.items() if name != "type"}
    user: Any = {"role": "user", "content": ASKING}
    tools: Any = [{"type": "function", "function": function}]
    chat = api.chat.completions.create(model=MODEL, messages=[user], tools=tools)
    answer: Any = api.responses.create(model=MODEL, input=[user], tools=[WEATHER])
    call: Any = (chat.choices[0].message.tool_calls or [])[0]
    assert answer.output[0].arguments == call.function.arguments
    told = {"name": "get_weather", "arguments": call.function.arguments}
    calls = [{"id": call.id, "type": "function", "function": told}]
    called: Any = {"role": "assistant", "content": None, "tool_calls": calls}
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}
    chat = api.chat.completions.create(model=MODEL, messages=[user, called, result], tools=tools)
    items: Any = [
        user,
        {"type": "function_call", "call_id": call.id, **told},
        {"type": "function_call_output", "call_id": call.id, "output": "21 degrees"},
    ]
    answer = api.responses.create(model=MODEL, input=items, tools=[WEATHER])
    assert answer.output_text == chat.choices[0].message.content
    assert chat.usage is not None
    assert answer.usage.input_tokens == chat.usage.prompt_tokens


def test_the_streaming_helper_collects_what_was_said(api: openai.OpenAI) -> None:
    with api.responses.stream(**ask()) as stream:
        said = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert "".join(said) == stream.get_final_response().output_text


def test_structured_outputs_are_parsed(api: openai.OpenAI) -> None:
    class City(BaseModel):
        name: str
        inhabitants: int

    answer = api.responses.parse(model=MODEL, input="Tell about Paris.", text_format=City)
    assert isinstance(answer.output_parsed, City)
    with api.responses.stream(model=MODEL, input="Tell about Paris.", text_format=City) as stream:
        assert isinstance(stream.get_final_response().output_parsed, City)


def test_a_loop_of_function_calls_ends(api: openai.OpenAI) -> None:
    items: Any = [{"role": "user", "content": ASKING}]
    for _ in range(3):
        answer = api.responses.create(model=MODEL, input=items, tools=[WEATHER])
        calls = [item for item in answer.output if item.type == "function_call"]
        if not calls:
            break
        assert calls[0].name == "get_weather"
        items += [item.to_dict() for item in answer.output]
        items += [
            {"type": "function_call_output", "call_id": call.call_id, "output": '{"temperature": 21}'} for call in calls
        ]
    assert not calls
    assert "21" in answer.output_text


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("none", []),
        ("required", ["get_weather"]),
        ({"type": "function", "name": "tell_time"}, ["tell_time"]),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "tell_time"}]},
         ["tell_time"]),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "tell_time"}]}, []),
    ],
)  # fmt: skip
def test_tool_choice(api: openai.OpenAI, choice: Any, called: list[str]) -> None:
    tools = [WEATHER, WEATHER | {"name": "tell_time", "description": "The time."}]
    answer = api.responses.create(model=MODEL, input=ASKING, tools=tools, tool_choice=choice)
    assert [item.name for item in answer.output if item.type == "function_call"] == called


def test_reasoning_is_counted_and_hidden(api: openai.OpenAI) -> None:
    answer = api.responses.create(model=REASONING, input=QUESTION, store=False)
    thought, message = answer.output
    assert thought.type == "reasoning"
    assert thought.summary == []
    assert answer.usage is not None
    assert 0 < answer.usage.output_tokens_details.reasoning_tokens < answer.usage.output_tokens
    again: Any = [{"role": "user", "content": QUESTION}, thought.to_dict(), message.to_dict(),
                  {"role": "user", "content": "And at night?"}]  # fmt: skip
    assert api.responses.create(model=REASONING, input=again, store=False).output_text
    again[1]["encrypted_content"] = "gAAAA" + thought.encrypted_content
    status = refused(api, model=REASONING, temperature=1, input=again)
    assert status == (400, "input[1].encrypted_content", "invalid_encrypted_content")


def test_a_summary_of_reasoning_and_the_text_of_open_models(api: openai.OpenAI) -> None:
    thought: Any = api.responses.create(model=REASONING, input=QUESTION, reasoning={"summary": "auto"}).output[0]
    assert thought.summary[0].text
    thought = api.responses.create(model=OPEN, input=QUESTION).output[0]
    assert thought.content[0].type == "reasoning_text"
    assert thought.content[0].text


def test_too_few_tokens_make_an_answer_incomplete(api: openai.OpenAI) -> None:
    answer = api.responses.create(**ask(max_output_tokens=16))
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.usage is not None
    assert answer.usage.output_tokens == 16


def test_a_refusal_is_a_part_of_its_own(api: openai.OpenAI) -> None:
    headers = {"x-fakeai-outcome": "refusal"}
    message: Any = api.responses.create(**ask(), extra_headers=headers).output[0]
    assert [part.type for part in message.content] == ["refusal"]
    events = list(api.responses.create(**ask(), stream=True, extra_headers=headers))
    assert "response.refusal.delta" in {event.type for event in events}


def test_log_probabilities_are_those_of_the_text(api: openai.OpenAI) -> None:
    include: Any = ["message.output_text.logprobs"]
    message: Any = api.responses.create(**ask(include=include, top_logprobs=2)).output[0]
    part = message.content[0]
    assert b"".join(bytes(entry.bytes) for entry in part.logprobs).decode() == part.text
    assert {len(entry.top_logprobs) for entry in part.logprobs} == {2}


def test_search_cites_its_sources(api: openai.OpenAI) -> None:
    include: Any = ["web_search_call.action.sources"]
    tools: Any = [{"type": "web_search"}]
    answer: Any = api.responses.create(
        model=MODEL, input="The latest news of Paris, please.", tools=tools, include=include
    )
    search, message = answer.output
    assert search.type == "web_search_call"
    assert search.action.sources
    cites = message.content[0].annotations
    assert cites
    for cite in cites:
        assert cite.type == "url_citation"
        assert 0 <= cite.start_index < cite.end_index <= len(answer.output_text)


def test_a_remote_server_lists_its_tools_asks_and_answers(api: openai.OpenAI) -> None:
    server: Any = {"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example/mcp"}
    choice: Any = {"type": "mcp", "server_label": "wiki", "name": "search"}
    asked = api.responses.create(model=MODEL, input=QUESTION, tools=[server], tool_choice=choice)
    listing, request = asked.output
    assert listing.type == "mcp_list_tools"
    assert request.type == "mcp_approval_request"
    granted: Any = [{"type": "mcp_approval_response", "approval_request_id": request.id, "approve": True}]
    answer = api.responses.create(model=MODEL, input=granted, tools=[server], previous_response_id=asked.id)
    assert [item.type for item in answer.output] == ["mcp_call", "message"]
    free = api.responses.create(
        model=MODEL, input=QUESTION, tools=[server | {"require_approval": "never"}], tool_choice=choice
    )
    assert [item.type for item in free.output] == ["mcp_list_tools", "mcp_call", "message"]


PNG = "data:image/png;base64,iVBORw0KGgo="
USER = {"role": "user", "content": "Hi."}
CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "1"}


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"max_output_tokens": 3}, (400, "max_output_tokens", "integer_below_min_value")),
        ({"model": "none"}, (404, None, "model_not_found")),
        ({"model": REASONING}, (400, "temperature", "unsupported_parameter")),
        ({"reasoning": {"effort": "low"}}, (400, "reasoning.effort", "unsupported_parameter")),
        ({"top_logprobs": 2}, (400, "top_logprobs", None)),
        ({"background": True, "store": False}, (400, "background", None)),
        ({"input": openai.omit}, (400, "input", "missing_required_parameter")),
        ({"input": [USER, CALL]}, (400, "input", None)),
        ({"input": [USER, OUTPUT]}, (400, "input", None)),
        ({"input": [{**USER, "id": "x_1", "type": "message"}]}, (400, "input[0].id", "invalid_value")),
        ({"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]}, (400, "input", None)),
        ({"input": [USER, {"role": "user", "content": [{"type": "input_image", "image_url": PNG}]}]},
         (400, "input[1].content[0].image_url", "image_parse_error")),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "file-none"}]}]},
         (404, "input[0].content[0].file_id", None)),
        ({"input": [USER, {"role": "user", "content": [{"type": "input_file", "file_id": "file-none"}]}]},
         (404, "input[1].content[0].file_id", None)),
        ({"text": {"verbosity": "low"}}, (400, "text.verbosity", "unsupported_value")),
        ({"prompt_cache_options": {"mode": "explicit"}}, (400, "prompt_cache_options", "unsupported_parameter")),
        ({"input": "x " * 200_000}, (400, "input", "context_length_exceeded")),
        ({"tool_choice": {"type": "function", "name": "f"}}, (400, "tool_choice", "invalid_value")),
        ({"tools": [WEATHER, WEATHER]}, (400, "tools[1].name", "invalid_value")),
        ({"text": {"format": {"type": "json_object"}}}, (400, "input", None)),
        ({"prompt": {"id": "none"}}, (404, "prompt.id", None)),
        ({"previous_response_id": "resp_1", "conversation": "conv_1"},
         (400, "previous_response_id", "mutually_exclusive_parameters")),
    ],
    ids=lambda value: str(value).replace(repr(openai.omit), "omitted"),
)  # fmt: skip
def test_refused(api: openai.OpenAI, more: dict[str, Any], error: tuple[int, str, str]) -> None:
    assert refused(api, **more) == error


def test_log_probabilities_are_those_of_chat(api: openai.OpenAI) -> None:
    include: Any = ["message.output_text.logprobs"]
    sampling: Any = {"model": MODEL, "temperature": 0.3, "top_logprobs": 2}
    message: Any = api.responses.create(input=QUESTION, include=include, **sampling).output[0]
    user: Any = [{"role": "user", "content": QUESTION}]
    choice: Any = api.chat.completions.create(messages=user, logprobs=True, **sampling).choices[0]
    said = [
        [(entry.token, entry.logprob) for entry in told]
        for told in (message.content[0].logprobs, choice.logprobs.content)
    ]
    assert said[0] == said[1]
