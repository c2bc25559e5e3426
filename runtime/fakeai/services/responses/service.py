"""Responses: made, streamed, kept, told again."""

from itertools import chain
from typing import Any

from fakeai.core.call import Call
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Batches, Reply, Stream
from fakeai.core.seeds import derive
from fakeai.engine.engine import Engine
from fakeai.engine.generation import Generation
from fakeai.services.responses.archive import Archive
from fakeai.services.responses.events import Events
from fakeai.services.responses.head import Head, conversation_id
from fakeai.services.responses.items import Output, outputs
from fakeai.services.responses.sealed import Sealer
from fakeai.services.responses.turn import Turn, generate, read
from fakeai_api.fakers import responses as fakers
from fakeai_api.routers.responses import ResponsesApi


class ResponsesService(ResponsesApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.archive = Archive()

    async def create_response(self, call: Call, body: Any) -> Answer:
        sealer = Sealer(derive(call.base_seed, "sealed"))
        turn = await read(call, self.engine, call.document, sealer)
        generation = await generate(call, self.engine, turn)
        head = turn.head(call)
        made = await self.engine.rendered(lambda: outputs(head, generation, sealer.seal), generation, head.top_logprobs)
        if call.document.get("stream"):
            return Stream(self._batches(call, turn, head, generation, made))
        await self.engine.said(call, generation)
        answer = head.finished(generation, [output.item for output in made])
        if call.contract:
            answer = fakers.fake_Response(call.draws("fake"), head.created_at) | answer
        await self._keep(call, turn, head, answer)
        return Reply(answer)

    async def _batches(self, call: Call, turn: Turn, head: Head, generation: Generation, made: list[Output]) -> Batches:
        events = Events(head, generation, made)
        begin = events.begin()
        try:
            if not generation.flow.is_known:
                yield begin
            async for is_last in generation.progress():
                said = events.said()
                yield chain(begin, said, events.end()) if is_last else said
        finally:
            generation.flow.close()
        await self._keep(call, turn, head, head.finished(generation, [output.item for output in made]))

    async def _keep(self, call: Call, turn: Turn, head: Head, answer: Document) -> None:
        if call.document.get("store") is not False:
            await self.archive.keep(call, answer, turn.items, head.new_id)
        conversation = conversation_id(call.document)
        if conversation and answer["status"] != "failed":
            await self.archive.append(call, conversation, [*turn.items, *answer["output"]], head.new_id)
