"""What holds after any sequence of requests, whichever way the cache is organised."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.core.hardware import LinkSpec
from fakeai.core.kv_events import CPU, DISK, GPU, AllBlocksCleared, BlockRemoved, BlockStored
from fakeai.sim.blocks import BlockPool
from fakeai.sim.cache import KvCache, KvSink
from fakeai.sim.events import EventLog
from fakeai.sim.eviction import EVICTIONS
from fakeai.sim.hashing import TokenHashes
from fakeai.sim.radix import RANKS, RadixCache
from fakeai.sim.request import SimRequest
from fakeai.sim.tiers import Tier, TieredCache, Tiers

pytestmark = [pytest.mark.unit, pytest.mark.sim]

BLOCKS, SIZE = 9, 3
LINK = LinkSpec("link", gb_s=1.0, latency_us=1.0)
TENANTS = ("a", "b")

Make = Callable[[EventLog], KvCache]


def pool(policy: str, **options: bool) -> Make:
    return lambda log: BlockPool(BLOCKS, SIZE, eviction=EVICTIONS[policy](BLOCKS, 20.0), sink=log, **options)


def radix(policy: str) -> Make:
    return lambda log: RadixCache(BLOCKS, SIZE, rank=RANKS[policy], sink=log)


def tiered(gpu: Callable[[KvSink], KvCache]) -> Make:
    def make(log: EventLog) -> KvCache:
        tiers = Tiers(Tier(CPU, 6, LINK), Tier(DISK, 8, LINK), 1e6, offload="on_eviction", events=log)
        return TieredCache(gpu(tiers), tiers)

    return make


CACHES: dict[str, Make] = {
    **{f"pool-{policy}": pool(policy) for policy in EVICTIONS},
    "pool-deduplicating": pool("lru", deduplicate=True),
    "pool-deduplicating-ttl": pool("ttl", deduplicate=True),
    "pool-off": pool("lru", caching=False),
    **{f"radix-{policy}": radix(policy) for policy in RANKS},
    "tiered-pool": tiered(lambda sink: BlockPool(BLOCKS, SIZE, sink=sink)),
    "tiered-radix": tiered(lambda sink: RadixCache(BLOCKS, SIZE, sink=sink)),
}

PROMPTS = st.lists(st.integers(0, 1), min_size=1, max_size=14)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), PROMPTS, st.sampled_from(TENANTS), st.integers(0, 8)),
        st.tuples(st.just("say"), st.integers(0, 5), st.integers(1, 4)),
        st.tuples(st.just("preempt"), st.integers(0, 5)),
        st.tuples(st.just("free"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.floats(0, 30)),
        st.tuples(st.just("reset")),
    ),
    max_size=40,
)


class Index:
    """What a subscriber knows from events alone: how often each hash is in each medium."""

    def __init__(self) -> None:
        self.known: dict[str, Counter[int]] = {medium: Counter() for medium in (GPU, CPU, DISK)}

    def follow(self, log: EventLog, seq: int) -> int:
        for batch in log.since(seq):
            seq = batch.seq + 1
            for event in batch.events:
                if isinstance(event, BlockStored):
                    self.known[event.medium].update(event.hashes)
                elif isinstance(event, BlockRemoved):
                    self.known[event.medium].subtract(event.hashes)
                else:
                    assert isinstance(event, AllBlocksCleared)
                    for counter in self.known.values():
                        counter.clear()
        return seq

    def has(self, block_hash: int) -> set[str]:
        return {medium for medium, counter in self.known.items() if counter[block_hash] > 0}


class Scene:
    def __init__(self, make: Make) -> None:
        self.log = EventLog(SIZE)
        self.cache = make(self.log)
        self.index, self.seq = Index(), 0
        self.now_s = 0.0
        self.live: list[SimRequest] = []

    def act(self, kind: str, *rest: object) -> None:
        getattr(self, kind)(*rest)
        self.end_step()
        self.check()

    def end_step(self) -> None:
        self.log.flush(self.now_s)
        self.seq = self.index.follow(self.log, self.seq)

    def ask(self, prompt: list[int], tenant: str, answer: int) -> None:
        tokens = prompt + [1] * answer
        request = SimRequest(
            "r", self.now_s, len(prompt), answer, TokenHashes(tokens, SIZE, salt=tenant), tenant=tenant
        )
        self.admit(request)

    def admit(self, request: SimRequest) -> None:
        before = self.cache.used_blocks
        hit = self.cache.lookup(request, self.now_s)
        assert hit.tokens <= request.total_tokens - 1
        assert hit.tokens == hit.host_tokens + hit.disk_tokens + len(hit.blocks) * SIZE
        media = [self.index.has(block_hash) for block_hash in request.hashes.first(hit.tokens // SIZE)]
        assert all(media), "an event had told of all that is found"
        assert all(GPU in known for known in media[: len(hit.blocks)])
        if not self.cache.allocate(request, request.total_tokens, self.now_s, hit):
            assert (request.blocks, self.cache.used_blocks) == ([], before)
            return
        assert request.blocks[: len(hit.blocks)] == hit.blocks
        self.live.append(request)

    def say(self, which: int, tokens: int) -> None:
        if which < len(self.live):
            request = self.live[which]
            tokens = min(tokens, request.output_tokens - request.produced_tokens)
            if self.cache.allocate(request, request.total_tokens + tokens, self.now_s):
                request.produced_tokens += tokens
                assert self.cache.allocate(request, request.total_tokens, self.now_s)

    def preempt(self, which: int) -> None:
        if which < len(self.live):
            request = self.live.pop(which)
            self.cache.free(request, self.now_s)
            self.end_step()
            request.preemptions += 1
            self.admit(request)

    def free(self, which: int) -> None:
        if which < len(self.live):
            self.cache.free(self.live.pop(which), self.now_s)

    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    def reset(self) -> None:
        assert self.cache.reset() == (not self.live)

    def check(self) -> None:
        held = Counter(block for request in self.live for block in request.blocks)
        assert all(1 <= block <= BLOCKS for block in held)
        assert self.cache.used_blocks == len(held)
        assert self.cache.cached_blocks <= BLOCKS
        for request in self.live:
            assert len(set(request.blocks)) == len(request.blocks)
            assert len(request.blocks) * SIZE >= request.total_tokens
            for block in request.blocks:
                assert self.owners_of(block) == {request.tenant}
        assert all(count >= 0 for counter in self.index.known.values() for count in counter.values())
        assert sum(self.index.known[GPU].values()) == self.cache.cached_blocks
        if isinstance(self.cache, BlockPool):
            self.check_pool(self.cache, held)
        if isinstance(self.cache, TieredCache):
            for tier in (self.cache.tiers.host, self.cache.tiers.disk):
                assert tier is not None
                assert len(tier) == sum(self.index.known[tier.medium].values()) <= tier.capacity_blocks

    def owners_of(self, block: int) -> set[str]:
        return {request.tenant for request in self.live if block in request.blocks}

    def check_pool(self, blocks: BlockPool, held: Counter[int]) -> None:
        free = list(blocks.free_queue())
        assert sorted([*free, *held]) == list(range(1, BLOCKS + 1)), "every block is in one place"
        assert [blocks.references(block) for block in range(1, BLOCKS + 1)] == [held[b] for b in range(1, BLOCKS + 1)]
        known = Counter(h for block in range(1, BLOCKS + 1) if (h := blocks.block_hash(block)) is not None)
        assert known == +self.index.known[GPU]


@pytest.mark.parametrize("name", CACHES)
@settings(max_examples=60, deadline=None)
@given(actions=ACTIONS)
def test_any_history(name: str, actions: list[tuple[object, ...]]) -> None:
    scene = Scene(CACHES[name])
    for kind, *rest in actions:
        scene.act(str(kind), *rest)
    while scene.live:
        scene.act("free", 0)
    assert scene.cache.used_blocks == 0
    scene.act("reset")
    assert scene.cache.cached_blocks == 0
