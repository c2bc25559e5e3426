"""Responses that are made while nobody waits: how far each has come is worked out when somebody asks."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from fakeai.core.call import Call
from fakeai.core.operation import Document
from fakeai.core.reply import Batches
from fakeai.engine.engine import Engine
from fakeai.engine.generation import Generation
from fakeai.services.responses.archive import Owner, is_over, owner
from fakeai.services.responses.events import Due, Events
from fakeai.services.responses.head import Head, conversation_id
from fakeai.services.responses.items import Output
from fakeai.services.responses.turn import Turn

MAX_RUNS = 1_000
"""That are remembered with their events; of older ones only the response is left."""
LOOK_S = 0.02
"""How often a stream looks for what has been said."""


@dataclass(slots=True)
class Run:
    call: Call
    turn: Turn
    head: Head
    generation: Generation
    outputs: list[Output]
    is_cancelled: bool = False
    is_settled: bool = False
    """The finished response is in the store."""

    def answer(self) -> Document:
        return self.head.finished(self.generation, [output.item for output in self.outputs])


class Runs:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._runs: OrderedDict[tuple[Owner, str], Run] = OrderedDict()

    def start(self, run: Run) -> None:
        self._runs[owner(run.call), run.head.id] = run

    def find(self, call: Call, id: str) -> Run | None:
        return self._runs.get((owner(call), id))

    def forget(self, call: Call, id: str) -> None:
        run = self._runs.pop((owner(call), id), None)
        if run is not None:
            run.generation.flow.close()

    def unsettled(self, call: Call, conversation: str) -> list[Run]:
        """Of a conversation, to which they have not added yet."""
        own = owner(call)
        waiting = [run for (whose, _), run in self._runs.items() if whose == own and not run.is_settled]
        return [run for run in waiting if conversation_id(run.turn.document) == conversation]

    def surplus(self) -> list[Run]:
        """The oldest runs above MAX_RUNS that are over, which are not remembered any longer."""
        more = len(self._runs) - MAX_RUNS
        found = [key for key, run in list(self._runs.items())[: max(more, 0)] if self.status(run) in FINAL]
        return [self._runs.pop(key) for key in found]

    def status(self, run: Run) -> str:
        if run.is_cancelled:
            return "cancelled"
        self.engine.driver_of(run.call).look()
        now_s, request = run.call.clock.now(), run.generation.requests[0]
        if is_over(run.generation, now_s):
            return str(run.answer()["status"])
        return "in_progress" if 0 <= request.first_scheduled_s <= now_s else "queued"

    def cancel(self, run: Run) -> None:
        run.is_cancelled = True
        run.generation.flow.close()

    async def follow(self, run: Run, after: int = -1, obfuscate: bool | None = None) -> Batches:
        """The events whose sequence number is above `after`, those to come when they are due.

        obfuscate: None leaves it at what the creating request said."""
        head = run.head if obfuscate is None else replace(run.head, obfuscate=obfuscate)
        events = Events(head, run.generation, run.outputs, joined=1)
        unwanted = iter(range(after + 1))
        yield _rest(events.begin(), unwanted)
        clock = run.call.clock
        while not run.is_cancelled:
            self.engine.driver_of(run.call).look()
            if run.generation.flow.is_known:
                yield _rest(chain(events.said(), events.end()), unwanted)
                return
            yield _rest(events.said(), unwanted)
            await clock.sleep_until(clock.now() + LOOK_S)


FINAL = ("completed", "incomplete", "failed", "cancelled")


def _rest(events: Iterable[Due], unwanted: Iterator[int]) -> Iterator[Due]:
    return (event for event in events if next(unwanted, None) is None)
