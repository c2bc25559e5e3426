"""A worker as its cluster handles it, whether its steps are simulated or its token times are given."""

from collections.abc import Callable
from typing import Protocol

from fakeai.core.stats import GpuStats, WorkerStats
from fakeai.sim.cache import KvCache
from fakeai.sim.candidate import Candidate
from fakeai.sim.request import SimRequest


class Instance(Candidate, Protocol):
    stats: WorkerStats
    next_s: float
    """When `run` wants to be called next; inf if nothing is under way."""
    slowness: float
    on_over: Callable[["Instance", SimRequest], None]
    """Called for each request that ends here, with its blocks free and its times set."""

    @property
    def cache(self) -> KvCache: ...

    @property
    def gpus(self) -> list[GpuStats]: ...

    def submit(self, request: SimRequest, now_s: float) -> None: ...

    def cancel(self, request: SimRequest, now_s: float) -> None: ...

    def run(self, now_s: float) -> None: ...

    def observe(self, now_s: float) -> None:
        """Brings what pages show up to now."""

    def die(self, now_s: float) -> list[SimRequest]:
        """Loses all requests, in order of admission, and what is cached."""
