"""Quantiles against the sorted values, within the sketch's accuracy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.quantiles import ACCURACY, Sketch

pytestmark = pytest.mark.unit
VALUES = st.lists(st.floats(0, 1e6) | st.floats(1e-6, 1), min_size=1, max_size=60)
SHARES = (0, 0.1, 0.5, 0.9, 0.99, 1)


@given(VALUES)
def test_quantiles_are_values_within_the_accuracy(values: list[float]) -> None:
    ordered = sorted(values)
    for share, found in zip(SHARES, Sketch(values).quantiles(SHARES), strict=True):
        true = ordered[int(share * (len(ordered) - 1))]
        assert found == pytest.approx(true, rel=2 * ACCURACY, abs=1e-8)


@given(VALUES, VALUES)
def test_merging_is_adding_all(some: list[float], more: list[float]) -> None:
    merged, together = Sketch(some), Sketch(some + more)
    merged.merge(Sketch(more))
    assert merged.quantiles(SHARES) == together.quantiles(SHARES)
    assert (merged.count, merged.least, merged.greatest) == (together.count, together.least, together.greatest)
    assert merged.mean == pytest.approx(together.mean)


def test_nothing_has_no_quantiles() -> None:
    assert Sketch().quantile(0.5) == 0.0
    assert Sketch().mean == 0.0


@given(VALUES, st.lists(st.just(0.0) | st.floats(0, 1), max_size=5))
def test_extending_is_adding_each(some: list[float], more: list[float]) -> None:
    extended, added = Sketch(some), Sketch([*some, *more])
    extended.extend(more)
    assert extended.quantiles(SHARES) == added.quantiles(SHARES)
    assert (extended.count, extended.least, extended.greatest) == (added.count, added.least, added.greatest)
    assert extended.sum == pytest.approx(added.sum)
