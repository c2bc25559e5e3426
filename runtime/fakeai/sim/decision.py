"""Where a request was sent, and why."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from fakeai.core.seeds import Draw
from fakeai.sim.candidate import Candidate
from fakeai.sim.request import SimRequest


class Decision(NamedTuple):
    """Numbers only; words are made of it when somebody asks."""

    worker: str
    policy: str
    reason: str
    """The rule that decided, where a policy has several; else the policy's one rule."""
    candidates: Sequence[Candidate]
    terms: tuple[str, ...] = ()
    """Names of the columns of `rows`."""
    rows: Sequence[Sequence[float]] = ()
    """[candidates, terms]; empty if the policy looks at nothing."""
    arm: str | None = None
    """Of an A/B test."""

    @property
    def scores(self) -> Mapping[str, Mapping[str, float]]:
        """Worker → term → value."""
        if not self.rows:
            return {candidate.id: {} for candidate in self.candidates}
        return {
            candidate.id: dict(zip(self.terms, row, strict=True))
            for candidate, row in zip(self.candidates, self.rows, strict=True)
        }


class Outcome(NamedTuple):
    """How a request ended, seconds since it was sent to the worker."""

    ok: bool
    ttft_s: float
    """-1 if nothing was said."""
    latency_s: float
    output_tokens: int
    cached_tokens: int


class Policy(Protocol):
    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        """candidates: at least one, all available."""

    def done(self, request: SimRequest, worker_id: str, outcome: Outcome | None, now_s: float) -> None:
        """Called once for each choice. outcome: None if the client has withdrawn the request."""


class Choosing:
    """Base of policies that learn nothing from outcomes."""

    def done(self, request: SimRequest, worker_id: str, outcome: Outcome | None, now_s: float) -> None:
        return


def least(values: Sequence[float], r: Draw) -> int:
    """Index of the least value; equal ones are equally likely."""
    best = min(values)
    index = values.index(best)
    if values.count(best) == 1:
        return index
    equal = [i for i, value in enumerate(values) if value == best]
    return equal[r() % len(equal)]


def load(candidate: Candidate) -> int:
    """Requests there that are not finished."""
    return candidate.running + candidate.waiting
