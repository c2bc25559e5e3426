"""Policies that look at load at most."""

from collections.abc import Sequence

from fakeai.core.seeds import Draw
from fakeai.sim.candidate import Candidate
from fakeai.sim.decision import Choosing, Decision, least, load
from fakeai.sim.request import SimRequest


class RoundRobin(Choosing):
    """The worker whose turn is longest ago; so each of several pools has its own round."""

    def __init__(self) -> None:
        self._turns = 0
        self._last: dict[str, int] = {}

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        last = self._last
        turns = [last.get(candidate.id, 0) for candidate in candidates]
        chosen = candidates[turns.index(min(turns))]
        self._turns += 1
        last[chosen.id] = self._turns
        return Decision(chosen.id, "round_robin", "turn", candidates)


class Random(Choosing):
    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        return Decision(candidates[r() % len(candidates)].id, "random", "chance", candidates)


class LeastLoaded(Choosing):
    """Fewest unfinished requests."""

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        rows = [(candidate.running, candidate.waiting) for candidate in candidates]
        chosen = least([running + waiting for running, waiting in rows], r)
        return Decision(
            candidates[chosen].id, "least_loaded", "fewest requests", candidates, ("running", "waiting"), rows
        )


class PowerOfTwo(Choosing):
    """The less loaded of two that are drawn. Source: Mitzenmacher, IEEE TPDS 12(10), 2001."""

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        count = len(candidates)
        first = r() % count
        pair = [candidates[first]]
        if count > 1:
            pair.append(candidates[(first + 1 + r() % (count - 1)) % count])
        loads = [load(candidate) for candidate in pair]
        chosen = pair[loads.index(min(loads))]
        rows = [(requests,) for requests in loads]
        return Decision(chosen.id, "power_of_two", "less loaded of two", pair, ("requests",), rows)


class LeastKv(Choosing):
    """Smallest share of KV blocks held by live requests."""

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        usage = [candidate.used_blocks / max(1, candidate.capacity_blocks) for candidate in candidates]
        rows = [(share,) for share in usage]
        return Decision(candidates[least(usage, r)].id, "least_kv", "least KV usage", candidates, ("kv_usage",), rows)


class LMetric(Choosing):
    """Prompt tokens that would be to compute, times the batch that would wait for them: no weights to tune.

    Source: arXiv 2603.15202.
    """

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        rows = []
        for candidate in candidates:
            new = candidate.queued_prefill_tokens + request.prompt_tokens - sum(candidate.overlap(request))
            batch = load(candidate) + 1
            rows.append((new * batch, new, batch))
        chosen = least([row[0] for row in rows], r)
        terms = ("product", "prefill_tokens", "batch_size")
        return Decision(candidates[chosen].id, "lmetric", "least product", candidates, terms, rows)
