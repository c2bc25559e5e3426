"""Which cached blocks survive under each order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.blocks import BlockPool
from fakeai.sim.eviction import EVICTIONS, Lfu, PrefixAware, Ttl
from fakeai.sim.hashing import TokenHashes
from fakeai.sim.request import SimRequest

pytestmark = [pytest.mark.unit, pytest.mark.sim]


class Served:
    """A pool of blocks of 4 tokens in which requests come and go one after the other."""

    def __init__(self, policy: str, blocks: int, ttl_s: float = 10.0) -> None:
        self.pool = BlockPool(blocks, 4, eviction=EVICTIONS[policy](blocks, ttl_s))

    def ask(self, tokens: list[int]) -> SimRequest:
        return SimRequest("r", 0.0, len(tokens), 0, TokenHashes(tokens, 4))

    def run(self, *tokens: int, at_s: float = 0.0) -> int:
        request = self.ask([token for token in tokens for _ in range(4)])
        hit = self.pool.lookup(request, at_s)
        assert self.pool.allocate(request, request.prompt_tokens, at_s, hit)
        self.pool.free(request, at_s)
        return len(hit.blocks)

    def cached(self, *tokens: int, at_s: float = 0.0) -> int:
        return len(self.pool.lookup(self.ask([*(token for token in tokens for _ in range(4)), 0]), at_s).blocks)


@pytest.mark.parametrize(("policy", "left"), [("lru", False), ("lfu", True), ("prefix_aware", True)])
def test_a_shared_prefix_against_a_flood_of_prompts(policy: str, left: bool) -> None:
    served = Served(policy, 8)
    for tail in (10, 11, 12):
        served.run(1, 2, tail)
    for token in range(20, 40):
        served.run(token, token, token)
    assert served.cached(1, 2) == (2 if left else 0)


def test_what_was_popular_once_goes_in_the_end() -> None:
    for policy in ("lfu", "prefix_aware"):
        served = Served(policy, 8)
        for _ in range(5):
            served.run(1, 2, 3)
        for token in range(20, 60):
            served.run(token, token, 3)
            served.run(token, token, 4)
        assert served.cached(1, 2) == 0, policy


def test_expired_blocks_are_not_found_and_go_first() -> None:
    served = Served("ttl", 8, ttl_s=10.0)
    served.run(1, 2, at_s=0.0)
    served.run(3, 4, at_s=8.0)
    assert (served.cached(1, 2, at_s=10.0), served.cached(1, 2, at_s=10.5)) == (2, 0)
    assert served.cached(3, 4, at_s=10.5) == 2
    served.run(5, at_s=11.0)
    assert served.pool.cached_blocks == 3, "the expired ones have been forgotten"
    assert sorted(served.pool.free_queue()) == [*range(1, 9)]


def test_using_a_block_renews_it() -> None:
    served = Served("ttl", 8, ttl_s=10.0)
    served.run(1, 2, at_s=0.0)
    assert served.run(1, 2, at_s=9.0) == 1
    assert served.cached(1, 2, at_s=15.0) == 2
    assert served.cached(1, 2, at_s=20.0) == 0


def test_held_blocks_do_not_expire() -> None:
    served = Served("ttl", 8, ttl_s=1.0)
    request = served.ask([1] * 8)
    assert served.pool.allocate(request, 8, 0.0)
    assert served.cached(1, 1, at_s=100.0) == 2


def test_a_copy_stands_in_for_an_expired_block() -> None:
    served = Served("ttl", 8, ttl_s=10.0)
    served.run(1, 2, at_s=0.0)
    served.run(1, 2, 3, at_s=20.0)
    assert served.cached(1, 2, at_s=21.0) == 2


def test_lfu_breaks_ties_by_age_and_caps_hits() -> None:
    order = Lfu()
    order.hit([7] * 100)
    order.add([5, 6, 7], 0.0)
    assert list(order) == [5, 6, 7]
    assert order.pop(1) == [5]
    order.add([8], 0.0)
    assert order.pop(3) == [6, 8, 7]


def test_lfu_forgets_the_hits_of_what_goes() -> None:
    order = Lfu()
    order.hit([1, 1])
    order.add([1], 0.0)
    assert order.pop(1) == [1]
    order.add([1, 2], 0.0)
    assert list(order) == [1, 2]


def test_prefix_aware_protects_a_share_of_the_capacity() -> None:
    order = PrefixAware(10)
    order.hit(range(10))
    order.add(range(10), 0.0)
    assert list(order) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    order.add([10], 0.0)
    assert list(order)[:3] == [0, 1, 10], "two of ten were too many and have lost their privilege"
    order.remove(0)
    order.add([0], 0.0)
    assert list(order)[:3] == [1, 10, 0]


def test_ttl_forgets_a_bounded_number_at_once() -> None:
    order = Ttl(1.0)
    order.add(range(10), 0.0)
    assert order.expire(4, 5.0) == [0, 1, 2, 3]
    assert len(order) == 6


@given(
    st.sampled_from(sorted(EVICTIONS)),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 5)), max_size=40),
)
def test_no_block_goes_before_one_that_continues_it(policy: str, prompts: list[tuple[int, int, int]]) -> None:
    """One request at a time, so that there are no copies: then a cached block's parent is cached."""
    served = Served(policy, 7)
    chains: dict[int, int | None] = {}
    for prompt in prompts:
        hashes = served.ask([token for token in prompt for _ in range(4)]).hashes.first(3)
        chains |= zip(hashes, [None, *hashes], strict=False)
        served.run(*prompt)
        present = {served.pool.block_hash(block) for block in range(1, 8)} - {None}
        assert all(chains[block_hash] in present | {None} for block_hash in present if block_hash is not None)
