"""llm-d's scheduler: a weighted sum of scorers, each 0..1, and the highest wins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from fakeai.core.seeds import Draw
from fakeai.sim.candidate import Candidate
from fakeai.sim.decision import Choosing, Decision, least
from fakeai.sim.prefix_index import CAPACITY_BLOCKS, PrefixIndex
from fakeai.sim.request import SimRequest

LOAD_THRESHOLD = 128
"""Source: llm-d, load-aware-scorer."""


@dataclass(frozen=True, slots=True)
class WeightedOptions:
    """Source: llm-d's samples and the defaults of its approximate index."""

    weights: Mapping[str, float]
    """Scorer → weight."""
    max_blocks: int = 256
    """So much of a prompt is looked at."""
    lru_blocks: int = CAPACITY_BLOCKS
    """The index remembers so many blocks of each worker."""


@dataclass(frozen=True, slots=True)
class PrefixAwareOptions(WeightedOptions):
    weights: Mapping[str, float] = field(default_factory=lambda: {"prefix": 2.0, "kv": 1.0, "queue": 1.0})


@dataclass(frozen=True, slots=True)
class PreciseOptions(WeightedOptions):
    weights: Mapping[str, float] = field(default_factory=lambda: {"precise_prefix": 2.0, "kv": 1.0, "queue": 1.0})


@dataclass(frozen=True, slots=True)
class LoadAwareOptions(WeightedOptions):
    weights: Mapping[str, float] = field(default_factory=lambda: {"kv": 1.0, "queue": 1.0})


class Weighted(Choosing):
    def __init__(self, id: str, options: WeightedOptions) -> None:
        """Raises ValueError for an unknown scorer."""
        unknown = sorted(set(options.weights) - set(SCORERS))
        if unknown:
            raise ValueError(f"Unknown scorers {', '.join(unknown)}; there are {', '.join(SCORERS)}.")
        self.options = options
        self.index = PrefixIndex(options.lru_blocks)
        self.cold_s: dict[str, float] = {}
        """Worker → when it was last sent a request of which nothing was known."""
        self._id = id
        self._terms = ("score", *options.weights)
        self._scorers = [(SCORERS[name], weight) for name, weight in options.weights.items()]
        self._learns = not {"prefix", "no_hit_lru"}.isdisjoint(options.weights)

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        columns = [scorer(self, request, candidates, now_s) for scorer, _ in self._scorers]
        sums = [0.0] * len(candidates)
        for column, (_, weight) in zip(columns, self._scorers, strict=True):
            sums = [total + weight * score for total, score in zip(sums, column, strict=True)]
        chosen = least([-total for total in sums], r)
        worker = candidates[chosen].id
        if self._learns:
            self._learn(worker, request, candidates, now_s)
        return Decision(
            worker, self._id, "highest score", candidates, self._terms, list(zip(sums, *columns, strict=True))
        )

    def matches(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> tuple[list[int], int]:
        """Blocks that the index has of each, and how many were looked for."""
        hashes = request.prompt_hashes(self.options.max_blocks)
        return [self.index.match(candidate.id, hashes, now_s) for candidate in candidates], len(hashes)

    def _learn(self, worker: str, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> None:
        if "no_hit_lru" in self.options.weights and not any(self.matches(request, candidates, now_s)[0]):
            self.cold_s[worker] = now_s
        self.index.add(worker, request.prompt_hashes(self.options.max_blocks), now_s)


Scorer = Callable[[Weighted, SimRequest, Sequence[Candidate], float], list[float]]


def _falling(values: Sequence[float]) -> list[float]:
    """1 for the least, 0 for the greatest; all 1 if they are equal."""
    low, high = min(values), max(values)
    if low == high:
        return [1.0] * len(values)
    return [(high - value) / (high - low) for value in values]


def _queue(policy: Weighted, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> list[float]:
    return _falling([candidate.reported_waiting for candidate in candidates])


def _running(policy: Weighted, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> list[float]:
    return _falling([candidate.running for candidate in candidates])


def _kv(policy: Weighted, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> list[float]:
    return [1 - candidate.reported_used_blocks / max(1, candidate.capacity_blocks) for candidate in candidates]


def _load(policy: Weighted, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> list[float]:
    return [0.5 * (1 - min(candidate.reported_waiting, LOAD_THRESHOLD) / LOAD_THRESHOLD) for candidate in candidates]


def _prefix(policy: Weighted, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> list[float]:
    matches, total = policy.matches(request, candidates, now_s)
    return [matched / max(1, total) for matched in matches]


def _precise(policy: Weighted, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> list[float]:
    return [candidate.overlap(request)[0] / max(1, request.prompt_tokens) for candidate in candidates]


def _no_hit_lru(policy: Weighted, request: SimRequest, candidates: Sequence[Candidate], now_s: float) -> list[float]:
    """Spreads prompts that nobody knows: 1 for the worker that was longest without one, 0 for the latest."""
    if any(policy.matches(request, candidates, now_s)[0]) or len(candidates) == 1:
        return [0.5] * len(candidates)
    order = sorted(range(len(candidates)), key=lambda index: policy.cold_s.get(candidates[index].id, -inf))
    scores = [0.0] * len(candidates)
    for rank, index in enumerate(order):
        scores[index] = 1 - rank / (len(candidates) - 1)
    return scores


SCORERS: Mapping[str, Scorer] = {
    "queue": _queue,
    "running": _running,
    "kv": _kv,
    "load": _load,
    "prefix": _prefix,
    "precise_prefix": _precise,
    "no_hit_lru": _no_hit_lru,
}
