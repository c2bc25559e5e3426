"""Assistants, threads and runs through the official SDK; every stream it sees is checked by runs_grammar."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.conftest import EPOCH_S
from tests.support.clients import in_process, sdk
from tests.support.contract import events
from tests.support.process import running

pytestmark = [
    pytest.mark.service,
    pytest.mark.streaming,
    pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning"),
]

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
HOSTED: Any = [{"type": "code_interpreter"}, {"type": "file_search"}]
SEA: Any = [{"role": "user", "content": "Tell me about the sea."}]
ASK: Any = [{"role": "user", "content": "How is the weather in Paris?"}]


@pytest.fixture
def beta(api: openai.OpenAI) -> Any:
    return api.beta


@pytest.fixture
def helper(beta: Any) -> str:
    return str(beta.assistants.create(model="gpt-4o-mini", instructions="Be brief.", tools=[WEATHER, *HOSTED]).id)


def outputs_for(run: Any, output: str = '{"sky": "clear"}') -> list[Any]:
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": output} for call in calls]


def steps_of(beta: Any, run: Any) -> list[Any]:
    return list(beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc"))


def text_of(message: Any) -> str:
    return str(message.content[0].text.value)


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
        ({"model": "gpt-4o", "name": "x" * 257}, 400, "string_above_max_length"),
        ({"model": "gpt-4o", "tools": [HOSTED[0]] * 129}, 400, "array_above_max_length"),
    ],
    ids=lambda value: "",
)
def test_an_assistant_is_refused(beta: Any, request_: Any, status: int, code: str) -> None:
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


# Streams


class Watcher(openai.AssistantEventHandler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.events: list[str] = []
        self.calls: list[Any] = []

    def on_event(self, event: Any) -> None:
        if not self.events or self.events[-1] != event.event:
            self.events.append(event.event)

    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.texts.append(delta.value)

    def on_tool_call_done(self, tool_call: Any) -> None:
        self.calls.append(tool_call)


MESSAGE_EVENTS = [
    "thread.run.in_progress",
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
    "thread.message.completed",
    "thread.run.step.completed",
    "thread.run.completed",
]
CALL_EVENTS = [
    "thread.run.created",
    "thread.run.queued",
    "thread.run.in_progress",
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.run.step.delta",
    "thread.run.requires_action",
]


def test_a_stream_with_a_handler(beta: Any, helper: str) -> None:
    thread = beta.threads.create(messages=SEA)
    with beta.threads.runs.stream(thread_id=thread.id, assistant_id=helper, event_handler=Watcher()) as stream:
        stream.until_done()
        (message,), run = stream.get_final_messages(), stream.get_final_run()
    assert stream.events == ["thread.run.created", "thread.run.queued", *MESSAGE_EVENTS]
    assert len(stream.texts) > 20
    assert "".join(stream.texts) == text_of(message)
    assert beta.threads.runs.retrieve(run.id, thread_id=thread.id).to_dict() == run.to_dict()
    assert beta.threads.messages.list(thread.id).data[0].to_dict() == message.to_dict() | {
        "content": [{"type": "text", "text": {"value": text_of(message), "annotations": []}}]
    }


def test_streams_of_a_run_that_calls_a_function(beta: Any, helper: str) -> None:
    with beta.threads.create_and_run_stream(
        assistant_id=helper, thread={"messages": ASK}, event_handler=Watcher()
    ) as stream:
        stream.until_done()
        run = stream.get_final_run()
    assert stream.events == ["thread.created", *CALL_EVENTS]
    assert [call.function.name for call in stream.calls] == ["get_weather"]
    assert (
        run.required_action.submit_tool_outputs.tool_calls[0].function.arguments == stream.calls[0].function.arguments
    )
    with beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run), event_handler=Watcher()
    ) as stream:
        stream.until_done()
    assert stream.events == ["thread.run.step.completed", "thread.run.queued", *MESSAGE_EVENTS]
    assert "clear" in "".join(stream.texts)


def test_a_streamed_run_says_what_a_polled_one_says(beta: Any, helper: str) -> None:
    def thread() -> Any:
        return beta.threads.create(messages=SEA)

    options: Any = {"assistant_id": helper, "temperature": 0}
    polled = beta.threads.runs.create_and_poll(thread_id=thread().id, **options)
    with beta.threads.runs.stream(thread_id=thread().id, **options) as stream:
        (message,) = stream.get_final_messages()
    assert text_of(beta.threads.messages.list(polled.thread_id).data[0]) == text_of(message)


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


# Time


@pytest.fixture(scope="module")
def slow() -> Iterator[openai.OpenAI]:
    """No test waits for the ends of its answers."""
    with running("--ttft", "0", "--itl", "2000") as server, sdk(server.base_url) as client:
        yield client


def test_a_run_is_cancelled(slow: openai.OpenAI) -> None:
    beta: Any = slow.beta
    helper = beta.assistants.create(model="gpt-4o-mini")
    run = beta.threads.create_and_run(assistant_id=helper.id, thread={"messages": SEA})
    assert (run.status, run.usage) == ("queued", None)
    assert beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "in_progress"
    assert beta.threads.runs.cancel(run.id, thread_id=run.thread_id).status == "cancelling"
    run = beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert (run.status, run.expires_at, run.completed_at) == ("cancelled", None, None)
    assert run.cancelled_at >= run.started_at
    (step,) = steps_of(beta, run)
    message = beta.threads.messages.list(run.thread_id).data[0]
    assert (step.status, message.status, message.incomplete_details.reason) == (
        "cancelled",
        "incomplete",
        "run_cancelled",
    )


def test_a_stream_ends_when_its_run_is_cancelled(slow: openai.OpenAI) -> None:
    beta: Any = slow.beta
    helper = beta.assistants.create(model="gpt-4o-mini")
    events = []
    with beta.threads.create_and_run_stream(assistant_id=helper.id, thread={"messages": SEA}) as stream:
        for event in stream:
            events.append(event.event)
            if events.count("thread.message.delta") == 1 and event.event == "thread.message.delta":
                run = stream.current_run
                beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert events[-3:] == ["thread.message.incomplete", "thread.run.step.cancelled", "thread.run.cancelled"]


def test_a_client_that_leaves_does_not_end_its_run(slow: openai.OpenAI) -> None:
    beta: Any = slow.beta
    helper = beta.assistants.create(model="gpt-4o-mini")
    with beta.threads.create_and_run_stream(assistant_id=helper.id, thread={"messages": SEA}) as stream:
        for event in stream:
            if event.event == "thread.message.delta":
                break
    run = beta.threads.runs.retrieve(stream.current_run.id, thread_id=stream.current_run.thread_id)
    assert run.status == "in_progress"
    beta.threads.delete(run.thread_id)


async def begun(client: httpx.AsyncClient, said: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    """The new run's URL, and the run."""
    assistant = await client.post("/v1/assistants", json={"model": "gpt-4o-mini", "tools": [WEATHER]})
    request = {"assistant_id": assistant.json()["id"], "thread": {"messages": said}} | more
    run = (await client.post("/v1/threads/runs", json=request)).json()
    return f"/v1/threads/{run['thread_id']}/runs/{run['id']}", run


async def test_a_polled_run_advances_with_time() -> None:
    """A request moves the clock by a second: the run waits for nothing, and says its first token after 2.5 s."""
    app = App(AppConfig(core={"epoch": EPOCH_S}, latency={"ttft": "2500", "itl": "10"}))
    async with in_process(app) as client:
        url, run = await begun(client, SEA)
        assert (run["status"], run["started_at"], run["expires_at"]) == ("queued", None, run["created_at"] + 600)
        seen = [(await client.get(url)).json() for _ in range(2)]
        assert [one["status"] for one in seen] == ["in_progress"] * 2
        assert (await client.get(f"{url}/steps")).json()["data"][0]["status"] == "in_progress"
        await app.clock.sleep_until(EPOCH_S + 100)
        done = (await client.get(url)).json()
        assert done["status"] == "completed"
        assert EPOCH_S + 4 < done["completed_at"] < EPOCH_S + 30


@pytest.mark.parametrize("said", [ASK, SEA], ids=["waiting for outputs", "saying much"])
async def test_a_run_expires(said: Any) -> None:
    app = App(AppConfig(core={"epoch": EPOCH_S}, latency={"ttft": "0", "itl": "0" if said is ASK else "60000"}))
    async with in_process(app) as client:
        url, run = await begun(client, said)
        assert (await client.get(url)).json()["status"] == ("requires_action" if said is ASK else "in_progress")
        await app.clock.sleep_until(run["created_at"] + 599)
        expired = (await client.get(url)).json()
        assert (expired["status"], expired["expires_at"], expired["required_action"]) == ("expired", None, None)
        (step,) = (await client.get(f"{url}/steps")).json()["data"]
        assert (step["status"], step["expired_at"]) == ("expired", run["created_at"] + 600)
        message = (await client.get(f"/v1/threads/{run['thread_id']}/messages")).json()["data"][0]
        if said is SEA:
            assert message["incomplete_details"] == {"reason": "run_expired"}
        late = await client.post(f"{url}/submit_tool_outputs", json={"tool_outputs": []})
        assert late.json()["error"]["message"] == 'Runs in status "expired" do not accept tool outputs.'


async def test_a_stream_ends_when_its_run_expires() -> None:
    app = App(AppConfig(core={"epoch": EPOCH_S}, latency={"ttft": "0", "itl": "60000"}))
    async with in_process(app) as client:
        assistant = await client.post("/v1/assistants", json={"model": "gpt-4o-mini"})
        request = {"assistant_id": assistant.json()["id"], "thread": {"messages": SEA}, "stream": True}
        answer = await client.post("/v1/threads/runs", json=request)
        names = [name for name, _ in events(answer.content)]
        assert names[-4:] == ["thread.message.incomplete", "thread.run.step.expired", "thread.run.expired", "done"]
        assert names.count("thread.message.delta") == 11


async def test_a_run_that_says_too_much_is_incomplete() -> None:
    app = App(AppConfig(core={"epoch": EPOCH_S}, generation={"mean_tokens": 1000}))
    async with in_process(app) as client:
        url, run = await begun(client, SEA, max_completion_tokens=256)
        done = (await client.get(url)).json()
        assert (done["status"], done["incomplete_details"]) == ("incomplete", {"reason": "max_completion_tokens"})
        assert done["usage"]["completion_tokens"] == 256
        message = (await client.get(f"/v1/threads/{run['thread_id']}/messages")).json()["data"][0]
        assert (message["status"], message["incomplete_details"]) == ("incomplete", {"reason": "max_tokens"})


async def test_a_run_fails_with_its_worker() -> None:
    faults = [{"kind": "dead", "worker": "worker-0", "from_s": 5}]
    app = App(AppConfig(core={"epoch": EPOCH_S}, latency={"ttft": "0", "itl": "1000"}, cluster={"faults": faults}))
    async with in_process(app) as client:
        url, _ = await begun(client, SEA)
        await app.clock.sleep_until(EPOCH_S + 60)
        failed = (await client.get(url)).json()
        assert (failed["status"], failed["last_error"]["code"]) == ("failed", "server_error")
