"""Assistants, threads and polled runs through the official SDK."""

import json
from typing import Any

import openai
import pytest

from tests.support.assistants import ASK, HOSTED, SEA, WEATHER, outputs_for, steps_of, text_of

pytestmark = [
    pytest.mark.service,
    pytest.mark.streaming,
    pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning"),
]


# Objects


def test_an_assistant_is_kept(beta: Any) -> None:
    made = beta.assistants.create(model="gpt-4o-mini", name="Helper", tools=[WEATHER], metadata={"team": "a"})
    assert (made.object, made.name, made.temperature, made.response_format) == ("assistant", "Helper", 1.0, "auto")
    assert made.tools[0].function.name == "get_weather"
    assert beta.assistants.retrieve(made.id) == made
    changed = beta.assistants.update(made.id, name="Other", model="gpt-4o")
    assert (changed.name, changed.model, changed.metadata) == ("Other", "gpt-4o", {"team": "a"})
    assert beta.assistants.delete(made.id).object == "assistant.deleted"
    with pytest.raises(openai.NotFoundError, match=f"No assistant found with id '{made.id}'"):
        beta.assistants.retrieve(made.id)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"model": "gpt-none"}, 404, "model_not_found"),
        ({"model": "text-embedding-3-small"}, 400, "unsupported_model"),
        ({"model": "gpt-4", "response_format": {"type": "json_object"}}, 400, None),
        ({"model": "gpt-4o", "name": "x" * 257}, 400, "string_above_max_length"),
        ({"model": "gpt-4o", "tools": [HOSTED[0]] * 129}, 400, "array_above_max_length"),
    ],
    ids=lambda value: "",
)
def test_an_assistant_is_refused(beta: Any, request_: Any, status: int, code: str | None) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        beta.assistants.create(**request_)
    assert (caught.value.status_code, caught.value.code) == (status, code)


def test_a_thread_with_messages(beta: Any) -> None:
    parts = [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    said: Any = [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": parts},
    ]
    thread = beta.threads.create(messages=said, metadata={"topic": "counting"})
    messages = beta.threads.messages.list(thread.id, order="asc").data
    assert [(m.role, m.status, m.run_id) for m in messages] == [(one["role"], "completed", None) for one in said]
    assert [part.type for part in messages[2].content] == ["text", "image_url"]
    assert (text_of(messages[0]), messages[2].content[1].image_url.detail) == ("One", "auto")
    noted = beta.threads.messages.update(messages[0].id, thread_id=thread.id, metadata={"read": "yes"})
    assert (noted.metadata, text_of(noted)) == ({"read": "yes"}, "One")
    gone = beta.threads.messages.delete(messages[1].id, thread_id=thread.id)
    assert (gone.deleted, gone.object) == (True, "thread.message.deleted")
    assert [m.id for m in beta.threads.messages.list(thread.id, limit=1)] == [messages[2].id, messages[0].id]
    assert beta.threads.update(thread.id, metadata={"topic": "other"}).metadata == {"topic": "other"}
    assert beta.threads.delete(thread.id).object == "thread.deleted"
    with pytest.raises(openai.NotFoundError, match=f"No thread found with id '{thread.id}'"):
        beta.threads.messages.list(thread.id)


def test_an_empty_message_is_refused(beta: Any) -> None:
    thread = beta.threads.create()
    with pytest.raises(openai.BadRequestError, match="must be non-empty"):
        beta.threads.messages.create(thread.id, role="user", content="")
    assert beta.threads.messages.list(thread.id).data == []


# Runs


def test_a_run_answers(beta: Any, helper: str) -> None:
    thread = beta.threads.create(messages=SEA)
    run = beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=helper, metadata={"n": "1"})
    assert (run.status, run.model, run.instructions, run.metadata) == (
        "completed",
        "gpt-4o-mini",
        "Be brief.",
        {"n": "1"},
    )
    assert (run.expires_at, run.required_action, run.last_error) == (None, None, None)
    assert run.created_at <= run.started_at <= run.completed_at
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 0
    (answer,) = beta.threads.messages.list(thread.id, run_id=run.id)
    assert (answer.role, answer.status, answer.assistant_id, answer.run_id) == (
        "assistant",
        "completed",
        helper,
        run.id,
    )
    (step,) = steps_of(beta, run)
    assert (step.status, step.step_details.message_creation.message_id) == ("completed", answer.id)
    assert step.usage.to_dict() == run.usage.to_dict()
    assert beta.threads.runs.steps.retrieve(step.id, thread_id=thread.id, run_id=run.id) == step
    assert [one.id for one in beta.threads.runs.list(thread.id)] == [run.id]


def test_what_a_run_says_goes_before_what_its_assistant_says(beta: Any, helper: str) -> None:
    thread = beta.threads.create(messages=SEA)
    run = beta.threads.runs.create(
        thread.id,
        assistant_id=helper,
        model="gpt-4o",
        instructions="Be long.",
        additional_instructions="And kind.",
        additional_messages=[{"role": "user", "content": "And the shore?"}],
        tools=[],
        temperature=0.2,
    )
    assert (run.model, run.instructions, run.tools, run.temperature) == ("gpt-4o", "Be long.\nAnd kind.", [], 0.2)
    run = beta.threads.runs.poll(run.id, thread_id=thread.id)
    assert run.status == "completed"
    assert [m.role for m in beta.threads.messages.list(thread.id, order="asc")] == ["user", "user", "assistant"]


def test_a_function_is_called_and_its_output_told(beta: Any, helper: str) -> None:
    run = beta.threads.create_and_run_poll(assistant_id=helper, thread={"messages": ASK})
    assert (run.status, run.usage) == ("requires_action", None)
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert call.function.name == "get_weather"
    assert isinstance(json.loads(call.function.arguments), dict)
    (step,) = steps_of(beta, run)
    assert (step.status, step.step_details.tool_calls[0].function.output) == ("in_progress", None)
    done = beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run)
    )
    assert (done.status, done.id, done.started_at) == ("completed", run.id, run.started_at)
    called, said = steps_of(beta, run)
    assert (called.status, called.step_details.tool_calls[0].function.output) == ("completed", '{"sky": "clear"}')
    assert done.usage.total_tokens == called.usage.total_tokens + said.usage.total_tokens
    assert "clear" in text_of(beta.threads.messages.list(run.thread_id).data[0])


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}], ids=str)
def test_a_tool_that_must_be_called_is_called_once(beta: Any, helper: str, choice: Any) -> None:
    run = beta.threads.create_and_run_poll(
        assistant_id=helper, tools=[WEATHER], tool_choice=choice, thread={"messages": SEA}
    )
    assert run.status == "requires_action"
    done = beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run)
    )
    assert done.status == "completed"
    run = beta.threads.create_and_run_poll(assistant_id=helper, tool_choice="none", thread={"messages": ASK})
    assert run.status == "completed"


def test_a_tool_that_must_be_called_must_be_there(beta: Any, helper: str) -> None:
    for choice in ("required", {"type": "file_search"}, {"type": "function", "function": {"name": "get_time"}}):
        with pytest.raises(openai.BadRequestError) as caught:
            beta.threads.create_and_run(
                assistant_id=helper, tools=[] if choice == "required" else [WEATHER], tool_choice=choice
            )
        assert (caught.value.code, caught.value.param) == ("invalid_value", "tool_choice")


def test_the_code_interpreter_calculates(beta: Any, helper: str) -> None:
    said: Any = [{"role": "user", "content": "Calculate 3*4 + 5, please."}]
    run = beta.threads.create_and_run_poll(assistant_id=helper, thread={"messages": said})
    called, told = steps_of(beta, run)
    (call,) = called.step_details.tool_calls
    assert (call.code_interpreter.input, call.code_interpreter.outputs[0].logs) == ("print(3*4 + 5)", "17\n")
    assert (run.status, called.status, told.type) == ("completed", "completed", "message_creation")


def test_file_search_finds_what_is_attached(beta: Any, api: openai.OpenAI, helper: str) -> None:
    file = api.files.create(file=("harbour.txt", b"The harbour opens at nine."), purpose="assistants")
    said: Any = {
        "role": "user",
        "content": "Search the file: when does it open?",
        "attachments": [{"file_id": file.id, "tools": [{"type": "file_search"}]}],
    }
    run = beta.threads.create_and_run_poll(assistant_id=helper, thread={"messages": [said]})
    called = steps_of(beta, run)[0]
    (found,) = called.step_details.tool_calls[0].file_search.results
    assert (found.file_id, found.file_name, found.content) == (file.id, "harbour.txt", None)
    (store,) = beta.threads.retrieve(run.thread_id).tool_resources.file_search.vector_store_ids
    assert [one.id for one in api.vector_stores.files.list(store)] == [file.id]
    shown = beta.threads.runs.steps.retrieve(
        called.id,
        thread_id=run.thread_id,
        run_id=run.id,
        include=["step_details.tool_calls[*].file_search.results[*].content"],
    )
    assert shown.step_details.tool_calls[0].file_search.results[0].content[0].text == "The harbour opens at nine."


def test_calls_of_one_answer(beta: Any) -> None:
    """All outputs come at once."""
    time: Any = {"type": "function", "function": {"name": "get_time", "description": "Local time of a city"}}
    said: Any = [{"role": "user", "content": "What are the weather and the time in Rome?"}]
    helper = beta.assistants.create(model="gpt-4o", tools=[WEATHER, time])
    options: Any = {"assistant_id": helper.id, "thread": {"messages": said}}
    run = beta.threads.create_and_run_poll(**options)
    called = [call.function.name for call in run.required_action.submit_tool_outputs.tool_calls]
    assert sorted(called) == ["get_time", "get_weather"]
    with pytest.raises(openai.BadRequestError, match="Expected tool outputs"):
        beta.threads.runs.submit_tool_outputs(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run)[:1])
    with beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run)
    ) as stream:
        assert stream.get_final_run().status == "completed"
    run = beta.threads.create_and_run_poll(**options, parallel_tool_calls=False)
    assert len(run.required_action.submit_tool_outputs.tool_calls) == 1


def test_an_answer_by_schema(beta: Any) -> None:
    schema = {"type": "object", "properties": {"depth": {"type": "integer"}}, "required": ["depth"]}
    form: Any = {"type": "json_schema", "json_schema": {"name": "sea", "schema": schema}}
    helper = beta.assistants.create(model="gpt-4o", response_format=form)
    run = beta.threads.create_and_run_poll(assistant_id=helper.id, thread={"messages": SEA})
    said = json.loads(text_of(beta.threads.messages.list(run.thread_id).data[0]))
    assert isinstance(said["depth"], int)
    bad: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}
    with pytest.raises(openai.BadRequestError) as caught:
        beta.threads.create_and_run(assistant_id=helper.id, tools=[WEATHER, bad])
    assert (caught.value.code, caught.value.param) == ("invalid_function_parameters", "tools[1].function.parameters")


def test_a_reasoning_model_thinks_as_hard_as_asked(beta: Any) -> None:
    tokens = []
    for effort in ("low", "high"):
        helper = beta.assistants.create(model="o3-mini", reasoning_effort=effort)
        run = beta.threads.create_and_run_poll(assistant_id=helper.id, thread={"messages": SEA})
        answer = text_of(beta.threads.messages.list(run.thread_id).data[0])
        tokens.append(run.usage.completion_tokens - len(answer) // 5)
    assert tokens[1] > tokens[0] > 0
    with pytest.raises(openai.BadRequestError) as caught:
        beta.threads.create_and_run(assistant_id=helper.id, temperature=0.5)
    assert (caught.value.code, caught.value.param) == ("unsupported_value", "temperature")


@pytest.mark.parametrize(
    ("outcome", "run_status", "message_status", "kind"),
    [("refusal", "completed", "completed", "refusal"), ("content_filter", "incomplete", "incomplete", "text")],
)
def test_an_answer_is_refused_or_filtered_if_asked_to_be(
    beta: Any, helper: str, outcome: str, run_status: str, message_status: str, kind: str
) -> None:
    with beta.threads.create_and_run_stream(
        assistant_id=helper, thread={"messages": SEA}, extra_headers={"x-fakeai-outcome": outcome}
    ) as stream:
        stream.until_done()
    (message,) = stream.get_final_messages()
    assert (stream.current_run.status, message.status) == (run_status, message_status)
    assert [part.type for part in message.content] == [kind]


def test_limits_end_a_run_early(beta: Any, helper: str) -> None:
    long: Any = [{"role": "user", "content": "Write a very long story about the sea. " * 40}]
    run = beta.threads.create_and_run_poll(assistant_id=helper, max_prompt_tokens=256, thread={"messages": long})
    assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_prompt_tokens")
    run = beta.threads.create_and_run_poll(
        assistant_id=helper,
        max_prompt_tokens=256,
        thread={"messages": [*long, *SEA]},
        tools=[],
    )
    assert run.status == "completed"
    assert run.usage.prompt_tokens < 256
    with pytest.raises(openai.BadRequestError) as caught:
        beta.threads.create_and_run(assistant_id=helper, max_completion_tokens=255)
    assert (caught.value.code, caught.value.param) == ("integer_below_min_value", "max_completion_tokens")


def test_only_the_last_messages_are_read(beta: Any, helper: str) -> None:
    said: Any = [{"role": "user", "content": "The harbour and its ships and sailors"}, *SEA]
    prompts = []
    for strategy in ({"type": "auto"}, {"type": "last_messages", "last_messages": 1}):
        run = beta.threads.create_and_run_poll(
            assistant_id=helper, truncation_strategy=strategy, thread={"messages": said}
        )
        prompts.append(run.usage.prompt_tokens)
    assert prompts[0] > prompts[1]


# What is refused


def test_unknown_ids(beta: Any, helper: str) -> None:
    thread = beta.threads.create()
    for ask, message in (
        (lambda: beta.threads.runs.create("thread_x", assistant_id=helper), "No thread found with id 'thread_x'"),
        (lambda: beta.threads.runs.create(thread.id, assistant_id="asst_x"), "No assistant found with id 'asst_x'"),
        (lambda: beta.threads.runs.retrieve("run_x", thread_id=thread.id), "No run found with id 'run_x'"),
        (lambda: beta.threads.runs.cancel("run_x", thread_id=thread.id), "No run found with id 'run_x'"),
        (lambda: beta.threads.runs.steps.list("run_x", thread_id=thread.id), "No run found with id 'run_x'"),
        (lambda: beta.threads.messages.retrieve("msg_x", thread_id=thread.id), "No message found with id 'msg_x'"),
    ):
        with pytest.raises(openai.NotFoundError, match=message):
            ask()


def test_a_thread_waits_for_its_run(beta: Any, helper: str) -> None:
    run = beta.threads.create_and_run_poll(assistant_id=helper, thread={"messages": ASK})
    with pytest.raises(openai.BadRequestError) as caught:
        beta.threads.messages.create(run.thread_id, role="user", content="And Rome?")
    assert caught.value.body["message"] == f"Can't add messages to {run.thread_id} while a run {run.id} is active."
    with pytest.raises(openai.BadRequestError) as caught:
        beta.threads.runs.create(run.thread_id, assistant_id=helper)
    assert caught.value.body["message"] == f"Thread {run.thread_id} already has an active run {run.id}."
    assert (caught.value.code, caught.value.param) == (None, None)
    assert beta.threads.runs.cancel(run.id, thread_id=run.thread_id).status == "cancelling"
    beta.threads.messages.create(run.thread_id, role="user", content="And Rome?")


def test_outputs_must_be_those_that_were_called_for(beta: Any, helper: str) -> None:
    run = beta.threads.create_and_run_poll(assistant_id=helper, thread={"messages": ASK})

    def submit(outputs: Any) -> Any:
        return beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs
        )

    (call,) = run.required_action.submit_tool_outputs.tool_calls
    for outputs, got in (([], "[]"), ([{"tool_call_id": "call_x", "output": ""}], "['call_x']")):
        with pytest.raises(openai.BadRequestError) as caught:
            submit(outputs)
        assert caught.value.body["message"] == f"Expected tool outputs for call_ids ['{call.id}'], got {got}"
    assert submit(outputs_for(run)).status == "completed"
    with pytest.raises(openai.BadRequestError, match='Runs in status "completed" do not accept'):
        submit(outputs_for(run))
    with pytest.raises(openai.BadRequestError, match="Cannot cancel run with status 'completed'"):
        beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
