"""The approximate index against a plain set of prefixes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.prefix_index import PrefixIndex

pytestmark = [pytest.mark.unit, pytest.mark.sim]

PATHS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), max_size=40)


def chained(path: list[int]) -> list[int]:
    """Hashes that stand for the whole path, as real ones do."""
    return [hash(tuple(path[: depth + 1])) for depth in range(len(path))]


def common(a: list[int], b: list[int]) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


@given(PATHS, st.lists(st.integers(0, 2), min_size=1, max_size=12))
def test_without_limits_the_longest_common_prefix_is_found(paths: list[list[int]], wanted: list[int]) -> None:
    index = PrefixIndex()
    for at_s, path in enumerate(paths):
        index.add("w", chained(path), float(at_s))
    expected = max((common(path, wanted) for path in paths), default=0)
    assert index.match("w", chained(wanted), float(len(paths))) == expected
    assert index.match("other", chained(wanted), 0.0) == 0


@given(PATHS, st.integers(1, 20), st.floats(1, 30))
def test_what_is_known_is_bounded_and_always_a_prefix(paths: list[list[int]], capacity: int, ttl_s: float) -> None:
    index = PrefixIndex(capacity, ttl_s)
    for at_s, path in enumerate(paths):
        index.add("w", chained(path), float(at_s))
        assert index.blocks("w") <= capacity
        assert index.match("w", chained(path), float(at_s)) == min(len(path), capacity)
        for earlier in paths[: at_s + 1]:
            hashes = chained(earlier)
            known = [index.last_s("w", block) > at_s - ttl_s for block in hashes]
            assert known == sorted(known, reverse=True)
            assert index.match("w", hashes, float(at_s)) == sum(known)


def test_the_oldest_leave_deepest_first() -> None:
    index = PrefixIndex(capacity_blocks=5)
    index.add("w", [1, 2, 3], 0.0)
    index.add("w", [10, 20, 30], 1.0)
    assert index.match("w", [1, 2, 3], 1.0) == 2
    assert index.match("w", [10, 20, 30], 1.0) == 3
    index.forget("w")
    assert index.blocks("w") == 0


def test_what_was_touched_again_stays() -> None:
    index = PrefixIndex(ttl_s=120.0)
    index.add("w", [1, 2, 3], 0.0)
    index.add("w", [1, 2], 100.0)
    assert index.match("w", [1, 2, 3], 119.0) == 3
    assert index.match("w", [1, 2, 3], 121.0) == 2
    assert index.match("w", [1, 2, 3], 221.0) == 0
