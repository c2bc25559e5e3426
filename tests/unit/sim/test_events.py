"""Batches, their numbers, and how long they are kept."""

import pytest

from fakeai.core.kv_events import GPU, AllBlocksCleared, BlockRemoved, BlockStored, KvEventBatch
from fakeai.sim import events
from fakeai.sim.blocks import BlockPool
from fakeai.sim.events import EventLog
from fakeai.sim.hashing import TokenHashes
from fakeai.sim.radix import RadixCache
from fakeai.sim.request import SimRequest

pytestmark = [pytest.mark.unit, pytest.mark.sim]


def ask(tokens: list[int], size: int = 4, salt: str = "") -> SimRequest:
    return SimRequest("r", 0.0, len(tokens), 0, TokenHashes(tokens, size, salt=salt), adapter="ad")


def test_one_event_for_what_a_step_fills_and_one_for_what_it_evicts() -> None:
    heard: list[KvEventBatch] = []
    log = EventLog(4, rank=3, listener=heard.append)
    pool = BlockPool(4, 4, sink=log)
    first = ask([*range(14)], salt="s")
    assert pool.allocate(first, 9, 0.0, pool.lookup(first, 0.0))
    log.flush(1.0)
    assert pool.allocate(first, 14, 0.0)
    log.flush(2.0)
    log.flush(2.5)
    pool.free(first, 0.0)
    log.flush(3.0)
    a, b, c = first.hashes.first(3)
    keys = ((("cache_salt", "s"),), None)
    assert heard == [
        KvEventBatch(0, 1.0, (BlockStored((a, b), None, [*range(8)], 4, GPU, "ad", keys),), 3),
        KvEventBatch(1, 2.0, (BlockStored((c,), b, [8, 9, 10, 11], 4, GPU, "ad", None),), 3),
    ], "a step without events makes no batch, and freeing is none"
    second = ask([99] * 12)
    assert pool.allocate(second, 12, 0.0, pool.lookup(second, 0.0))
    pool.free(second, 0.0)
    assert pool.reset()
    log.flush(4.0)
    assert heard[2].seq == 2
    stored = BlockStored(tuple(second.hashes.first(3)), None, [99] * 12, 4, GPU, "ad", None)
    assert heard[2].events == (BlockRemoved((c, b), GPU), stored, AllBlocksCleared())


def test_sglang_sends_one_event_a_page_whose_hash_depends_on_its_place() -> None:
    log = EventLog(4, one_by_one=True)
    cache = RadixCache(8, 4, sink=log)
    request = ask([1, 2, 3, 4, 1, 2, 3, 4])
    assert cache.allocate(request, 8, 0.0, cache.lookup(request, 0.0))
    log.flush(0.0)
    (batch,) = log.since(0)
    first, second = batch.events
    assert isinstance(first, BlockStored)
    assert isinstance(second, BlockStored)
    assert (first.tokens, second.tokens) == ([1, 2, 3, 4], [1, 2, 3, 4])
    assert first.hashes != second.hashes
    assert (first.parent, second.parent) == (None, first.hashes[0])


def test_the_latest_batches_are_kept() -> None:
    log = EventLog(4, keep=3)
    for number in range(5):
        log.removed([number])
        log.flush(float(number))
    assert [batch.seq for batch in log.since(0)] == [2, 3, 4]
    assert [batch.seq for batch in log.since(4)] == [4]
    assert list(log.since(5)) == []


def test_long_prompts_leave_room_for_fewer_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_TOKENS", 20)
    log = EventLog(4)
    for length in (8, 12, 8, 40):
        log.stored(ask([length] * length), 0, length // 4)
        log.flush(0.0)
    assert [batch.seq for batch in log.since(0)] == [3], "the last one is always there"
