import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.telemetry.histogram import Histogram, add_sorted, added, one_two_five, union

BOUNDS = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=6, unique=True).map(sorted).map(tuple)
VALUES = st.lists(st.integers(0, 44).map(lambda half: half / 2), max_size=40)


def filled(bounds: tuple[float, ...], values: list[float]) -> Histogram:
    histogram = Histogram(bounds)
    for value in values:
        histogram.add(value)
    return histogram


@given(BOUNDS, VALUES)
def test_counts_are_those_of_the_values_up_to_each_bound(bounds: tuple[float, ...], values: list[float]) -> None:
    counts = filled(bounds, values).counts()
    assert counts.cumulative == [*(sum(value <= bound for value in values) for bound in bounds), len(values)]
    assert counts.sum == sum(values)


@given(BOUNDS, VALUES)
def test_sorted_values_are_counted_alike(bounds: tuple[float, ...], values: list[float]) -> None:
    bins = [0] * (len(bounds) + 1)
    add_sorted(bounds, bins, sorted(values))
    assert bins == filled(bounds, values).bins


@given(BOUNDS, BOUNDS, VALUES)
def test_what_is_counted_between_the_bounds_of_all_can_be_shown_with_each(
    some: tuple[float, ...], others: tuple[float, ...], values: list[float]
) -> None:
    together = union([some, others])
    cumulative = filled(together, values).counts().cumulative
    assert [cumulative[together.index(bound)] for bound in some] == filled(some, values).counts().cumulative[:-1]


@given(BOUNDS, VALUES, VALUES)
def test_adding_histograms_is_counting_all(bounds: tuple[float, ...], some: list[float], more: list[float]) -> None:
    assert added([filled(bounds, some).bins, filled(bounds, more).bins]) == filled(bounds, some + more).bins


@pytest.mark.parametrize(("limit", "last"), [(1, 1), (4, 2), (5, 5), (999, 500), (131_072, 100_000)])
def test_one_two_five(limit: int, last: int) -> None:
    bounds = one_two_five(limit)
    assert bounds == (1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5)[: len(bounds)]
    assert bounds[-1] == last
