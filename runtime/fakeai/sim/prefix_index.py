"""Which worker probably has the prefix of a prompt, learned from where requests were sent."""

from collections import OrderedDict
from collections.abc import Sequence
from math import inf

CAPACITY_BLOCKS = 31_250
"""Of each worker. Source: llm-d, lruCapacityPerServer."""


class PrefixIndex:
    """A least-recently-used set of chained block hashes for each worker, in place of a tree: a hash stands for the
    whole path from the root.

    A prompt's blocks are touched deepest first, so that a deep one is never younger than a shallow one of its path and
    goes first. What is known of a prompt is then always a prefix of it, and how long, a binary search finds: eight
    look-ups for 256 blocks. A worker that was slower to forget than its cache is believed to have what it has not; that
    is what makes an approximate index worse than events.
    """

    def __init__(self, capacity_blocks: int = CAPACITY_BLOCKS, ttl_s: float = inf) -> None:
        self.capacity_blocks = capacity_blocks
        self.ttl_s = ttl_s
        self._seen: dict[str, OrderedDict[int, float]] = {}

    def add(self, worker_id: str, hashes: Sequence[int], now_s: float) -> None:
        """The worker is about to have these blocks; of more than its capacity, the first."""
        seen = self._seen.get(worker_id)
        if seen is None:
            seen = self._seen[worker_id] = OrderedDict()
        touch = seen.move_to_end
        for block in reversed(hashes[: self.capacity_blocks]):
            seen[block] = now_s
            touch(block)
        while len(seen) > self.capacity_blocks:
            seen.popitem(last=False)
        oldest_s = now_s - self.ttl_s
        while seen and seen[next(iter(seen))] <= oldest_s:
            seen.popitem(last=False)

    def match(self, worker_id: str, hashes: Sequence[int], now_s: float) -> int:
        """How many of the first blocks the worker probably has."""
        seen = self._seen.get(worker_id)
        if not seen:
            return 0
        oldest_s = now_s - self.ttl_s
        low, high = 0, len(hashes)
        while low < high:
            middle = (low + high) // 2
            if seen.get(hashes[middle], -inf) > oldest_s:
                low = middle + 1
            else:
                high = middle
        return low

    def last_s(self, worker_id: str, block: int) -> float:
        """When the worker was last sent the block; -inf if it is not known to have it."""
        seen = self._seen.get(worker_id)
        return -inf if seen is None else seen.get(block, -inf)

    def forget(self, worker_id: str) -> None:
        self._seen.pop(worker_id, None)

    def blocks(self, worker_id: str) -> int:
        return len(self._seen.get(worker_id, ()))
