"""Where requests come from."""

from math import inf
from typing import NamedTuple, Protocol

from fakeai.sim.request import SimRequest

NEVER = inf


class Arrival(NamedTuple):
    request: SimRequest
    cancel_at_s: float = NEVER
    """When its client goes away."""


class Source(Protocol):
    """It knows the time only from the requests that it hands out and gets back."""

    @property
    def next_s(self) -> float:
        """When its next request comes; NEVER if there is none, or none before one of its requests is over.

        Raises TraceError.
        """

    def take(self) -> Arrival:
        """What comes at next_s."""

    def done(self, request: SimRequest, now_s: float) -> None:
        """A request of its own is over."""

    @property
    def progress(self) -> float:
        """Share of what it has that was taken, 0 to 1."""

    @property
    def ends(self) -> bool: ...

    @property
    def skipped(self) -> int:
        """Rows that could not be read."""

    def close(self) -> None: ...
