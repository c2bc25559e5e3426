"""What a scheduler wants of a KV cache, whichever way it is organised."""

from dataclasses import dataclass, field
from typing import Protocol

from fakeai.sim.request import SimRequest


@dataclass(slots=True)
class Hit:
    """The longest prefix of a request that is in the cache; blocks are not held yet."""

    tokens: int = 0
    """At most prompt_tokens - 1: the last token must be computed to say anything."""
    blocks: list[int] = field(default_factory=list)
    host_tokens: int = 0
    """Of `tokens`, those that must be brought from host memory first; likewise from disk."""
    disk_tokens: int = 0
    load_s: float = 0.0
    """How long that takes."""


class KvCache(Protocol):
    """Capacity is in blocks (pages). used + free = capacity at any time."""

    block_size: int
    capacity_blocks: int

    @property
    def used_blocks(self) -> int:
        """Held by live requests; what is cached but not held counts as free."""

    @property
    def cached_blocks(self) -> int: ...

    def lookup(self, request: SimRequest, now_s: float) -> Hit:
        """Changes nothing but statistics."""

    def allocate(self, request: SimRequest, tokens: int, now_s: float, hit: Hit | None = None) -> bool:
        """Makes room for the request's first `tokens` tokens, taking the hit's blocks over. False, and nothing done,
        if there is no room. Full blocks are findable at once."""

    def free(self, request: SimRequest, now_s: float) -> None:
        """Lets go of all its blocks; they stay findable until they are needed. Empties request.blocks."""

    def reset(self) -> bool:
        """Forgets everything; False, and nothing done, while a request holds a block."""
