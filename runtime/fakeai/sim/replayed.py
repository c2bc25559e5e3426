"""A cluster as the replay and its reports see it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from fakeai.core.stats import GpuStats, WorkerStats
from fakeai.sim.deployment import Deployment
from fakeai.sim.request import SimRequest


class ReplayedWorker(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def deployment(self) -> Deployment | None:
        """None where no hardware is simulated."""

    @property
    def stats(self) -> WorkerStats: ...

    @property
    def gpus(self) -> Sequence[GpuStats]: ...


class ReplayedCluster(Protocol):
    on_done: Callable[[SimRequest], None]

    @property
    def now_s(self) -> float: ...

    @property
    def next_s(self) -> float:
        """Of its next event; inf if it is idle."""

    @property
    def max_model_len(self) -> int | None:
        """Tokens of the longest sequence that every worker takes."""

    @property
    def workers(self) -> Sequence[ReplayedWorker]: ...

    def submit(self, request: SimRequest, at_s: float) -> object: ...

    def cancel(self, request: SimRequest, at_s: float) -> None: ...

    def advance(self, until_s: float) -> None: ...


def chips(worker: ReplayedWorker) -> int:
    return worker.deployment.chips if worker.deployment else 0
