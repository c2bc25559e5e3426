"""The KV cache of a worker from its configuration: pool or tree, tiers below it, and who is told of its blocks."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from fakeai.config.kv_cache import KvCacheConfig
from fakeai.core.hardware import LinkSpec
from fakeai.core.kv_events import CPU, DISK, KvEventBatch
from fakeai.core.stats import WorkerStats
from fakeai.sim.blocks import BlockPool
from fakeai.sim.cache import KvCache, KvSink
from fakeai.sim.events import EventLog
from fakeai.sim.eviction import EVICTIONS
from fakeai.sim.radix import RANKS, RadixCache
from fakeai.sim.tiers import Tier, TieredCache, Tiers

GB = 1e9


Listen = Callable[[int, EventLog], Callable[[KvEventBatch], None]]
"""(number of a worker, its log) → who is told of its batches."""


class UnknownEviction(Exception):
    """One line that names the nearest policies."""


@dataclass(frozen=True, slots=True)
class Below:
    """What is under the cache of the chips."""

    block_bytes: float
    host_link: LinkSpec
    disk_link: LinkSpec


def structure_of(config: KvCacheConfig, engine: str) -> str:
    return config.structure or ("radix" if engine == "sglang" and config.prefix_caching else "paged")


def make_cache(
    config: KvCacheConfig,
    capacity_blocks: int,
    stats: WorkerStats,
    engine: str = "vllm",
    below: Below | None = None,
    events: EventLog | None = None,
) -> KvCache:
    """below: None where no hardware is simulated, so that there are no tiers. Raises UnknownEviction."""
    tiers = _tiers(config, stats, below, events) if below is not None else None
    sink: KvSink | None = tiers or events
    structure = structure_of(config, engine)
    known = RANKS if structure == "radix" else EVICTIONS
    if config.eviction not in known:
        near = get_close_matches(config.eviction, known, n=3) or list(known)
        said = f"a {structure} cache has no eviction policy {config.eviction!r}"
        raise UnknownEviction(f"{said}; the nearest are {', '.join(near)}")
    make = _radix if structure == "radix" else _paged
    gpu = make(config, capacity_blocks, stats, sink)
    return TieredCache(gpu, tiers) if tiers is not None else gpu


def _paged(config: KvCacheConfig, capacity_blocks: int, stats: WorkerStats, sink: KvSink | None) -> KvCache:
    return BlockPool(
        capacity_blocks,
        config.block_size,
        eviction=EVICTIONS[config.eviction](capacity_blocks, config.ttl_s),
        caching=config.prefix_caching,
        deduplicate=config.deduplicate,
        sink=sink,
        stats=stats,
    )


def _radix(config: KvCacheConfig, capacity_blocks: int, stats: WorkerStats, sink: KvSink | None) -> KvCache:
    return RadixCache(capacity_blocks, config.block_size, rank=RANKS[config.eviction], sink=sink, stats=stats)


def _tiers(config: KvCacheConfig, stats: WorkerStats, below: Below, events: EventLog | None) -> Tiers | None:
    def tier(medium: str, size_gb: float, link: LinkSpec) -> Tier | None:
        blocks = int(size_gb * GB / below.block_bytes)
        return Tier(medium, blocks, link) if blocks else None

    host = tier(CPU, config.host_gb, below.host_link)
    disk = tier(DISK, config.disk_gb, below.disk_link)
    if host is None and disk is None:
        return None
    stats.host_capacity_blocks = host.capacity_blocks if host is not None else 0
    return Tiers(host, disk, below.block_bytes, offload=config.offload, stats=stats, events=events)


def make_events(config: KvCacheConfig, engine: str, rank: int, listen: Listen | None) -> EventLog | None:
    """None if nobody listens: collecting events costs something."""
    if listen is None:
        return None
    log = EventLog(config.block_size, rank=rank, one_by_one=engine == "sglang")
    log.listener = listen(rank, log)
    return log
