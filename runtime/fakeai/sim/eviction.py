"""Which cached block that no request holds is given away next.

A request lets go of its blocks tail first, and whoever uses a block uses all before it. So wherever the order depends
on use alone, a block goes before the one it continues.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain


class Eviction(ABC):
    """Holds blocks with a hash and no reference. Every call costs O(blocks named)."""

    expires = False
    """Whether is_expired is ever true."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __iter__(self) -> Iterator[int]:
        """In the order in which they would go, were nothing else to happen."""

    @abstractmethod
    def add(self, blocks: Iterable[int], now_s: float) -> None: ...

    @abstractmethod
    def remove(self, block: int) -> None:
        """A request holds it again."""

    @abstractmethod
    def pop(self, blocks: int) -> list[int]:
        """Takes so many out, of at least as many."""

    def hit(self, blocks: Sequence[int]) -> None:  # noqa: B027
        """A request found them, held by others or not."""

    def is_expired(self, block: int, now_s: float) -> bool:
        """It must not be found any more."""
        return False

    def expire(self, blocks: int, now_s: float) -> list[int]:
        """Takes out at most so many that are expired."""
        return []


class Lru(Eviction):
    """vLLM's queue: least recently let go first."""

    def __init__(self) -> None:
        self._queue: OrderedDict[int, float] = OrderedDict()
        """Block → when it was let go."""

    def __len__(self) -> int:
        return len(self._queue)

    def __iter__(self) -> Iterator[int]:
        return iter(self._queue)

    def add(self, blocks: Iterable[int], now_s: float) -> None:
        queue = self._queue
        for block in blocks:
            queue[block] = now_s

    def remove(self, block: int) -> None:
        del self._queue[block]

    def pop(self, blocks: int) -> list[int]:
        pop = self._queue.popitem
        return [pop(last=False)[0] for _ in range(blocks)]


class Ttl(Lru):
    """Least recently let go first, and not found any more `ttl_s` after that."""

    expires = True

    def __init__(self, ttl_s: float) -> None:
        super().__init__()
        self._ttl_s = ttl_s

    def is_expired(self, block: int, now_s: float) -> bool:
        return self._queue.get(block, now_s) + self._ttl_s < now_s

    def expire(self, blocks: int, now_s: float) -> list[int]:
        gone: list[int] = []
        for block, freed_s in self._queue.items():
            if len(gone) == blocks or freed_s + self._ttl_s >= now_s:
                break
            gone.append(block)
        for block in gone:
            del self._queue[block]
        return gone


class Lfu(Eviction):
    """Least frequently hit first, the least recent among equals.

    With dynamic aging: a block ranks by its hits, of which at most MAX_HITS count, plus the rank of the block that went
    last, so that what was popular once goes in the end. Source: Arlitt et al., Evaluating content management techniques
    for Web proxy caches (2000), LFU-DA. The cap, TinyLFU's, makes finding the lowest rank O(1).
    """

    MAX_HITS = 15

    def __init__(self) -> None:
        self._hits: dict[int, int] = {}
        self._ranks: dict[int, int] = {}
        self._queues: tuple[OrderedDict[int, None], ...] = tuple(OrderedDict() for _ in range(self.MAX_HITS + 1))
        """By rank, modulo their number: ranks in use differ by at most MAX_HITS."""
        self._age = 0

    def __len__(self) -> int:
        return len(self._ranks)

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self._queue_of(self._age + more) for more in range(self.MAX_HITS + 1))

    def add(self, blocks: Iterable[int], now_s: float) -> None:
        for block in blocks:
            rank = self._age + self._hits.get(block, 0)
            self._ranks[block] = rank
            self._queue_of(rank)[block] = None

    def remove(self, block: int) -> None:
        del self._queue_of(self._ranks.pop(block))[block]

    def hit(self, blocks: Sequence[int]) -> None:
        hits = self._hits
        for block in blocks:
            hits[block] = min(hits.get(block, 0) + 1, self.MAX_HITS)

    def pop(self, blocks: int) -> list[int]:
        return [self._pop() for _ in range(blocks)]

    def _pop(self) -> int:
        while not self._queue_of(self._age):
            self._age += 1
        block, _ = self._queue_of(self._age).popitem(last=False)
        del self._ranks[block]
        self._hits.pop(block, None)
        return block

    def _queue_of(self, rank: int) -> OrderedDict[int, None]:
        return self._queues[rank % len(self._queues)]


class PrefixAware(Lru):
    """Leaves first, and what only one request ever used before prefixes that several share.

    Shared blocks are kept in a protected segment, as in segmented LRU; beyond PROTECTED of the capacity its least
    recent ones lose that privilege.
    """

    PROTECTED = 0.8

    def __init__(self, capacity_blocks: int) -> None:
        super().__init__()
        self._shared: OrderedDict[int, float] = OrderedDict()
        self._hit: set[int] = set()
        self._max_shared = int(capacity_blocks * self.PROTECTED)

    def __len__(self) -> int:
        return len(self._queue) + len(self._shared)

    def __iter__(self) -> Iterator[int]:
        return chain(self._queue, self._shared)

    def add(self, blocks: Iterable[int], now_s: float) -> None:
        queue, shared, hit = self._queue, self._shared, self._hit
        for block in blocks:
            (shared if block in hit else queue)[block] = now_s
        while len(shared) > self._max_shared:
            block, freed_s = shared.popitem(last=False)
            hit.discard(block)
            queue[block] = freed_s

    def remove(self, block: int) -> None:
        if self._shared.pop(block, None) is None:
            del self._queue[block]

    def hit(self, blocks: Sequence[int]) -> None:
        self._hit.update(blocks)

    def pop(self, blocks: int) -> list[int]:
        gone = super().pop(min(blocks, len(self._queue)))
        while len(gone) < blocks:
            gone.append(self._shared.popitem(last=False)[0])
        self._hit.difference_update(gone)
        return gone


EVICTIONS: dict[str, Callable[[int, float], Eviction]] = {
    "lru": lambda capacity_blocks, ttl_s: Lru(),
    "lfu": lambda capacity_blocks, ttl_s: Lfu(),
    "ttl": lambda capacity_blocks, ttl_s: Ttl(ttl_s),
    "prefix_aware": lambda capacity_blocks, ttl_s: PrefixAware(capacity_blocks),
}
