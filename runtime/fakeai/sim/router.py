"""A policy at work: health decides who may be chosen, the profile watches, and the last decisions are kept."""

from collections import deque
from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

from fakeai.core.quantiles import Sketch
from fakeai.core.seeds import derive, draws
from fakeai.sim.candidate import Candidate
from fakeai.sim.decision import Decision, Outcome, Policy
from fakeai.sim.health import Health
from fakeai.sim.policies.ab_test import AbTest
from fakeai.sim.profile import Profile
from fakeai.sim.request import SimRequest, State

KEPT = 1000
RETRY_AFTER_S = 60.0
"""Where workers come back only if somebody brings them back."""


class NoWorker(Exception):
    """None is available; one will be in retry_after_s, if nothing else goes wrong."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"No worker is available for the next {retry_after_s:.0f} s.")
        self.retry_after_s = retry_after_s


class Kept(NamedTuple):
    number: int
    at_s: float
    request: str
    tenant: str
    prompt_tokens: int
    decision: Decision


class _Served:
    """What came of the requests that were sent to one worker."""

    __slots__ = ("cached_tokens", "cancelled", "failed", "finished", "latency", "prompt_tokens", "routed", "ttft")

    def __init__(self) -> None:
        self.routed = self.finished = self.failed = self.cancelled = 0
        self.prompt_tokens = self.cached_tokens = 0
        self.ttft, self.latency = Sketch(), Sketch()


class Router:
    def __init__(
        self,
        policy: Policy,
        health: Health | None = None,
        profile: Profile | None = None,
        seed: int = 0,
        kept: int = KEPT,
    ) -> None:
        """profile: the one that the policy reads, if it reads one."""
        self.policy = policy
        self.health = Health() if health is None else health
        self.profile = Profile() if profile is None else profile
        self._draw = draws(derive("router", seed))
        self._kept: deque[Kept] = deque(maxlen=kept)
        self._served: dict[str, _Served] = {}
        self._pending: dict[SimRequest, tuple[str, float]] = {}
        self._routed = 0
        self._refused = 0

    def route(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> str:
        """Id of the worker that gets the request. One that is routed again without done() has failed where it was.

        Raises NoWorker."""
        if request in self._pending:
            self._settle(request, False, now_s)
        elif not request.carried_tokens:
            self.profile.arrived(request, now_s)
        health = self.health
        if not health.is_clean:
            everyone = candidates
            candidates = [candidate for candidate in everyone if health.available(candidate.id, now_s)]
            if not candidates:
                self._refused += 1
                raise NoWorker(self._retry_after_s(everyone, now_s))
        elif not candidates:
            self._refused += 1
            raise NoWorker(RETRY_AFTER_S)
        decision = self.policy.choose(request, candidates, now_s, self._draw)
        self._routed += 1
        self._kept.append(Kept(self._routed, now_s, request.id, request.tenant, request.prompt_tokens, decision))
        for candidate in candidates:
            if candidate.id not in self._served:
                self._served[candidate.id] = _Served()
        self._served[decision.worker].routed += 1
        self._pending[request] = (decision.worker, now_s)
        return decision.worker

    def done(self, request: SimRequest, now_s: float) -> None:
        """The request is over, or as far as its worker goes; nothing happens if none had it."""
        if request.state == State.CANCELLED:
            pending = self._pending.pop(request, None)
            if pending is not None:
                self._served[pending[0]].cancelled += 1
                self.policy.done(request, pending[0], None, now_s)
        elif request in self._pending:
            self._settle(request, request.state != State.FAILED, now_s)

    def _settle(self, request: SimRequest, ok: bool, now_s: float) -> None:
        worker, sent_s = self._pending.pop(request)
        ttft_s = request.first_token_s - sent_s if request.first_token_s >= sent_s else -1.0
        outcome = Outcome(ok, ttft_s, now_s - sent_s, request.produced_tokens, request.cached_tokens)
        served = self._served[worker]
        if ok:
            served.finished += 1
            served.prompt_tokens += request.prompt_tokens
            served.cached_tokens += request.cached_tokens
            served.latency.add(outcome.latency_s)
            if ttft_s >= 0:
                served.ttft.add(ttft_s)
            if request.state == State.FINISHED:
                self.profile.finished(outcome.output_tokens, now_s)
        else:
            served.failed += 1
        self.health.record(worker, ok, now_s, len(self._served))
        self.policy.done(request, worker, outcome, now_s)

    def _retry_after_s(self, candidates: Sequence[Candidate], now_s: float) -> float:
        back_s = min((self.health.back_s(candidate.id, now_s) for candidate in candidates), default=inf)
        return RETRY_AFTER_S if back_s == inf else max(1.0, back_s - now_s)

    # Pages

    def decisions(self, last: int = 100, tenant: str | None = None) -> list[dict[str, Any]]:
        """RouterDecision documents, newest first. tenant: of this one only."""
        found: list[dict[str, Any]] = []
        for kept in reversed(self._kept):
            if len(found) >= last:
                break
            if tenant is None or kept.tenant == tenant:
                found.append(explained(kept))
        return found

    def stats(self, now_s: float) -> dict[str, Any]:
        """A RouterStats document."""
        return {
            "object": "router.stats",
            "routed": self._routed,
            "refused": self._refused,
            "in_flight": len(self._pending),
            "workers": [self._worker(id, served, now_s) for id, served in self._served.items()],
            "workload": self.profile.document(now_s),
            "experiment": self.policy.document() if isinstance(self.policy, AbTest) else None,
        }

    def _worker(self, id: str, served: _Served, now_s: float) -> dict[str, Any]:
        return {
            "id": id,
            "state": self.health.state(id, now_s),
            "breaker_opened": self.health.opened(id),
            "ejections": self.health.ejections(id),
            "requests": served.routed,
            "finished": served.finished,
            "failed": served.failed,
            "cancelled": served.cancelled,
            "cache_hit_share": served.cached_tokens / served.prompt_tokens if served.prompt_tokens else 0.0,
            "ttft_s": _percentiles(served.ttft),
            "latency_s": _percentiles(served.latency),
        }


def explained(kept: Kept) -> dict[str, Any]:
    decision = kept.decision
    return {
        "number": kept.number,
        "at": kept.at_s,
        "request": kept.request,
        "prompt_tokens": kept.prompt_tokens,
        "policy": decision.policy,
        "arm": decision.arm,
        "worker": decision.worker,
        "reason": decision.reason,
        "scores": [{"worker": id, "terms": dict(terms)} for id, terms in decision.scores.items()],
    }


def _percentiles(sketch: Sketch) -> dict[str, float]:
    p50, p90, p99 = sketch.quantiles((0.5, 0.9, 0.99))
    return {"mean": sketch.mean, "p50": p50, "p90": p90, "p99": p99}
