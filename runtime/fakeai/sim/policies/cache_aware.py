"""SGLang's router: the worker with the longest match, unless the loads are too unequal."""

from collections.abc import Sequence
from dataclasses import dataclass

from fakeai.core.seeds import Draw
from fakeai.sim.candidate import Candidate
from fakeai.sim.decision import Choosing, Decision, load
from fakeai.sim.prefix_index import PrefixIndex
from fakeai.sim.request import SimRequest


@dataclass(frozen=True, slots=True)
class CacheAwareOptions:
    """Source of the numbers: sglang-router 0.3.2. It keeps a tree of text; here the tree is of token blocks, so matches
    are whole blocks, and the oldest leave when the tree is full instead of once a minute."""

    cache_threshold: float = 0.3
    balance_abs_threshold: int = 64
    balance_rel_threshold: float = 1.5
    max_tree_blocks: int = 1 << 20
    """Of each worker: 2^26 characters, at 4 a token and 16 tokens a block. An entry takes about 150 bytes."""
    max_blocks: int = 4096
    """So much of a prompt is looked at: 64k tokens at 16 a block. The publisher's looks at all of it."""


class CacheAware(Choosing):
    def __init__(self, options: CacheAwareOptions = CacheAwareOptions()) -> None:
        self.options = options
        self._index = PrefixIndex(options.max_tree_blocks)

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        options = self.options
        hashes = request.prompt_hashes(options.max_blocks)
        loads = [load(candidate) for candidate in candidates]
        low, high = min(loads), max(loads)
        matches = [self._index.match(candidate.id, hashes, now_s) for candidate in candidates]
        longest = max(matches)
        if high - low > options.balance_abs_threshold and high > options.balance_rel_threshold * low:
            chosen, reason = loads.index(low), "imbalanced: least loaded"
        elif longest > options.cache_threshold * len(hashes):
            chosen, reason = self._latest(candidates, matches, longest, hashes), "longest match"
        else:
            chosen, reason = loads.index(low), "match too short: least loaded"
        self._index.add(candidates[chosen].id, hashes, now_s)
        total = max(1, len(hashes))
        rows = [(matched / total, requests) for matched, requests in zip(matches, loads, strict=True)]
        return Decision(candidates[chosen].id, "cache_aware", reason, candidates, ("match_rate", "requests"), rows)

    def _latest(
        self, candidates: Sequence[Candidate], matches: Sequence[int], longest: int, hashes: Sequence[int]
    ) -> int:
        """Of the workers with the longest match, the one that was sent it last."""
        block = hashes[longest - 1]
        equal = [index for index, matched in enumerate(matches) if matched == longest]
        return max(equal, key=lambda index: self._index.last_s(candidates[index].id, block))
