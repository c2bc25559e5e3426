"""Queues of requests that wait to be scheduled; which one is next is the scheduling policy."""

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Protocol

from fakeai.sim.request import SimRequest


class Queue(Protocol):
    def add(self, request: SimRequest) -> None: ...

    def put_back(self, request: SimRequest) -> None:
        """Of a preempted request: it is next where the policy does not say otherwise."""

    def first(self) -> SimRequest | None: ...

    def pop(self) -> SimRequest: ...

    def remove(self, request: SimRequest) -> None:
        """Raises ValueError if it does not wait."""

    def victim(self, running: list[SimRequest]) -> SimRequest:
        """Which running request is preempted when blocks run out."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[SimRequest]: ...


class Fcfs:
    """First come, first served; the last to be admitted is preempted."""

    def __init__(self) -> None:
        self._queue: deque[SimRequest] = deque()
        self.add = self._queue.append
        self.put_back = self._queue.appendleft
        self.pop = self._queue.popleft
        self.remove = self._queue.remove

    def first(self) -> SimRequest | None:
        return self._queue[0] if self._queue else None

    def victim(self, running: list[SimRequest]) -> SimRequest:
        return running[-1]

    def __len__(self) -> int:
        return len(self._queue)

    def __iter__(self) -> Iterator[SimRequest]:
        return iter(self._queue)


class ByPriority:
    """Lowest number first, then the earliest arrival; the least urgent is preempted, of those the latest."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, float, int, SimRequest]] = []
        self._added = 0
        self._put_back = 0

    def add(self, request: SimRequest) -> None:
        self._added += 1
        heappush(self._heap, (request.priority, request.arrival_s, self._added, request))

    def put_back(self, request: SimRequest) -> None:
        self._put_back -= 1
        heappush(self._heap, (request.priority, request.arrival_s, self._put_back, request))

    def first(self) -> SimRequest | None:
        return self._heap[0][-1] if self._heap else None

    def pop(self) -> SimRequest:
        return heappop(self._heap)[-1]

    def remove(self, request: SimRequest) -> None:
        kept = [entry for entry in self._heap if entry[-1] is not request]
        if len(kept) == len(self._heap):
            raise ValueError(f"{request.id} does not wait")
        heapify(kept)
        self._heap = kept

    def victim(self, running: list[SimRequest]) -> SimRequest:
        return max(reversed(running), key=lambda request: (request.priority, request.arrival_s))

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[SimRequest]:
        return (entry[-1] for entry in sorted(self._heap, key=lambda entry: entry[:3]))


QUEUES: dict[str, type[Fcfs] | type[ByPriority]] = {"fcfs": Fcfs, "priority": ByPriority}
