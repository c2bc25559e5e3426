"""A pool of KV blocks by vLLM's rules. Source: vLLM 0.33, v1/core/block_pool.py and kv_cache_manager.py."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from fakeai.core.stats import WorkerStats
from fakeai.sim.cache import Hit, HitCounts, KvSink
from fakeai.sim.eviction import Eviction, Lru
from fakeai.sim.request import SimRequest

_MAX_EXPIRED = 1024
"""Expired blocks that one call forgets at most, so that no call takes long."""


class BlockPool:
    """Block 0 is the null block, which stands for no block; block ids are 1 to capacity_blocks.

    A free block is taken from three places in turn: `_blank`, freed blocks without a hash; those never used so far; and
    `_idle`, cached blocks that no request holds, of which `eviction` chooses. That is the order of vLLM's one queue.

    deduplicate: a block that is filled with what is cached already is given back and the cached one shared. vLLM keeps
    both, and finds the one that was filled first.
    """

    def __init__(
        self,
        capacity_blocks: int,
        block_size: int,
        *,
        eviction: Eviction | None = None,
        caching: bool = True,
        deduplicate: bool = False,
        sink: KvSink | None = None,
        stats: WorkerStats | None = None,
    ) -> None:
        self.capacity_blocks = capacity_blocks
        self.block_size = block_size
        self.used_blocks = 0
        self.cached_blocks = 0
        self._caching = caching
        self._deduplicate = deduplicate
        self._sink = sink
        self._stats = stats if stats is not None else WorkerStats()
        self.hits = HitCounts(self._stats)
        self._idle = eviction if eviction is not None else Lru()
        self._blank: deque[int] = deque()
        self._hashes: list[int | None] = [None]
        self._refs: list[int] = [0]
        """Both by block id, as far as blocks were used."""
        self._by_hash: dict[int, int] = {}
        self._copies: dict[int, dict[int, None]] = {}
        """Hash → further blocks with it, in the order in which they were filled."""

    @property
    def free_blocks(self) -> int:
        return self.capacity_blocks - self.used_blocks

    def free_queue(self) -> Iterator[int]:
        """Free blocks in the order in which they will be taken."""
        return chain(self._blank, range(len(self._refs), self.capacity_blocks + 1), self._idle)

    def references(self, block: int) -> int:
        return self._refs[block] if block < len(self._refs) else 0

    def block_hash(self, block: int) -> int | None:
        return self._hashes[block] if block < len(self._hashes) else None

    def find(self, block_hash: int, now_s: float) -> int | None:
        block = self._by_hash.get(block_hash)
        if block is None or not self._idle.is_expired(block, now_s):
            return block
        copies = self._copies.get(block_hash, ())
        return next((copy for copy in copies if not self._idle.is_expired(copy, now_s)), None)

    def lookup(self, request: SimRequest, now_s: float) -> Hit:
        tokens = request.total_tokens
        if not self._caching:
            return Hit(queried_tokens=tokens)
        hashes = request.hashes.first((tokens - 1) // self.block_size)
        found = map(self._by_hash.get, hashes) if not self._idle.expires else (self.find(h, now_s) for h in hashes)
        blocks: list[int] = []
        for block in found:
            if block is None:
                break
            blocks.append(block)
        return Hit(len(blocks) * self.block_size, blocks, tokens)

    def allocate(
        self, request: SimRequest, tokens: int, now_s: float, hit: Hit | None = None, fitting_tokens: int = 0
    ) -> bool:
        blocks = request.blocks
        room = len(blocks) * self.block_size
        if tokens < room:
            return True
        if tokens > room:
            found = hit.blocks if hit is not None else ()
            held = len(blocks) + len(found)
            new = -(-tokens // self.block_size) - held
            fitting = -(-fitting_tokens // self.block_size) - held if fitting_tokens > tokens else new
            if fitting > self.capacity_blocks - self.used_blocks - (self._count_idle(found) if found else 0):
                return False
            if hit is not None and not blocks:
                self.hits.add(request, hit)
                self._share(found)
                blocks += found
            blocks += self._take(new, now_s)
        if self._caching:
            self._fill(request, min(tokens, request.total_tokens) // self.block_size)
        return True

    def free(self, request: SimRequest, now_s: float) -> None:
        refs, hashes = self._refs, self._hashes
        idle: list[int] = []
        blank: list[int] = []
        for block in reversed(request.blocks):
            if refs[block] > 1:
                refs[block] -= 1
                continue
            refs[block] = 0
            (blank if hashes[block] is None else idle).append(block)
        request.blocks.clear()
        self.used_blocks -= len(idle) + len(blank)
        self._idle.add(idle, now_s)
        self._blank.extendleft(reversed(blank))

    def contents(self, limit: int) -> Iterator[tuple[int, int, int]]:
        for block_hash, block in islice(self._by_hash.items(), limit):
            blocks = [block, *self._copies.get(block_hash, ())]
            yield block_hash, len(blocks), sum(self._refs[each] for each in blocks)

    def reset(self) -> bool:
        if self.used_blocks:
            return False
        self._idle.pop(len(self._idle))
        self._blank.clear()
        self._hashes, self._refs = [None], [0]
        self._by_hash.clear()
        self._copies.clear()
        self.cached_blocks = 0
        if self._sink is not None:
            self._sink.cleared()
        return True

    def _count_idle(self, blocks: Sequence[int]) -> int:
        refs = self._refs
        return [refs[block] for block in blocks].count(0)

    def _share(self, blocks: Sequence[int]) -> None:
        refs, remove = self._refs, self._idle.remove
        for block in blocks:
            if not refs[block]:
                remove(block)
                self.used_blocks += 1
            refs[block] += 1
        self._idle.hit(blocks)

    def _take(self, count: int, now_s: float) -> list[int]:
        blank, refs = self._blank, self._refs
        expired = self._idle.expire(_MAX_EXPIRED, now_s) if self._idle.expires else ()
        if expired:
            self._evict(expired)
            blank.extend(expired)
        taken = [blank.popleft() for _ in range(min(count, len(blank)))] if blank else []
        unused = min(count - len(taken), self.capacity_blocks + 1 - len(refs))
        if unused:
            taken += range(len(refs), len(refs) + unused)
            refs += [0] * unused
            self._hashes += [None] * unused
        if len(taken) < count:
            evicted = self._idle.pop(count - len(taken))
            self._evict(evicted)
            taken += evicted
        for block in taken:
            refs[block] = 1
        self.used_blocks += count
        return taken

    def _evict(self, blocks: Sequence[int]) -> None:
        hashes, by_hash, copies = self._hashes, self._by_hash, self._copies
        gone: list[int] = []
        for block in blocks:
            block_hash = hashes[block]
            assert block_hash is not None
            hashes[block] = None
            gone.append(block_hash)
            if block_hash in copies:
                self._forget_copy(block_hash, block)
            else:
                del by_hash[block_hash]
        self.cached_blocks -= len(gone)
        self._stats.evicted_blocks += len(gone)
        if self._sink is not None:
            self._sink.removed(gone)

    def _forget_copy(self, block_hash: int, block: int) -> None:
        copies = self._copies[block_hash]
        if self._by_hash[block_hash] == block:
            self._by_hash[block_hash] = block = next(iter(copies))
        del copies[block]
        if not copies:
            del self._copies[block_hash]

    def _fill(self, request: SimRequest, full: int) -> None:
        """Makes the first `full` blocks findable, as far as their hashes are known and they are not."""
        hashes, owned, blocks = request.hashes.first(full), self._hashes, request.blocks
        first = last = min(full, len(hashes))
        while first and owned[blocks[first - 1]] is None:
            first -= 1
        if first == last:
            return
        by_hash, stored = self._by_hash, first
        for index in range(first, last):
            block, block_hash = blocks[index], hashes[index]
            cached = by_hash.setdefault(block_hash, block)
            if cached != block:
                if self._deduplicate:
                    self._stored(request, stored, index)
                    stored = index + 1
                    self._merge(request, index, cached)
                    continue
                self._copies.setdefault(block_hash, {})[block] = None
            owned[block] = block_hash
        self._stored(request, stored, last)

    def _stored(self, request: SimRequest, first: int, last: int) -> None:
        self.cached_blocks += last - first
        if self._sink is not None and first < last:
            self._sink.stored(request, first, last)

    def _merge(self, request: SimRequest, index: int, cached: int) -> None:
        block = request.blocks[index]
        self._share((cached,))
        request.blocks[index] = cached
        self._refs[block] = 0
        self.used_blocks -= 1
        self._blank.appendleft(block)
