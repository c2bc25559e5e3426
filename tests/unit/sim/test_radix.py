"""Scenarios of SGLang's own tests of its radix cache."""

from collections.abc import Sequence

import pytest

from fakeai.sim.hashing import TokenHashes
from fakeai.sim.radix import RANKS, RadixCache
from fakeai.sim.request import SimRequest

pytestmark = [pytest.mark.unit, pytest.mark.sim]


def ask(tokens: Sequence[int], page: int = 1, salt: str = "", priority: int = 0) -> SimRequest:
    hashes = TokenHashes(tokens, page, salt=salt)
    return SimRequest("r", 0.0, len(tokens), 0, hashes, priority=priority)


def insert(cache: RadixCache, tokens: Sequence[int], salt: str = "", priority: int = 0) -> None:
    request = ask(tokens, cache.block_size, salt, priority)
    assert cache.allocate(request, len(tokens), 0.0, cache.lookup(request, 0.0))
    cache.free(request, 0.0)


def match(cache: RadixCache, tokens: Sequence[int], salt: str = "") -> int:
    """One more token is asked for, since the last one of a prompt is never found."""
    return cache.lookup(ask([*tokens, 0], cache.block_size, salt), 0.0).tokens


@pytest.mark.parametrize("page", [1, 2])
def test_matching_ends_within_an_edge_and_inserting_splits_it(page: int) -> None:
    cache = RadixCache(64, page)
    insert(cache, range(1, 9))
    insert(cache, [1, 2, 9, 10])
    assert cache.cached_blocks * page == 10
    assert match(cache, [1, 2, 3, 4, 999, 1000]) == 4
    assert match(cache, [1, 2, 3, 4, 5, 6, 777, 888]) == 6
    assert match(cache, [1, 2, 9, 10]) == 4
    assert cache.cached_blocks * page == 10


@pytest.mark.parametrize(("page", "tokens", "found"), [(2, 5, 4), (4, 6, 4), (1, 5, 5)])
def test_matches_are_whole_pages(page: int, tokens: int, found: int) -> None:
    cache = RadixCache(64, page)
    insert(cache, range(tokens))
    assert match(cache, range(tokens)) == found


def test_a_prompt_is_never_found_to_its_last_token() -> None:
    cache = RadixCache(64, 2)
    insert(cache, range(8))
    assert cache.lookup(ask(range(8), 2), 0.0).tokens == 6


def test_namespaces_see_their_own() -> None:
    cache = RadixCache(64, 1)
    for salt in ("key1", "key2", ""):
        insert(cache, [1, 2, 3], salt)
    assert cache.cached_blocks == 9
    assert [match(cache, [1, 2, 3], salt) for salt in ("key1", "key2", "", "unknown")] == [3, 3, 3, 0]


def test_what_is_held_is_not_evictable() -> None:
    cache = RadixCache(64, 1)
    insert(cache, [1, 2, 3])
    assert (cache.used_blocks, cache.evictable_blocks) == (0, 3)
    request = ask([1, 2, 3, 4])
    assert cache.allocate(request, 4, 0.0, cache.lookup(request, 0.0))
    assert (cache.used_blocks, cache.evictable_blocks) == (4, 0)
    cache.free(request, 0.0)
    assert (cache.used_blocks, cache.evictable_blocks) == (0, 4)


def test_equal_prompts_at_once_share_pages_once_they_are_in_the_tree() -> None:
    cache = RadixCache(16, 1)
    first, second = ask([1, 2, 3, 4]), ask([1, 2, 3, 5])
    hits = [cache.lookup(request, 0.0) for request in (first, second)]
    for request, hit in zip((first, second), hits, strict=True):
        assert hit.tokens == 0
        assert cache.allocate(request, 4, 0.0, hit)
    assert first.blocks[:3] == second.blocks[:3]
    assert (cache.used_blocks, cache.cached_blocks) == (5, 5)


def test_answers_are_found_after_their_request() -> None:
    cache = RadixCache(16, 2)
    request = SimRequest("r", 0.0, 4, 4, TokenHashes(range(8), 2))
    assert cache.allocate(request, 4, 0.0, cache.lookup(request, 0.0))
    for _ in range(4):
        request.produced_tokens += 1
        assert cache.allocate(request, request.total_tokens, 0.0)
    assert match(cache, range(8)) == 4
    cache.free(request, 0.0)
    assert match(cache, range(8)) == 6, "what was said last was never computed"
    assert (request.blocks, cache.used_blocks, cache.cached_blocks) == ([], 0, 3)


def survivors(policy: str) -> set[int]:
    """Of five leaves of one page, those that are left when two had to go: 1 is the oldest, 2 and 1 were hit."""
    cache = RadixCache(5, 1, rank=RANKS[policy])
    for token in range(1, 6):
        insert(cache, [token], priority=-token % 4)
    for token in (1, 1, 2):
        request = ask([token, 0])
        hit = cache.lookup(request, 0.0)
        assert hit.tokens == 1
        request.priority = -token % 4
        if cache.allocate(request, 1, 0.0, hit):
            cache.free(request, 0.0)
    insert(cache, [10])
    insert(cache, [11])
    return {token for token in range(1, 6) if match(cache, [token])}


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        ("lru", {1, 2, 5}),
        ("lfu", {1, 2, 5}),
        ("slru", {1, 2, 5}),
        ("fifo", {3, 4, 5}),
        ("priority", {2, 3, 4}),
    ],
)
def test_order_of_eviction(policy: str, left: set[int]) -> None:
    assert survivors(policy) == left


@pytest.mark.parametrize(("policy", "left"), [("lru", 0), ("slru", 1), ("mru", 1), ("filo", 1)])
def test_a_leaf_that_was_hit_twice_against_a_flood(policy: str, left: int) -> None:
    cache = RadixCache(5, 1, rank=RANKS[policy])
    insert(cache, [1])
    for _ in range(2):
        insert(cache, [1, 2])
    for token in range(10, 30):
        insert(cache, [token])
    assert match(cache, [1]) == left


def test_leaves_go_before_what_they_continue() -> None:
    cache = RadixCache(6, 1)
    insert(cache, [1, 2, 3, 4])
    insert(cache, [1, 2, 5])
    insert(cache, [9, 8, 7])
    assert match(cache, [1, 2, 3, 4]) == 2
    assert match(cache, [1, 2, 5]) == 3
    assert match(cache, [9, 8, 7]) == 3


def test_a_held_prefix_stays_when_what_follows_it_goes() -> None:
    cache = RadixCache(6, 1)
    holder = ask([1, 2])
    assert cache.allocate(holder, 2, 0.0, cache.lookup(holder, 0.0))
    insert(cache, [1, 2, 3])
    insert(cache, [9, 8, 7, 6])
    assert match(cache, [1, 2, 3]) == 2
    assert not cache.allocate(ask([5] * 5), 5, 0.0)
    insert(cache, [5, 5, 5, 5])
    assert match(cache, [1, 2]) == 2
    assert cache.used_blocks == 2


def test_reset_waits_for_requests() -> None:
    cache = RadixCache(6, 1)
    request = ask([1, 2])
    assert cache.allocate(request, 2, 0.0, cache.lookup(request, 0.0))
    assert not cache.reset()
    cache.free(request, 0.0)
    assert cache.reset()
    assert (cache.cached_blocks, match(cache, [1, 2])) == (0, 0)
