"""What leaves the GPU can be found below it, at a price."""

import pytest

from fakeai.core.hardware import LinkSpec
from fakeai.core.kv_events import CPU, DISK, GPU, BlockRemoved, BlockStored
from fakeai.core.stats import WorkerStats
from fakeai.sim.blocks import BlockPool
from fakeai.sim.cache import Hit
from fakeai.sim.events import EventLog
from fakeai.sim.hashing import TokenHashes
from fakeai.sim.prefetch import Prefetcher, warm
from fakeai.sim.radix import RadixCache
from fakeai.sim.request import SimRequest
from fakeai.sim.tiers import Link, Offload, Tier, TieredCache, Tiers

pytestmark = [pytest.mark.unit, pytest.mark.sim]

PCIE = LinkSpec("pcie", gb_s=50.0, latency_us=10.0)
NVME = LinkSpec("nvme", gb_s=5.0, latency_us=100.0)
BLOCK_BYTES = 1e6


class Rig:
    def __init__(self, gpu: int, host: int, disk: int, offload: Offload = "write_through", radix: bool = False) -> None:
        """Capacities in blocks of 4 tokens; 0: there is no such tier."""
        self.stats = WorkerStats()
        self.log = EventLog(4)
        self.host = Tier(CPU, host, PCIE) if host else None
        self.disk = Tier(DISK, disk, NVME) if disk else None
        self.tiers = Tiers(self.host, self.disk, BLOCK_BYTES, offload=offload, stats=self.stats, events=self.log)
        kind = RadixCache if radix else BlockPool
        self.cache = TieredCache(kind(gpu, 4, sink=self.tiers, stats=self.stats), self.tiers)

    def run(self, *tokens: int, at_s: float = 0.0, session: str | None = None) -> tuple[Hit, SimRequest]:
        """A block for each token."""
        prompt = [token for token in tokens for _ in range(4)]
        request = SimRequest("r", at_s, len(prompt), 0, TokenHashes(prompt, 4), session=session)
        hit = self.cache.lookup(request, at_s)
        assert self.cache.allocate(request, len(prompt), at_s, hit)
        self.cache.free(request, at_s)
        return hit, request

    def find(self, *tokens: int, at_s: float = 0.0) -> tuple[int, int, int, float]:
        """Tokens in GPU, host and disk, and seconds to load."""
        prompt = [*(token for token in tokens for _ in range(4)), 0]
        hit = self.cache.lookup(SimRequest("r", at_s, len(prompt), 0, TokenHashes(prompt, 4)), at_s)
        return hit.tokens - hit.host_tokens - hit.disk_tokens, hit.host_tokens, hit.disk_tokens, hit.load_s


@pytest.mark.parametrize("radix", [False, True])
@pytest.mark.parametrize("offload", ["write_through", "on_eviction"])
def test_evicted_blocks_come_back_from_host_memory(offload: Offload, radix: bool) -> None:
    rig = Rig(4, 16, 0, offload, radix)
    rig.run(1, 2, 3)
    assert rig.find(1, 2, 3) == (12, 0, 0, 0.0)
    rig.run(7, 8, 9, 10)
    assert rig.find(1, 2, 3) == (0, 12, 0, pytest.approx(10e-6 + 3 * BLOCK_BYTES / 50e9))
    hit, _ = rig.run(1, 2, 3, 4, at_s=5.0)
    assert (hit.tokens, hit.host_tokens) == (12, 12)
    assert rig.find(1, 2, 3) == (12, 0, 0, 0.0)
    assert rig.stats.onboarded_bytes == 3 * BLOCK_BYTES
    assert (rig.stats.hit_tokens, rig.stats.host_hit_tokens) == (12, 12)


def test_write_through_copies_at_once_and_on_eviction_only_then() -> None:
    through, evicting = Rig(4, 16, 0), Rig(4, 16, 0, "on_eviction")
    for rig in (through, evicting):
        rig.run(1, 2)
    assert (through.stats.offloaded_bytes, evicting.stats.offloaded_bytes) == (2 * BLOCK_BYTES, 0)
    for rig in (through, evicting):
        rig.run(3, 4, 5)
    assert (through.stats.offloaded_bytes, evicting.stats.offloaded_bytes) == (5 * BLOCK_BYTES, BLOCK_BYTES)


def test_host_memory_overflows_to_disk_and_disk_goes_straight_to_the_gpu() -> None:
    rig = Rig(2, 2, 16)
    assert rig.host is not None
    assert rig.disk is not None
    for first in (1, 3, 5):
        rig.run(first, first + 1)
    assert (len(rig.host), len(rig.disk)) == (2, 4)
    gpu, host, disk, load_s = rig.find(1, 2)
    assert (gpu, host, disk) == (0, 0, 8)
    idle_s = rig.disk.down.free_at_s
    assert load_s == pytest.approx(100e-6 + 2 * BLOCK_BYTES / 5e9)
    rig.run(1, 2, at_s=1.0)
    assert (rig.disk.up.sent_bytes, rig.host.up.sent_bytes) == (BLOCK_BYTES, 0), "all but the last block of the prompt"
    assert rig.disk.down.free_at_s > idle_s, "what had to leave host memory for these blocks"


def test_bringing_a_block_back_renews_it_below() -> None:
    rig = Rig(2, 4, 0, "on_eviction")
    for first in (1, 3, 5):
        rig.run(first, first + 1)
    rig.run(1, 9)
    assert rig.host is not None
    known = [TokenHashes([token] * 4, 4).first(1)[0] in rig.host for token in (1, 3, 5)]
    assert known == [True, True, True]
    assert [len(rig.host), rig.find(3, 4)[1]] == [4, 4], "4 and 2 went instead"


def test_a_full_disk_forgets() -> None:
    rig = Rig(2, 2, 2)
    for first in (1, 3, 5, 7):
        rig.run(first, first + 1)
    assert rig.find(1, 2)[:3] == (0, 0, 0)
    assert rig.find(3, 4)[:3] == (0, 0, 0)
    assert rig.find(5, 6)[:3] == (0, 0, 8)


def test_transfers_of_one_link_wait_for_each_other() -> None:
    link = Link(PCIE)
    link.send(50e9, 10.0)
    assert link.free_at_s == pytest.approx(11.00001)
    assert link.wait_s(50e9, 10.5) == pytest.approx(0.50001 + 1.00001)
    assert link.wait_s(50e9, 20.0) == pytest.approx(1.00001)
    assert link.wait_s(0, 10.5) == 0


def test_nothing_moves_if_the_request_does_not_fit() -> None:
    rig = Rig(4, 16, 0)
    rig.run(1, 2, 3)
    holder = SimRequest("h", 0.0, 12, 0, TokenHashes([9] * 12, 4))
    assert rig.cache.allocate(holder, 12, 0.0)
    before = rig.stats.onboarded_bytes, rig.stats.queried_tokens
    waiting = SimRequest("w", 0.0, 16, 0, TokenHashes([token for token in (1, 2, 3, 4) for _ in range(4)], 4))
    assert not rig.cache.allocate(waiting, 16, 0.0, rig.cache.lookup(waiting, 0.0))
    assert (rig.stats.onboarded_bytes, rig.stats.queried_tokens) == before


def test_events_name_the_medium() -> None:
    rig = Rig(2, 2, 16)
    for first in (1, 3):
        rig.run(first, first + 1)
    rig.log.flush(0.0)
    (batch,) = rig.log.since(0)
    stored = [event.medium for event in batch.events if isinstance(event, BlockStored)]
    removed = [(event.medium, len(event.hashes)) for event in batch.events if isinstance(event, BlockRemoved)]
    assert stored == [GPU, CPU, GPU, CPU, DISK]
    assert removed == [(GPU, 2), (CPU, 2)]


def test_reset_empties_all_tiers() -> None:
    rig = Rig(2, 4, 16)
    for first in (1, 3, 5):
        rig.run(first, first + 1)
    assert rig.cache.reset()
    assert rig.find(1, 2)[:3] == rig.find(5, 6)[:3] == (0, 0, 0)


@pytest.mark.parametrize("radix", [False, True])
def test_warming_is_found_and_not_counted(radix: bool) -> None:
    rig = Rig(8, 4, 0, radix=radix)
    prompt = [1] * 12
    assert warm(rig.cache, TokenHashes(prompt, 4), 12, 0.0) == 12
    assert (rig.cache.used_blocks, rig.cache.cached_blocks, rig.stats.queried_tokens) == (0, 3, 0)
    assert rig.run(1, 1, 1, 2)[0].tokens == 12
    assert warm(rig.cache, TokenHashes([2] * 400, 4), 400, 0.0) == 32, "as much as there is room for"


def test_an_ended_conversation_is_brought_back_once() -> None:
    rig = Rig(4, 16, 0)
    ahead = Prefetcher(rig.cache)
    _, turn = rig.run(1, 2, 3, session="s")
    ahead.ended(turn)
    assert ahead.idle(0.0) == 0.0, "it is still there"
    rig.run(5, 6, 7, 8)
    assert ahead.idle(1.0) == pytest.approx(10e-6 + 3 * BLOCK_BYTES / 50e9)
    assert rig.find(1, 2, 3, at_s=2.0) == (12, 0, 0, 0.0)
    rig.run(5, 6, 7, 8)
    assert ahead.idle(3.0) == 0.0
    assert rig.stats.queried_tokens == 12 + 16 + 16


def test_only_sessions_whose_next_turn_is_due_are_fetched() -> None:
    rig = Rig(4, 16, 0)
    ahead = Prefetcher(rig.cache, conversations=2)
    for first, session in ((1, None), (3, "a"), (5, "b"), (7, "c")):
        ahead.ended(rig.run(first, first + 1, session=session)[1])
    rig.run(9, 10, 11, 12)
    ahead.began(rig.run(7, 8, session="c")[1])
    rig.run(9, 10, 11, 12)
    assert ahead.idle(1.0) > 0
    assert rig.find(5, 6, at_s=2.0)[0] == 8
    assert ahead.idle(2.0) == 0.0, "a was one conversation too many"
