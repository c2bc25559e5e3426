"""Runs that are not over. What they have come to is worked out when somebody looks: nothing runs in the background."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fakeai.core.call import Call, Store
from fakeai.core.clock import Clock
from fakeai.core.operation import Document
from fakeai.services.threads import documents
from fakeai.services.threads.course import Course
from fakeai.sim.driver import Driver

SWEPT = 2
"""Runs that are looked at whenever one is added: those that nobody asks about end all the same."""
Key = tuple[str, str, str, str]


@dataclass(slots=True)
class Live:
    store: Store
    clock: Clock
    driver: Driver
    course: Course

    @property
    def run(self) -> Document:
        return self.course.run

    @property
    def expires_s(self) -> float:
        return float(self.course.turn.run["expires_at"])

    @property
    def is_over(self) -> bool:
        return self.course.run["status"] not in documents.ACTIVE

    async def settle(self) -> None:
        """Brings the store to the clock's time."""
        self.driver.look()
        now_s = self.clock.now()
        for _ in self.course.events(min(now_s, self.expires_s)):
            pass
        if now_s >= self.expires_s and not self.is_over:
            self.end("expired", self.expires_s)
        await self._store()

    def end(self, status: str, at_s: float) -> None:
        self.course.turn.end(status, at_s)
        for _ in self.course.events(at_s):
            pass

    async def _store(self) -> None:
        course, run = self.course, self.course.run
        thread_id, run_id = run["thread_id"], run["id"]
        if not await _keep(self.store, documents.RUNS.format(thread_id), run, is_new=False):
            return
        if course.message is not None:
            await _keep(self.store, documents.MESSAGES.format(thread_id), course.message)
        for step in course.steps:
            await _keep(self.store, documents.STEPS.format(thread_id, run_id), step)


async def _keep(store: Store, collection: str, document: Document, is_new: bool = True) -> bool:
    """Metadata is the client's. False if the object is gone."""
    stored = await store.get(collection, document["id"])
    if stored is None:
        return is_new and await store.insert(collection, document["id"], document)
    await store.replace(collection, document["id"], document | {"metadata": stored["metadata"]})
    return True


class LiveRuns:
    def __init__(self) -> None:
        self._runs: OrderedDict[Key, Live] = OrderedDict()
        self._beginning: dict[str, str] = {}

    async def add(self, call: Call, live: Live) -> None:
        self._runs[_key(call, live.run["id"])] = live
        for _ in range(min(SWEPT, len(self._runs))):
            key, oldest = self._runs.popitem(last=False)
            await oldest.settle()
            if not oldest.is_over:
                self._runs[key] = oldest

    async def find(self, call: Call, run_id: str) -> Live | None:
        """The run as of now; None if it is over."""
        key = _key(call, run_id)
        live = self._runs.get(key)
        if live is None:
            return None
        await live.settle()
        if live.is_over:
            del self._runs[key]
            return None
        return live

    def begins(self, thread_id: str) -> str | None:
        """The run of the thread whose turn is being planned, which may take a moment."""
        return self._beginning.get(thread_id)

    @contextmanager
    def beginning(self, thread_id: str, run_id: str) -> Iterator[None]:
        self._beginning[thread_id] = run_id
        try:
            yield
        finally:
            self._beginning.pop(thread_id, None)

    def drop(self, call: Call, run_id: str) -> None:
        self._runs.pop(_key(call, run_id), None)


def _key(call: Call, run_id: str) -> Key:
    return call.tenant.namespace, call.tenant.organization, call.tenant.project, run_id
