"""Placeholder until the routing policies land."""

from collections.abc import Sequence

from fakeai.sim.candidate import Candidate
from fakeai.sim.request import SimRequest


class NoWorker(Exception):
    def __init__(self, retry_after_s: float) -> None:
        super().__init__("no worker is available")
        self.retry_after_s = retry_after_s


class _Health:
    def __init__(self) -> None:
        self.gone: set[str] = set()

    def down(self, worker_id: str, now_s: float) -> None:
        self.gone.add(worker_id)

    def up(self, worker_id: str, now_s: float) -> None:
        self.gone.discard(worker_id)


class Router:
    def __init__(self) -> None:
        self.turn = 0
        self.health = _Health()

    def route(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> str:
        there = [one for one in candidates if one.id not in self.health.gone]
        if not there:
            raise NoWorker(1.0)
        self.turn += 1
        return there[self.turn % len(there)].id

    def done(self, request: SimRequest, now_s: float) -> None:
        pass
