"""What a scheduler wants of a KV cache, whichever way it is organised."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fakeai.core.stats import WorkerStats
from fakeai.sim.request import SimRequest

MAX_TENANTS = 4096
"""Pairs of model and tenant that are counted apart; those that come later are counted together."""
OTHERS = "(others)"


@dataclass(slots=True)
class Hit:
    """The longest prefix of a request that is in the cache; blocks are not held yet."""

    tokens: int = 0
    """At most prompt_tokens - 1: the last token must be computed to say anything."""
    blocks: list[int] = field(default_factory=list)
    queried_tokens: int = field(default=0, compare=False)
    """Of the request when it was looked up."""
    host_tokens: int = 0
    """Of `tokens`, those that must be brought from host memory first; likewise from disk."""
    disk_tokens: int = 0
    load_s: float = 0.0
    """How long that takes."""


@dataclass(slots=True)
class TenantHits:
    queried_tokens: int = 0
    hit_tokens: int = 0


class HitCounts:
    """What admitted requests asked for and found, in all and by (model, tenant)."""

    __slots__ = ("_stats", "tenants")

    def __init__(self, stats: WorkerStats) -> None:
        self._stats = stats
        self.tenants: dict[tuple[str, str], TenantHits] = {}

    def add(self, request: SimRequest, hit: Hit) -> None:
        if request.preemptions:
            return  # what it finds again is its own; vLLM does not count that either
        stats = self._stats
        stats.queried_tokens += hit.queried_tokens
        stats.hit_tokens += hit.tokens
        stats.host_hit_tokens += hit.host_tokens
        stats.disk_hit_tokens += hit.disk_tokens
        tenant = self.tenants.get((request.model, request.tenant))
        if tenant is None:
            name = request.tenant if len(self.tenants) < MAX_TENANTS else OTHERS
            tenant = self.tenants.setdefault((request.model, name), TenantHits())
        tenant.queried_tokens += hit.queried_tokens
        tenant.hit_tokens += hit.tokens


class KvSink(Protocol):
    """Hears of every block that becomes findable or stops being so; a hash that two blocks have is stored twice."""

    def stored(self, request: SimRequest, first: int, last: int) -> None:
        """The request's blocks from first up to, not including, last; their hashes are in request.hashes."""

    def removed(self, hashes: Sequence[int]) -> None: ...

    def cleared(self) -> None: ...


class KvCache(Protocol):
    """Capacity is in blocks (pages). used + free = capacity at any time."""

    block_size: int
    capacity_blocks: int

    @property
    def hits(self) -> HitCounts: ...

    @property
    def used_blocks(self) -> int:
        """Held by live requests; what is cached but not held counts as free."""

    @property
    def cached_blocks(self) -> int: ...

    def lookup(self, request: SimRequest, now_s: float) -> Hit:
        """Changes nothing. A hit is good until the next allocation of any request."""

    def allocate(
        self, request: SimRequest, tokens: int, now_s: float, hit: Hit | None = None, fitting_tokens: int = 0
    ) -> bool:
        """Makes room for the request's first `tokens` tokens, taking the hit's blocks over. False, and nothing done,
        if there is no room for these, or for the first `fitting_tokens`, which are not allocated. Full blocks are
        findable at once; under a radix tree answers are when they are freed. Nothing to do, and no need to call, while
        the request has blocks and total_tokens < len(blocks) * block_size.

        hit: of a request without blocks, even if nothing was found; admitting it is what statistics count. None: it was
        not looked up, as for prompt log probabilities, or has blocks.
        """

    def free(self, request: SimRequest, now_s: float) -> None:
        """Lets go of all its blocks; they stay findable until they are needed. Empties request.blocks."""

    def contents(self, limit: int) -> Iterator[tuple[int, int, int]]:
        """(hash, blocks with it, references to them) of at most `limit` cached hashes."""

    def reset(self) -> bool:
        """Forgets everything; False, and nothing done, while a request holds a block."""
