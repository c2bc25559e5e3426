"""Responses: made, streamed, kept, told again."""

import asyncio
from itertools import chain
from typing import Any

from fakeai.core.call import Call
from fakeai.core.errors import ApiError
from fakeai.core.objects import page_query
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Batches, Reply, Stream
from fakeai.core.seeds import derive
from fakeai.engine.engine import OFF_LOOP_SCHEMA_BYTES, Engine
from fakeai.services.responses import rules
from fakeai.services.responses.archive import CONVERSATIONS, RESPONSES, Archive, append
from fakeai.services.responses.background import FINAL, Run, Runs
from fakeai.services.responses.compaction import compacted
from fakeai.services.responses.events import Events
from fakeai.services.responses.head import conversation_id
from fakeai.services.responses.items import outputs
from fakeai.services.responses.sealed import Sealer
from fakeai.services.responses.turn import count, generate, model_of, read
from fakeai_api.fakers import responses as fakers
from fakeai_api.routers.responses import ResponsesApi


class ResponsesService(ResponsesApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.archive = Archive()
        self.runs = Runs(engine)

    async def create_response(self, call: Call, body: Any) -> Answer:
        document = call.document
        run = await self._run(call)
        if document.get("background"):
            return await self._begin(run)
        if document.get("stream"):
            return Stream(self._batches(run))
        await self.engine.said(call, run.generation)
        answer = run.answer()
        if call.contract:
            answer = fakers.fake_Response(call.draws("fake"), run.head.created_at) | answer
        await self._keep(run, answer)
        return Reply(answer)

    async def _run(self, call: Call) -> Run:
        """Raises ApiError for a request that cannot be answered."""
        model = await model_of(call, self.engine)
        if not call.contract:
            rules.check(call.document, model)
        previous, conversation = call.document.get("previous_response_id"), conversation_id(call.document)
        if previous:
            await self._settled(call, previous)
        if conversation:
            self.archive.check_free(call, conversation)
            for run in self.runs.unsettled(call, conversation):
                await self._settle(run)
        sealer = _sealer(call)
        turn = await read(call, model, sealer)
        if not call.contract:
            if call.body_bytes > OFF_LOOP_SCHEMA_BYTES:
                await asyncio.to_thread(turn.check)
            else:
                turn.check()
        generation = await generate(call, self.engine, turn)
        if conversation:
            self.archive.lock(call, conversation, generation)
        head = turn.head(call, generation.prompt_tokens)
        made = await self.engine.rendered(lambda: outputs(head, generation, sealer.seal), generation, head.top_logprobs)
        return Run(call, turn, head, generation, made)

    async def _batches(self, run: Run) -> Batches:
        events = Events(run.head, run.generation, run.outputs)
        begin = events.begin()
        try:
            if not run.generation.flow.is_known:
                yield begin
            async for is_last in run.generation.progress():
                yield chain(begin, events.said(), events.end()) if is_last else events.said()
        finally:
            run.generation.flow.close()
        await self._keep(run, run.answer())

    async def _keep(self, run: Run, answer: Document) -> None:
        if run.call.document.get("store") is not False:
            await self.archive.keep(run.call, answer, run.turn.items, run.head.new_id)
        await self._append(run, answer)

    async def _append(self, run: Run, answer: Document) -> None:
        conversation = conversation_id(run.call.document)
        if not conversation or answer["status"] not in ("completed", "incomplete"):
            return
        if await run.call.store.get(CONVERSATIONS, conversation) is not None:
            await append(run.call, conversation, [*run.turn.items, *answer["output"]], run.head.new_id)

    # In the background

    async def _begin(self, run: Run) -> Answer:
        self.runs.start(run)
        for old in self.runs.surplus():
            await self._settle(old)
        answer = run.head.unfinished("queued")
        if run.call.contract:
            answer = fakers.fake_Response(run.call.draws("fake"), run.head.created_at) | answer
        await self.archive.keep(run.call, answer, run.turn.items, run.head.new_id)
        return Stream(self.runs.follow(run)) if run.call.document.get("stream") else Reply(answer)

    async def _settled(self, call: Call, id: str) -> Run | None:
        """The run of a response, if it is one, with the store told how far it has come."""
        run = self.runs.find(call, id)
        if run is not None:
            await self._settle(run)
        return run

    async def _settle(self, run: Run) -> None:
        if run.is_settled:
            return
        status = self.runs.status(run)
        run.is_settled = status in FINAL
        answer = run.head.unfinished(status) if status == "cancelled" or status not in FINAL else run.answer()
        await run.call.store.replace(RESPONSES, run.head.id, answer)
        await self._append(run, answer)

    async def get_response(self, call: Call) -> Answer:
        id = call.path["response_id"]
        run = await self._settled(call, id)
        if not call.query.get("stream") or (call.fabricate and run is None):
            return await super().get_response(call)
        if run is None:
            await super().get_response(call)
            message = "Only responses that were created with 'background' and 'stream' can be streamed again."
            raise ApiError(400, message, param="stream")
        after, obfuscate = call.query.get("starting_after", -1), call.query.get("include_obfuscation")
        return Stream(self.runs.follow(run, after, obfuscate))

    async def cancel_response(self, call: Call) -> Answer:
        id = call.path["response_id"]
        run = self.runs.find(call, id)
        stored = await call.store.get(RESPONSES, id)
        if stored is None:
            return await super().cancel_response(call)
        if not stored.get("background"):
            raise ApiError(400, "Cannot cancel a synchronous response.")
        if run is not None and self.runs.status(run) not in FINAL:
            self.runs.cancel(run)
        await self._settled(call, id)
        return Reply(await call.store.get(RESPONSES, id) or stored)

    async def delete_response(self, call: Call) -> Answer:
        """The contract has no body for the answer; the API sends one."""
        id = call.path["response_id"]
        await super().delete_response(call)
        self.runs.forget(call, id)
        return Reply({"id": id, "object": "response", "deleted": True})

    async def list_input_items(self, call: Call) -> Answer:
        if await call.store.get(RESPONSES, call.path["response_id"]) is None:
            return await super().list_input_items(call)
        page = await call.store.page(call.collection(), page_query(call.operation, call.query))
        ids = [item["id"] for item in page.data]
        ends = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
        return Reply({"object": "list", "data": page.data, **ends, "has_more": page.has_more})

    # Counting and compacting

    async def getinputtokencounts(self, call: Call, body: Any) -> Answer:
        model = await self.engine.model(call, call.document.get("model") or "gpt-4o")
        turn = await read(call, model, _sealer(call))
        tokens = count(turn, await self.engine.tokenizer(model))
        return Reply({"object": "response.input_tokens", "input_tokens": tokens})

    async def compactconversation(self, call: Call, body: Any) -> Answer:
        sealer = _sealer(call)
        turn = await read(call, await model_of(call, self.engine), sealer)
        return Reply(await compacted(call, self.engine, turn, sealer))


def _sealer(call: Call) -> Sealer:
    return Sealer(derive(call.base_seed, "sealed"))
