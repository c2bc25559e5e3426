"""Scenarios of vLLM's own tests: hits, block ids and the order of the free queue."""

from collections.abc import Sequence

import pytest

from fakeai.sim.blocks import BlockPool
from fakeai.sim.cache import Hit
from fakeai.sim.hashing import MediaItem, TokenHashes, unique
from fakeai.sim.request import SimRequest

pytestmark = [pytest.mark.unit, pytest.mark.sim]

COMMON = [token for token in range(3) for _ in range(16)]


def ask(tokens: Sequence[int], block_size: int = 16, **extra: object) -> SimRequest:
    return SimRequest("r", 0.0, len(tokens), 8, TokenHashes(tokens, block_size, **extra))  # type: ignore[arg-type]


def admit(pool: BlockPool, request: SimRequest) -> tuple[Hit, list[int]]:
    """What was found, and the ids of the blocks allocated besides."""
    hit = pool.lookup(request, 0.0)
    assert pool.allocate(request, request.prompt_tokens, 0.0, hit)
    return hit, request.blocks[len(hit.blocks) :]


def test_prefill_order() -> None:
    pool = BlockPool(10, 16)
    r0 = ask(COMMON + [3] * 7)
    assert admit(pool, r0) == (Hit(), [1, 2, 3, 4])
    assert pool.cached_blocks == 3
    r1 = ask(COMMON + [3] * 5)
    assert admit(pool, r1) == (Hit(48, [1, 2, 3]), [5])
    assert [pool.references(block) for block in (1, 2, 3, 4, 5)] == [2, 2, 2, 1, 1]
    assert pool.free_blocks == 5
    pool.free(r0, 0.0)
    pool.free(r1, 0.0)
    assert list(pool.free_queue()) == [5, 4, 6, 7, 8, 9, 10, 3, 2, 1]
    r2 = ask(COMMON + [3] * 6)
    assert admit(pool, r2) == (Hit(48, [1, 2, 3]), [5])
    assert pool.free_blocks == 6
    pool.free(r2, 0.0)
    assert admit(pool, ask([99] * 160)) == (Hit(), [5, 4, 6, 7, 8, 9, 10, 3, 2, 1])
    assert pool.free_blocks == 0


def test_least_recently_used_goes_first() -> None:
    pool = BlockPool(10, 16)
    r0, r1 = ask(range(5 * 16 + 7)), ask(range(5 * 16 + 7, 8 * 16 + 7))
    assert len(admit(pool, r0)[1]) == 6
    assert len(admit(pool, r1)[1]) == 3
    assert pool.free_blocks == 1
    pool.free(r0, 0.0)
    assert list(pool.free_queue()) == [6, 10, 5, 4, 3, 2, 1]
    pool.free(r1, 0.0)
    assert list(pool.free_queue()) == [6, 10, 5, 4, 3, 2, 1, 9, 8, 7]
    assert admit(pool, ask(range(2 * 16 + 3))) == (Hit(32, [1, 2]), [6])
    assert pool.free_blocks == 7


def test_a_hit_protects_what_was_hit() -> None:
    pool = BlockPool(2, 16)
    r0, r1 = ask(range(16)), ask(range(16, 32))
    assert (admit(pool, r0)[1], admit(pool, r1)[1]) == ([1], [2])
    pool.free(r0, 0.0)
    pool.free(r1, 0.0)
    assert admit(pool, ask(range(32))) == (Hit(16, [1]), [2])


def test_a_partial_block_has_no_hash() -> None:
    pool = BlockPool(1, 16)
    r0 = ask(range(16))
    admit(pool, r0)
    assert pool.block_hash(1) == r0.hashes.first(1)[0]
    pool.free(r0, 0.0)
    assert admit(pool, ask(range(15))) == (Hit(), [1])
    assert pool.block_hash(1) is None
    assert pool.cached_blocks == 0


def test_salts_share_nothing() -> None:
    pool = BlockPool(10, 16)
    admit(pool, ask(COMMON + [3] * 11, salt="salt1"))
    assert pool.lookup(ask(COMMON + [4] * 11, salt="salt1"), 0.0).blocks == [1, 2, 3]
    assert pool.lookup(ask(COMMON + [4] * 11, salt="salt2"), 0.0).blocks == []
    salted, plain = ask(COMMON, salt="salt1").hashes, ask(COMMON).hashes
    assert [salted.extra_keys(block) for block in range(2)] == [(("cache_salt", "salt1"),), None]
    assert set(salted.first(3)).isdisjoint(plain.first(3))


def test_media_are_part_of_the_identity() -> None:
    text = [*range(11), *[-1] * 10, *range(21, 30), *[-1] * 18]
    media = (MediaItem("aaa", 11, 10), MediaItem("bbb", 30, 18))
    pool = BlockPool(10, 16)
    r0 = ask(text + [100] * 7, media=media)
    assert [r0.hashes.extra_keys(block) for block in range(4)] == [
        (("mm", "aaa", 11),),
        (("mm", "aaa", -5), ("mm", "bbb", 14)),
        (("mm", "bbb", -2),),
        None,
    ]
    admit(pool, r0)
    more = (*media, MediaItem("ccc", 48, 5))
    assert pool.lookup(ask(text + [-1] * 7 + [200] * 5, media=more), 0.0).tokens == 48
    assert pool.lookup(ask(text + [100] * 7, media=(MediaItem("zzz", 11, 10), media[1])), 0.0).tokens == 0


def test_without_lookup_the_cache_is_filled_all_the_same() -> None:
    pool = BlockPool(10, 16)
    r0, r1 = ask(COMMON + [3] * 7), ask(COMMON + [3] * 7)
    admit(pool, r0)
    assert pool.allocate(r1, r1.prompt_tokens, 0.0)
    assert r1.blocks == [5, 6, 7, 8]
    assert [pool.block_hash(block) for block in (5, 6, 7)] == [pool.block_hash(block) for block in (1, 2, 3)]
    assert pool.lookup(r1, 0.0).blocks == [1, 2, 3]
    pool.free(r0, 0.0)
    admit(pool, ask([9] * 3 * 16))
    assert pool.lookup(r1, 0.0).blocks == [1, 2, 3], "freed, and not needed so far"
    admit(pool, ask([8] * 16))
    assert pool.lookup(r1, 0.0).blocks == [1, 2, 7], "the copy stands in"


def test_what_does_not_fit_touches_nothing() -> None:
    pool = BlockPool(10, 16)
    r0 = ask(COMMON)
    admit(pool, r0)
    r1 = ask(COMMON * 2)
    admit(pool, r1)
    pool.free(r1, 0.0)
    admit(pool, ask(list(range(100, 100 + 3 * 16))))
    before = list(pool.free_queue()), [pool.references(block) for block in range(11)], pool.used_blocks
    r3 = ask(COMMON * 3)
    hit = pool.lookup(r3, 0.0)
    assert len(hit.blocks) == 6
    assert not pool.allocate(r3, 48 * 3, 0.0, hit)
    assert r3.blocks == []
    assert (list(pool.free_queue()), [pool.references(block) for block in range(11)], pool.used_blocks) == before


def test_reset_is_refused_while_blocks_are_held() -> None:
    pool = BlockPool(10, 16)
    r0 = ask(list(range(55)))
    admit(pool, r0)
    assert not pool.reset()
    assert pool.block_hash(1) is not None
    pool.free(r0, 0.0)
    assert pool.reset()
    assert (pool.cached_blocks, pool.used_blocks) == (0, 0)
    assert [pool.block_hash(block) for block in range(11)] == [None] * 11
    assert pool.lookup(r0, 0.0) == Hit()


def test_caching_disabled() -> None:
    pool = BlockPool(4, 4, caching=False)
    r0 = ask(range(10), 4)
    assert len(admit(pool, r0)[1]) == 3
    pool.free(r0, 0.0)
    hit, blocks = admit(pool, ask(range(16), 4))
    assert (hit, len(blocks)) == (Hit(), 4)
    assert not pool.allocate(ask(range(4), 4), 4, 0.0, Hit())


def test_answers_fill_blocks_and_a_fully_cached_prompt_computes_its_last() -> None:
    pool = BlockPool(10, 16)
    r0 = SimRequest("r", 0.0, 30, 20, TokenHashes(range(50), 16))
    admit(pool, r0)
    assert pool.cached_blocks == 1
    for _ in range(19):
        r0.produced_tokens += 1
        assert pool.allocate(r0, r0.total_tokens, 0.0)
    assert (len(r0.blocks), pool.cached_blocks) == (4, 3)
    assert [pool.lookup(ask(range(tokens)), 0.0).tokens for tokens in (16, 17, 32, 33, 48, 49)] == [
        0,
        16,
        16,
        32,
        32,
        48,
    ]
    pool.free(r0, 0.0)
    r0.preemptions += 1
    assert pool.lookup(r0, 0.0).tokens == 48, "what a preempted request said counts as prompt"


def test_drafts_have_room_and_are_not_found() -> None:
    pool = BlockPool(10, 16)
    request = SimRequest("r", 0.0, 30, 20, TokenHashes(range(50), 16))
    assert pool.allocate(request, 36, 0.0, pool.lookup(request, 0.0))
    assert (len(request.blocks), pool.cached_blocks) == (3, 1)


def test_deduplication_shares_what_is_filled_twice() -> None:
    pool = BlockPool(10, 16, deduplicate=True)
    r0, r1 = ask(COMMON + [3] * 7), ask(COMMON + [3] * 7)
    admit(pool, r0)
    assert pool.allocate(r1, r1.prompt_tokens, 0.0)
    assert r1.blocks == [1, 2, 3, 8]
    assert (pool.used_blocks, pool.cached_blocks) == (5, 3)


def test_tenants_are_counted_apart_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakeai.sim.cache.MAX_TENANTS", 2)
    pool = BlockPool(100, 16)
    for number in range(4):
        one = SimRequest(str(number), 0.0, 40, 1, unique(number, 41, 16), model="m", tenant=f"t{number}")
        assert pool.allocate(one, 40, 0.0, pool.lookup(one, 0.0))
    counted = {key: hits.queried_tokens for key, hits in pool.hits.tenants.items()}
    assert counted == {("m", "t0"): 40, ("m", "t1"): 40, ("m", "(others)"): 80}
