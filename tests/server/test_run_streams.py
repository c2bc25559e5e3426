"""Runs as streams, through the official SDK; each is checked by runs_grammar."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.server import runs_grammar
from tests.server.conftest import namespace
from tests.server.grammar import BadStream
from tests.support.assistants import ASK, BETA, SEA, outputs_for, steps_of, text_of
from tests.support.clients import sdk
from tests.support.contract import events
from tests.support.process import Server, running

pytestmark = [
    pytest.mark.service,
    pytest.mark.streaming,
    pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning"),
]


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


async def test_an_asynchronous_stream(async_api: openai.AsyncOpenAI) -> None:
    beta: Any = async_api.beta
    helper = await beta.assistants.create(model="gpt-4o-mini")
    async with beta.threads.create_and_run_stream(assistant_id=helper.id, thread={"messages": SEA}) as stream:
        said = [piece async for piece in stream.text_deltas]
        (message,) = await stream.get_final_messages()
    assert "".join(said) == text_of(message)


def test_a_streamed_run_says_what_a_polled_one_says(beta: Any, helper: str) -> None:
    def thread() -> Any:
        return beta.threads.create(messages=SEA)

    options: Any = {"assistant_id": helper, "temperature": 0}
    polled = beta.threads.runs.create_and_poll(thread_id=thread().id, **options)
    with beta.threads.runs.stream(thread_id=thread().id, **options) as stream:
        (message,) = stream.get_final_messages()
    assert text_of(beta.threads.messages.list(polled.thread_id).data[0]) == text_of(message)


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


SUM: Any = [{"role": "user", "content": "Calculate 2+3."}]


def test_the_grammar_misses_nothing(server: Server, helper: str, request: pytest.FixtureRequest) -> None:
    """No event may be left out or come twice."""
    body = {"assistant_id": helper, "thread": {"messages": SUM}, "stream": True}
    headers = BETA | {"x-fakeai-namespace": namespace(request)}
    said = events(httpx.post(f"{server.base_url}/threads/runs", json=body, headers=headers).content)
    runs_grammar.check("/threads/runs", said)
    for number in range(len(said)):
        for wrong in ([*said[:number], *said[number + 1 :]], [*said[:number], said[number], *said[number:]]):
            if said[number][0] != "thread.run.step.delta":
                with pytest.raises(BadStream):
                    runs_grammar.check("/threads/runs", wrong)
