"""Responses, streamed and not, as the official SDK sees them."""

import asyncio
import json
from base64 import b64decode
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from fakeai.config import AppConfig
from fakeai.server.app import App
from fakeai.services.responses import archive
from tests.support.clients import in_process
from tests.support.contract import event_data

pytestmark = [pytest.mark.service, pytest.mark.integration]

MODEL = "gpt-4o"
REASONING = "gpt-5-mini"
OPEN = "gpt-oss-120b"
QUESTION = "Why is the sky blue? Explain it to a child."
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
ASKING = "What is the weather in Paris?"


def ask(**more: Any) -> dict[str, Any]:
    return {"model": MODEL, "input": QUESTION, "temperature": 0, **more}


def refused(api: openai.OpenAI, **more: Any) -> Any:
    with pytest.raises(openai.APIStatusError) as caught:
        api.responses.create(**(ask() | more))
    error: Any = caught.value.body
    return caught.value.status_code, error["param"], error["code"]


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


def test_a_loop_over_previous_responses_ends(api: openai.OpenAI) -> None:
    first = api.responses.create(model=MODEL, input=ASKING, tools=[WEATHER])
    call = first.output[0]
    assert call.type == "function_call"
    output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees"}]
    second = api.responses.create(model=MODEL, input=output, tools=[WEATHER], previous_response_id=first.id)
    assert second.output_text
    assert second.previous_response_id == first.id
    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.input_tokens > first.usage.input_tokens
    listed = api.responses.input_items.list(second.id).data
    assert [item.type for item in listed] == ["function_call_output"]


def test_what_a_chain_has_said_is_found_in_the_cache(api: openai.OpenAI) -> None:
    first = api.responses.create(model=MODEL, input="Tides rise. " * 600)
    second = api.responses.create(model=MODEL, input="Go on.", previous_response_id=first.id)
    assert first.usage is not None
    assert second.usage is not None
    past, cached = first.usage.total_tokens, second.usage.input_tokens_details.cached_tokens
    assert past - 128 < cached <= past


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


def test_stored_responses_are_retrieved_and_deleted(api: openai.OpenAI) -> None:
    answer = api.responses.create(**ask())
    assert api.responses.retrieve(answer.id).to_dict() == answer.to_dict()
    final: Any = list(api.responses.create(**ask(), stream=True))[-1]
    assert api.responses.retrieve(final.response.id).output_text == answer.output_text
    hidden = api.responses.create(**ask(), store=False)
    for id in (hidden.id, answer.id):
        if id == answer.id:
            api.responses.delete(id)
        with pytest.raises(openai.NotFoundError, match="not found"):
            api.responses.retrieve(id)
        assert refused(api, previous_response_id=id) == (400, "previous_response_id", "previous_response_not_found")


def test_input_items_have_ids_and_pages(api: openai.OpenAI) -> None:
    given: Any = [{"role": "user", "content": f"Number {number}"} for number in range(5)]
    answer = api.responses.create(model=MODEL, input=given)
    pages = api.responses.input_items.list(answer.id, limit=2, order="asc")
    items: list[Any] = list(pages)
    assert [item.content[0].text for item in items] == [f"Number {number}" for number in range(5)]
    assert all(item.id.startswith("msg_") for item in items)
    assert [item.id for item in api.responses.input_items.list(answer.id)] == [item.id for item in reversed(items)]


def test_images_count_by_the_size_of_the_file(api: openai.OpenAI) -> None:
    picture: Any = api.responses.create(
        model=MODEL, input=QUESTION, tools=[{"type": "image_generation", "size": "1024x1024"}], tool_choice=DRAW
    ).output[0]
    file = api.files.create(file=("a.png", b64decode(picture.result)), purpose="vision")
    parts: Any = [{"type": "input_image", "file_id": file.id, "detail": "high"}]
    shown: Any = [{"role": "user", "content": parts}]
    bare: Any = [{"role": "user", "content": []}]
    counts = [api.responses.input_tokens.count(model=MODEL, input=given).input_tokens for given in (shown, bare)]
    assert counts[0] - counts[1] == 765


def test_items_are_referred_to(api: openai.OpenAI) -> None:
    first = api.responses.create(**ask())
    reference: Any = {"type": "item_reference", "id": first.output[0].id}
    user: Any = {"role": "user", "content": "Go on."}
    second = api.responses.create(model=MODEL, input=[reference, user])
    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.input_tokens > first.usage.output_tokens
    unknown: Any = [{"type": "item_reference", "id": "msg_none"}]
    assert refused(api, input=unknown) == (404, "input", None)


def test_input_tokens_are_those_of_the_answer(api: openai.OpenAI) -> None:
    asked: Any = {"model": MODEL, "input": QUESTION, "instructions": "Be brief.", "tools": [WEATHER]}
    counted = api.responses.input_tokens.count(**asked).input_tokens
    answer = api.responses.create(**asked)
    assert answer.usage is not None
    assert counted == answer.usage.input_tokens


def test_a_compacted_conversation_goes_on(api: openai.OpenAI) -> None:
    first = api.responses.create(**ask())
    compacted = api.responses.compact(model=MODEL, previous_response_id=first.id)
    assert [item.type for item in compacted.output] == ["message", "compaction"]
    again: Any = [item.model_dump(exclude_unset=True, warnings=False) for item in compacted.output]
    assert api.responses.create(model=MODEL, input=[*again, {"role": "user", "content": "Go on."}]).output_text
    again[-1]["encrypted_content"] = "x" * 40
    assert refused(api, input=again)[2] == "invalid_encrypted_content"


@pytest.mark.parametrize("how", ["asked for", "too long"])
def test_a_response_compacts_what_came_before(api: openai.OpenAI, how: str) -> None:
    first = api.responses.create(**ask())
    trigger: Any = [{"role": "user", "content": "Go on."}, {"type": "compaction_trigger"}]
    more: Any = {"input": trigger}
    if how == "too long":
        more = {"input": "Go on. " * 1000, "context_management": [{"type": "compaction", "compact_threshold": 1000}]}
    second = api.responses.create(model=MODEL, previous_response_id=first.id, **more)
    assert [item.type for item in second.output] == ["compaction", "message"]
    third = api.responses.create(model=MODEL, previous_response_id=second.id, input="And now?")
    assert third.output_text


def test_background_responses_are_polled_cancelled_and_streamed_again(api: openai.OpenAI) -> None:
    begun = api.responses.create(**ask(), background=True)
    assert begun.status == "queued"
    assert begun.usage is None
    answer = begun
    for _ in range(1000):
        answer = api.responses.retrieve(begun.id)
        if answer.status not in ("queued", "in_progress"):
            break
    assert answer.status == "completed"
    assert answer.output_text
    assert api.responses.cancel(begun.id).to_dict() == answer.to_dict()
    events: Any = list(api.responses.create(**ask(), background=True, stream=True))
    id = events[0].response.id
    again = list(api.responses.retrieve(id, stream=True, starting_after=4))
    assert [event.to_dict() for event in again] == [event.to_dict() for event in events[5:]]
    plain: Any = list(api.responses.retrieve(id, stream=True, include_obfuscation=False))
    said = [[event for event in told if event.type == "response.output_text.delta"] for told in (events, plain)]
    assert [event.delta for event in said[1]] == [event.delta for event in said[0]]
    assert [any(hasattr(event, "obfuscation") for event in told) for told in said] == [True, False]
    assert api.responses.retrieve(id).output_text == events[-1].response.output_text
    with api.responses.stream(response_id=id, starting_after=4) as stream:
        assert next(iter(stream)).sequence_number == 5
        assert stream.get_final_response().output_text == events[-1].response.output_text


def test_only_background_responses_are_cancelled(api: openai.OpenAI) -> None:
    answer = api.responses.create(**ask())
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        api.responses.cancel(answer.id)
    with pytest.raises(openai.BadRequestError):
        list(api.responses.retrieve(answer.id, stream=True))


DRAW: Any = {"type": "image_generation"}
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
        ({"tools": [WEATHER, WEATHER]}, (400, "tools[1].name", None)),
        ({"text": {"format": {"type": "json_object"}}}, (400, "input", None)),
        ({"prompt": {"id": "none"}}, (404, "prompt.id", None)),
        ({"previous_response_id": "resp_1", "conversation": "conv_1"},
         (400, "previous_response_id", "mutually_exclusive_parameters")),
    ],
    ids=str,
)  # fmt: skip
def test_refused(api: openai.OpenAI, more: dict[str, Any], error: tuple[int, str, str]) -> None:
    assert refused(api, **more) == error


def test_truncation_drops_the_oldest(api: openai.OpenAI) -> None:
    given: Any = [{"role": "user", "content": f"{number} " * 20_000} for number in range(8)]
    answer = api.responses.create(model=MODEL, input=given, truncation="auto")
    assert answer.usage is not None
    assert answer.usage.input_tokens < 128_000
    assert answer.output_text


@pytest.mark.parametrize("stream", [False, True])
async def test_a_response_whose_worker_died_has_failed(stream: bool) -> None:
    app = App(AppConfig(cluster={"gpu": "h100-sxm", "speed": 0.1, "on_worker_death": "fail"}))
    asked = {"model": "llama-3.1-8b", "input": QUESTION, "background": True, "stream": stream}
    async with in_process(app) as client:
        post = asyncio.create_task(client.post("/v1/responses", json=asked))
        while not app.cluster.workers[0].running:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)
        await client.post("/v1/router/workers/worker-0", json={"action": "kill"})
        answer = await post
        if stream:
            last = json.loads(event_data(answer.content)[-1])
            assert last["type"] == "response.failed"
            response = last["response"]
        else:
            response = (await client.get(f"/v1/responses/{answer.json()['id']}")).json()
    assert response["status"] == "failed"
    assert response["error"]["code"] == "server_error"
    assert response["output"] == []


async def test_the_oldest_responses_are_forgotten(monkeypatch: pytest.MonkeyPatch, client: httpx.AsyncClient) -> None:
    monkeypatch.setattr(archive, "MAX_STORED", 2)
    made = [(await client.post("/v1/responses", json=ask())).json()["id"] for _ in range(3)]
    assert [(await client.get(f"/v1/responses/{id}")).status_code for id in made] == [404, 200, 200]
