"""Host memory and disk behind a GPU cache: what leaves the GPU can be brought back instead of computed anew.

The paths are those of Dynamo's KVBM: GPU → host → disk on the way down, and from either straight to the GPU.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from fakeai.core.hardware import LinkSpec
from fakeai.core.stats import WorkerStats
from fakeai.sim.cache import Hit, HitCounts, KvCache
from fakeai.sim.events import EventLog
from fakeai.sim.request import SimRequest

Offload = Literal["write_through", "on_eviction"]


class Link:
    """One direction of a connection; its transfers go one after the other."""

    __slots__ = ("_bytes_s", "_latency_s", "free_at_s", "sent_bytes")

    def __init__(self, spec: LinkSpec) -> None:
        self._bytes_s = spec.gb_s * 1e9
        self._latency_s = spec.latency_us * 1e-6
        self.free_at_s = 0.0
        self.sent_bytes = 0.0

    def wait_s(self, size_bytes: float, now_s: float) -> float:
        """How long a transfer would take that is asked for now."""
        if not size_bytes:
            return 0.0
        return max(self.free_at_s - now_s, 0.0) + self._latency_s + size_bytes / self._bytes_s

    def send(self, size_bytes: float, now_s: float) -> None:
        self.free_at_s = now_s + self.wait_s(size_bytes, now_s)
        self.sent_bytes += size_bytes


class Tier:
    """Blocks in a slower memory, the least recently used going first."""

    def __init__(self, medium: str, capacity_blocks: int, link: LinkSpec) -> None:
        """medium: one of core.kv_events. link: to the GPU, and of a disk also to host memory."""
        self.medium = medium
        self.capacity_blocks = capacity_blocks
        self.down = Link(link)
        self.up = Link(link)
        self._hashes: OrderedDict[int, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, block_hash: object) -> bool:
        return block_hash in self._hashes

    def touch(self, hashes: Iterable[int]) -> None:
        for block_hash in hashes:
            self._hashes.move_to_end(block_hash)

    def add(self, hashes: Iterable[int]) -> tuple[list[int], list[int]]:
        """Those that are new, and those that went for them."""
        known = self._hashes
        new: list[int] = []
        for block_hash in hashes:
            if block_hash in known:
                known.move_to_end(block_hash)
            else:
                known[block_hash] = None
                new.append(block_hash)
        return new, [known.popitem(last=False)[0] for _ in range(len(known) - self.capacity_blocks)]

    def clear(self) -> None:
        self._hashes.clear()


class Tiers:
    """Hears what the GPU cache stores and gives up, and passes it on to `events`. At least one of host and disk."""

    def __init__(
        self,
        host: Tier | None,
        disk: Tier | None,
        block_bytes: float,
        *,
        offload: Offload = "write_through",
        stats: WorkerStats | None = None,
        events: EventLog | None = None,
    ) -> None:
        self.host = host
        self.disk = disk
        self.block_bytes = block_bytes
        self._chain = [tier for tier in (host, disk) if tier is not None]
        self._writes_through = offload == "write_through"
        self._stats = stats if stats is not None else WorkerStats()
        self._events = events
        self._leaving: list[int] = []

    def stored(self, request: SimRequest, first: int, last: int) -> None:
        if self._writes_through:
            self._leaving += request.hashes.first(last)[first:last]
        if self._events is not None:
            self._events.stored(request, first, last)

    def removed(self, hashes: Sequence[int]) -> None:
        if not self._writes_through:
            self._leaving += hashes
        if self._events is not None:
            self._events.removed(hashes)

    def cleared(self) -> None:
        self._leaving.clear()
        for tier in self._chain:
            tier.clear()
        if self._events is not None:
            self._events.cleared()

    def offload(self, now_s: float) -> None:
        """Sends down what the GPU cache stored or gave up since the last time."""
        moving, self._leaving = self._leaving, []
        for tier in self._chain:
            if not moving:
                return
            new, gone = tier.add(moving)
            tier.down.send(len(new) * self.block_bytes, now_s)
            if tier is self._chain[0]:
                self._stats.offloaded_bytes += len(new) * self.block_bytes
            if self._events is not None and new:
                self._events.moved(new, tier.medium)
            if self._events is not None and gone:
                self._events.removed(gone, tier.medium)
            moving = gone

    def find(self, hashes: Sequence[int]) -> tuple[list[int], list[int]]:
        """Of the hashes up to the first that is nowhere: those to bring from host memory, and those from disk."""
        from_host: list[int] = []
        from_disk: list[int] = []
        for block_hash in hashes:
            if self.host is not None and block_hash in self.host:
                from_host.append(block_hash)
            elif self.disk is not None and block_hash in self.disk:
                from_disk.append(block_hash)
            else:
                break
        return from_host, from_disk

    def load_s(self, host_blocks: int, disk_blocks: int, now_s: float) -> float:
        """Both links work at the same time."""
        sizes = ((self.host, host_blocks), (self.disk, disk_blocks))
        return max(tier.up.wait_s(blocks * self.block_bytes, now_s) for tier, blocks in sizes if tier is not None)

    def onboard(self, from_host: Sequence[int], from_disk: Sequence[int], now_s: float) -> None:
        for tier, hashes in ((self.host, from_host), (self.disk, from_disk)):
            if tier is not None and hashes:
                tier.touch(hashes)
                tier.up.send(len(hashes) * self.block_bytes, now_s)
                self._stats.onboarded_bytes += len(hashes) * self.block_bytes


class TieredCache:
    """A GPU cache whose sink is `tiers`.

    What a hit brings from below becomes blocks of the GPU when it is allocated, and can be found there at once, though
    the request itself has to wait for `load_s`.
    """

    def __init__(self, gpu: KvCache, tiers: Tiers) -> None:
        self.gpu = gpu
        self.tiers = tiers
        self.block_size = gpu.block_size
        self.capacity_blocks = gpu.capacity_blocks

    @property
    def hits(self) -> HitCounts:
        return self.gpu.hits

    @property
    def used_blocks(self) -> int:
        return self.gpu.used_blocks

    @property
    def cached_blocks(self) -> int:
        return self.gpu.cached_blocks

    def lookup(self, request: SimRequest, now_s: float) -> Hit:
        hit = self.gpu.lookup(request, now_s)
        from_host, from_disk = self._below(request, hit)
        if from_host or from_disk:
            hit.host_tokens = len(from_host) * self.block_size
            hit.disk_tokens = len(from_disk) * self.block_size
            hit.tokens += hit.host_tokens + hit.disk_tokens
            hit.load_s = self.tiers.load_s(len(from_host), len(from_disk), now_s)
        return hit

    def allocate(
        self, request: SimRequest, tokens: int, now_s: float, hit: Hit | None = None, fitting_tokens: int = 0
    ) -> bool:
        loads = hit is not None and hit.host_tokens + hit.disk_tokens > 0
        from_host, from_disk = self._below(request, hit) if hit is not None and loads else ([], [])
        if not self.gpu.allocate(request, tokens, now_s, hit, fitting_tokens):
            return False
        if loads:
            self.tiers.onboard(from_host, from_disk, now_s)
        self.tiers.offload(now_s)
        return True

    def free(self, request: SimRequest, now_s: float) -> None:
        self.gpu.free(request, now_s)
        self.tiers.offload(now_s)

    def contents(self, limit: int) -> Iterator[tuple[int, int, int]]:
        return self.gpu.contents(limit)

    def reset(self) -> bool:
        return self.gpu.reset()

    def _below(self, request: SimRequest, hit: Hit) -> tuple[list[int], list[int]]:
        hashes = request.hashes.first((request.total_tokens - 1) // self.block_size)
        return self.tiers.find(hashes[len(hit.blocks) :])
