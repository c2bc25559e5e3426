"""A bandit: learns from outcomes how much slower each worker is than it should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from fakeai.core.seeds import Draw
from fakeai.sim.candidate import Candidate
from fakeai.sim.decision import Decision, Outcome, least
from fakeai.sim.estimate import estimate
from fakeai.sim.profile import Profile
from fakeai.sim.request import SimRequest

TERMS = ("cost", "expected_s", "learned_factor", "bonus", "outcomes")


@dataclass(frozen=True, slots=True)
class AdaptiveOptions:
    half_life_s: float = 60.0
    """An outcome counts half as much after that."""
    exploration: float = 0.3
    """Weight of what is not known of a worker."""
    failure_factor: float = 10.0
    """A failure counts as an answer so many times slower than expected."""


class _Arm:
    __slots__ = ("at_s", "sum", "weight")

    def __init__(self) -> None:
        self.weight = 0.0
        self.sum = 0.0
        self.at_s = 0.0


class Adaptive:
    """The least of expected seconds × (learned factor - bonus). The factor is the mean ratio of actual to expected
    time, outcomes fading with age; the bonus grows for workers of which little is known (any more), so that one that
    was bad is tried again.

    Source of the bonus: discounted UCB, Garivier and Moulines, ALT 2011.
    """

    def __init__(self, options: AdaptiveOptions, profile: Profile) -> None:
        self.options = options
        self._profile = profile
        self._arms: dict[str, _Arm] = {}
        self._expected: dict[SimRequest, float] = {}

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        output_tokens = self._profile.output_tokens(now_s)
        arms = [self._faded(candidate.id, now_s) for candidate in candidates]
        total = sum(arm.weight for arm in arms)
        rows = []
        for candidate, arm in zip(candidates, arms, strict=True):
            # A worker without a cost model tells no time; its factor is then in seconds.
            expected = estimate(candidate, request, output_tokens).latency_s or 1.0
            factor = (arm.sum + 1) / (arm.weight + 1)
            bonus = self.options.exploration * sqrt(log(1 + total) / (arm.weight + 1))
            rows.append((expected * max(factor - bonus, 0.01), expected, factor, bonus, arm.weight))
        chosen = least([row[0] for row in rows], r)
        self._expected[request] = rows[chosen][1]
        return Decision(candidates[chosen].id, "adaptive", "least learned time", candidates, TERMS, rows)

    def done(self, request: SimRequest, worker_id: str, outcome: Outcome | None, now_s: float) -> None:
        expected = self._expected.pop(request, None)
        if expected is None or outcome is None:
            return
        arm = self._faded(worker_id, now_s)
        arm.weight += 1
        arm.sum += (
            min(outcome.latency_s / expected, self.options.failure_factor)
            if outcome.ok
            else (self.options.failure_factor)
        )

    def _faded(self, worker_id: str, now_s: float) -> _Arm:
        arm = self._arms.get(worker_id)
        if arm is None:
            arm = self._arms[worker_id] = _Arm()
            arm.at_s = now_s
        elif now_s > arm.at_s:
            left = 0.5 ** ((now_s - arm.at_s) / self.options.half_life_s)
            arm.weight *= left
            arm.sum *= left
            arm.at_s = now_s
        return arm
