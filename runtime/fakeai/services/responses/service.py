"""Responses: made, streamed, kept, told again."""

from typing import Any

from fakeai.core.call import Call
from fakeai.core.errors import ApiError
from fakeai.core.objects import page_query
from fakeai.core.reply import Answer, Reply, Stream
from fakeai.engine.engine import Engine
from fakeai.services.responses.archive import RESPONSES
from fakeai.services.responses.background import FINAL, Run
from fakeai.services.responses.compaction import compacted
from fakeai.services.responses.making import Maker, sealer_of
from fakeai.services.responses.turn import count, model_of, read
from fakeai_api.fakers import responses as fakers
from fakeai_api.routers.responses import ResponsesApi


class ResponsesService(ResponsesApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.maker = Maker(engine)

    async def create_response(self, call: Call, body: Any) -> Answer:
        document, maker = call.document, self.maker
        run = await maker.run(call, await maker.turn(call))
        if document.get("background"):
            return await self._begin(run)
        if document.get("stream"):
            return Stream(maker.batches(run))
        await self.engine.said(call, run.generation)
        answer = run.answer()
        if call.contract:
            answer = fakers.fake_Response(call.draws("fake"), run.head.created_at) | answer
        await maker.keep(run, answer)
        return Reply(answer)

    # In the background

    async def _begin(self, run: Run) -> Answer:
        self.maker.runs.start(run)
        for old in self.maker.runs.surplus():
            await self.maker.settle(old)
        answer = run.head.unfinished("queued")
        if run.call.contract:
            answer = fakers.fake_Response(run.call.draws("fake"), run.head.created_at) | answer
        await self.maker.archive.keep(run.call, answer, run.turn.items, run.head.new_id)
        return Stream(self.maker.runs.follow(run)) if run.call.document.get("stream") else Reply(answer)

    async def get_response(self, call: Call) -> Answer:
        id = call.path["response_id"]
        run = await self.maker.settled(call, id)
        if not call.query.get("stream") or (call.fabricate and run is None):
            return await super().get_response(call)
        if run is None:
            await super().get_response(call)
            message = "Only responses that were created with 'background' and 'stream' can be streamed again."
            raise ApiError(400, message, param="stream")
        after, obfuscate = call.query.get("starting_after", -1), call.query.get("include_obfuscation")
        return Stream(self.maker.runs.follow(run, after, obfuscate))

    async def cancel_response(self, call: Call) -> Answer:
        id = call.path["response_id"]
        run = self.maker.runs.find(call, id)
        stored = await call.store.get(RESPONSES, id)
        if stored is None:
            return await super().cancel_response(call)
        if not stored.get("background"):
            raise ApiError(400, "Cannot cancel a synchronous response.")
        if run is not None and self.maker.runs.status(run) not in FINAL:
            self.maker.runs.cancel(run)
        await self.maker.settled(call, id)
        return Reply(await call.store.get(RESPONSES, id) or stored)

    async def delete_response(self, call: Call) -> Answer:
        """The contract has no body for the answer; the API sends one."""
        id = call.path["response_id"]
        await super().delete_response(call)
        self.maker.runs.forget(call, id)
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
        turn = await read(call, model, sealer_of(call))
        tokens = count(turn, await self.engine.tokenizer(model))
        return Reply({"object": "response.input_tokens", "input_tokens": tokens})

    async def compactconversation(self, call: Call, body: Any) -> Answer:
        sealer = sealer_of(call)
        turn = await read(call, await model_of(call, self.engine), sealer)
        return Reply(await compacted(call, self.engine, turn, sealer))
