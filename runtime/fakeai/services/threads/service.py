"""Threads with their messages, and runs: the operations."""

from typing import Any

from fakeai.core import objects
from fakeai.core.call import Call, Page, PageQuery
from fakeai.core.errors import NotFound
from fakeai.core.ids import token
from fakeai.core.nouns import not_found
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Reply, Stream
from fakeai.engine.engine import Engine
from fakeai.services.threads import documents, rules
from fakeai.services.threads.course import Course, Event, Turn
from fakeai.services.threads.live import Live, LiveRuns
from fakeai.services.threads.runs import ALL, Runs
from fakeai.services.threads.stored import assistant_of, new_messages, new_thread, run_of, store, thread_of
from fakeai.services.threads.streams import batches
from fakeai_api.routers.threads import ThreadsApi

POLL_AFTER_MS = {"openai-poll-after-ms": "200"}
"""Hint for the SDK's polling helpers, which wait a second without it."""
NEWEST = PageQuery(1, ascending=False)
RESULTS = "step_details.tool_calls[*].file_search.results[*].content"


class ThreadsService(ThreadsApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.runs = Runs(engine)
        self.live = LiveRuns()

    # Threads and messages

    async def create_thread(self, call: Call, body: Any) -> Answer:
        thread, messages = await new_thread(call, call.document)
        await store(call, thread, messages, is_new=True)
        return Reply(thread)

    async def delete_thread(self, call: Call) -> Answer:
        live = await self._active(call)
        if live is not None:
            live.end("cancelled", call.clock.now())
        return await super().delete_thread(call)

    async def create_message(self, call: Call, body: Any) -> Answer:
        thread = await thread_of(call)
        busy_with = await self._busy_with(call)
        if busy_with is not None and not call.contract:
            raise rules.thread_is_read(thread["id"], busy_with)
        messages = await new_messages(call, thread, [call.document], "")
        await store(call, thread, messages, is_new=False)
        return Reply(messages[0])

    async def get_message(self, call: Call) -> Answer:
        await self._active(call)
        return await super().get_message(call)

    async def list_messages(self, call: Call) -> Answer:
        await self._active(call)
        return await super().list_messages(call)

    # Runs

    async def create_run(self, call: Call, body: Any) -> Answer:
        thread = await thread_of(call)
        assistant = await assistant_of(call)
        busy_with = await self._busy_with(call)
        if busy_with is not None and not call.contract:
            raise rules.thread_is_busy(thread["id"], busy_with)
        more = call.document.get("additional_messages") or ()
        messages = await new_messages(call, thread, more, "additional_messages[{}].")
        return await self._begin(call, assistant, thread, messages, is_new=False)

    async def create_thread_and_run(self, call: Call, body: Any) -> Answer:
        assistant = await assistant_of(call)
        request = dict(call.document.get("thread") or {})
        request["tool_resources"] = call.document.get("tool_resources") or request.get("tool_resources")
        thread, messages = await new_thread(call, request)
        return await self._begin(call, assistant, thread, messages, is_new=True)

    async def get_run(self, call: Call) -> Answer:
        live = await self.live.find(call, call.path["run_id"])
        answer = await super().get_run(call)
        if isinstance(answer, Reply) and live is not None:
            answer.headers = POLL_AFTER_MS
        return answer

    async def list_runs(self, call: Call) -> Answer:
        await self._active(call)
        return await super().list_runs(call)

    async def modify_run(self, call: Call, body: Any) -> Answer:
        await self.live.find(call, call.path["run_id"])
        return await super().modify_run(call, body)

    async def cancel_run(self, call: Call) -> Answer:
        live = await self.live.find(call, call.path["run_id"])
        if live is None:
            if call.contract or call.fabricate:
                return await super().cancel_run(call)
            raise rules.not_cancellable((await run_of(call))["status"])
        live.end("cancelled", call.clock.now())
        await self.live.find(call, live.run["id"])
        return Reply(await run_of(call) | {"status": "cancelling", "cancelled_at": None})

    async def submit_tool_ouputs_to_run(self, call: Call, body: Any) -> Answer:
        live = await self.live.find(call, call.path["run_id"])
        run = await run_of(call)
        if self.live.begins(run["thread_id"]) is not None:
            raise rules.wants_no_outputs("queued")
        if run["status"] == "requires_action" and live is not None:
            rules.check_outputs(live.course.turn.calls, call.document["tool_outputs"])
            with self.live.beginning(run["thread_id"], run["id"]):
                return await self._go_on(call, live)
        if not (call.contract or call.fabricate):
            raise rules.wants_no_outputs(run["status"])
        run = _queued(run) | {"expires_at": int(call.clock.now()) + documents.EXPIRES_AFTER_S}
        opening = [Event(call.clock.now(), "thread.run.queued", dict(run))]
        return await self._answer(call, run, await self.runs.turn(call, run, []), opening)

    async def _begin(
        self, call: Call, assistant: Document, thread: Document, messages: list[Document], *, is_new: bool
    ) -> Answer:
        """messages: that come with the run. is_new: the thread comes with it too."""
        earlier = await call.store.page(documents.MESSAGES.format(thread["id"]), ALL)
        now = int(call.clock.now())
        run = documents.run("run_" + token(call.draws("run")), now, thread["id"], assistant, call.document)
        resources = (assistant.get("tool_resources"), thread["tool_resources"])
        opening = [Event(now, "thread.created", thread)] if is_new else []
        opening += [Event(now, f"thread.run.{name}", dict(run)) for name in ("created", "queued")]
        with self.live.beginning(thread["id"], run["id"]):
            turn = await self.runs.turn(call, run, [*earlier.data, *messages], resources=resources)
            await store(call, thread, messages, is_new=is_new)
            await call.store.insert(documents.RUNS.format(thread["id"]), run["id"], run)
            return await self._answer(call, run, turn, opening)

    async def _go_on(self, call: Call, live: Live) -> Answer:
        """With the outputs of the tools. Nothing has changed if the engine refuses."""
        course, now_s = live.course, call.clock.now()
        outputs = {output["tool_call_id"]: output.get("output") or "" for output in call.document["tool_outputs"]}
        calls = documents.answered(course.turn.calls, outputs)
        thread_id, run = call.path["thread_id"], _queued(await run_of(call))
        messages = await call.store.page(documents.MESSAGES.format(thread_id), ALL)
        steps = await call.store.page(documents.STEPS.format(thread_id, run["id"]), ALL)
        steps.data[-1]["step_details"]["tool_calls"] = calls
        holders = [await call.store.get("assistants", run["assistant_id"]), await call.store.get("threads", thread_id)]
        resources = [holder and holder["tool_resources"] for holder in holders]
        opening = [Event(now_s, "thread.run.queued", dict(run))]
        turn = await self.runs.turn(call, run, messages.data, steps.data, resources, course.spent)
        if live.is_over:  # cancelled while the turn was planned
            if turn is not None:
                turn.generation.flow.close()
            raise rules.wants_no_outputs(live.run["status"])
        opening = [*course.answer(calls, now_s), *opening]
        await live.settle()
        await call.store.replace(documents.RUNS.format(thread_id), run["id"], run)
        self.live.drop(call, run["id"])
        return await self._answer(call, run, turn, opening)

    async def _answer(self, call: Call, run: Document, turn: Turn | None, opening: list[Event]) -> Answer:
        live = None
        if turn is None:
            opening.append(Event(call.clock.now(), "thread.run.incomplete", run))
        else:
            live = Live(call.store, call.clock, self.engine.driver_of(call), Course(turn))
            await self.live.add(call, live)
        if call.document.get("stream"):
            return Stream(batches(live, opening, _wants_results(call)))
        return Reply(run, headers=POLL_AFTER_MS)

    async def _busy_with(self, call: Call) -> str | None:
        """Id of the run that keeps the thread from getting messages and runs."""
        live = await self._active(call)
        return live.run["id"] if live else self.live.begins(call.path["thread_id"])

    async def _active(self, call: Call) -> Live | None:
        """The thread's run that is not over."""
        newest = await call.store.page(documents.RUNS.format(call.path["thread_id"]), NEWEST)
        return await self.live.find(call, newest.data[0]["id"]) if newest.data else None

    # Steps

    async def list_run_steps(self, call: Call) -> Answer:
        run = await run_of(call)
        await self.live.find(call, run["id"])
        try:
            page = await call.store.page(call.collection(), objects.page_query(call.operation, call.query))
        except NotFound:
            if not call.fabricate:
                raise
            page = Page([], has_more=False)
        answer: Document = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
        steps = [step if _wants_results(call) else documents.without_text(step) for step in page.data]
        objects.fill_page(answer, steps, "id", has_more=page.has_more)
        return Reply(answer)

    async def get_run_step(self, call: Call) -> Answer:
        run = await run_of(call)
        await self.live.find(call, run["id"])
        step = await call.store.get(call.collection(), call.path["step_id"])
        if step is None:
            if call.fabricate:
                return await super().get_run_step(call)
            raise not_found(call.collection(), call.path["step_id"])
        return Reply(step if _wants_results(call) else documents.without_text(step))


def _queued(run: Document) -> Document:
    return run | {"status": "queued", "required_action": None}


def _wants_results(call: Call) -> bool:
    """Whether steps are shown with the text that a file search found."""
    return RESULTS in (call.query.get("include") or ())
