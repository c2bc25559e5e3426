"""Responses from requests: read, generated, told as events, kept. The same over HTTP and over WebSockets."""

import asyncio
from collections.abc import Mapping
from itertools import chain

from fakeai.core.call import Call
from fakeai.core.operation import Document
from fakeai.core.reply import Batches
from fakeai.core.seeds import derive
from fakeai.engine.engine import OFF_LOOP_SCHEMA_BYTES, Engine
from fakeai.services.responses import rules
from fakeai.services.responses.archive import CONVERSATIONS, NOTHING, RESPONSES, Archive, append
from fakeai.services.responses.background import FINAL, Run, Runs
from fakeai.services.responses.events import CHUNKS_PER_PIECE, Events
from fakeai.services.responses.head import conversation_id
from fakeai.services.responses.items import outputs
from fakeai.services.responses.sealed import Sealer
from fakeai.services.responses.turn import Turn, generate, model_of, read


class Maker:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.archive = Archive()
        self.runs = Runs(engine)

    async def turn(self, call: Call, recent: Mapping[str, list[Document]] = NOTHING) -> Turn:
        """`recent`: items of conversations that are in no store, by the response that they end with.

        Raises ApiError for a request that cannot be answered."""
        model = await model_of(call, self.engine)
        if not call.contract:
            rules.check(call.document, model)
        previous, conversation = call.document.get("previous_response_id"), conversation_id(call.document)
        if previous:
            await self.settled(call, previous)
        if conversation:
            self.archive.check_free(call, conversation)
            for run in self.runs.unsettled(call, conversation):
                await self.settle(run)
        turn = await read(call, model, sealer_of(call), recent)
        if not call.contract:
            if call.body_bytes > OFF_LOOP_SCHEMA_BYTES:
                await asyncio.to_thread(turn.check)
            else:
                turn.check()
        return turn

    async def run(self, call: Call, turn: Turn) -> Run:
        """Raises ApiError for what the engine refuses."""
        generation = await generate(call, self.engine, turn)
        conversation = conversation_id(call.document)
        if conversation:
            self.archive.lock(call, conversation, generation)
        head = turn.head(call, generation.prompt_tokens)
        seal = sealer_of(call).seal
        made = await self.engine.rendered(lambda: outputs(head, generation, seal), generation, head.top_logprobs)
        return Run(call, turn, head, generation, made)

    async def batches(self, run: Run, joined: int = CHUNKS_PER_PIECE) -> Batches:
        """The events of a response that is kept at its end. joined: how many deltas one piece may have."""
        events = Events(run.head, run.generation, run.outputs, joined)
        begin = events.begin()
        try:
            if not run.generation.flow.is_known:
                yield begin
            async for is_last in run.generation.progress():
                yield chain(begin, events.said(), events.end()) if is_last else events.said()
        finally:
            run.generation.flow.close()
        await self.keep(run, run.answer())

    async def keep(self, run: Run, answer: Document) -> None:
        if run.call.document.get("store") is not False:
            await self.archive.keep(run.call, answer, run.turn.items, run.head.new_id)
        await self._append(run, answer)

    async def _append(self, run: Run, answer: Document) -> None:
        conversation = conversation_id(run.call.document)
        if not conversation or answer["status"] not in ("completed", "incomplete"):
            return
        if await run.call.store.get(CONVERSATIONS, conversation) is not None:
            await append(run.call, conversation, [*run.turn.items, *answer["output"]], run.head.new_id)

    async def settled(self, call: Call, id: str) -> Run | None:
        """The run of a response, if it is one, with the store told how far it has come."""
        run = self.runs.find(call, id)
        if run is not None:
            await self.settle(run)
        return run

    async def settle(self, run: Run) -> None:
        if run.is_settled:
            return
        status = self.runs.status(run)
        run.is_settled = status in FINAL
        answer = run.head.unfinished(status) if status == "cancelled" or status not in FINAL else run.answer()
        await run.call.store.replace(RESPONSES, run.head.id, answer)
        await self._append(run, answer)


def sealer_of(call: Call) -> Sealer:
    return Sealer(derive(call.base_seed, "sealed"))
