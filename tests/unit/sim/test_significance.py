"""P-values against tabulated ones."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.significance import Moments, student, two_proportions, welch

pytestmark = [pytest.mark.unit, pytest.mark.sim]


@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.7062), (2, 4.30265), (5, 2.57058), (10, 2.22814), (30, 2.04227), (120, 1.97993)]
)
def test_critical_values_of_students_table(freedom: int, t: float) -> None:
    assert student(t, freedom) == pytest.approx(0.05, abs=1e-6)
    assert student(-t, freedom) == student(t, freedom)


@given(st.floats(0.01, 50), st.floats(1, 1000))
def test_student_is_a_falling_probability(t: float, freedom: float) -> None:
    assert 0 <= student(t * 1.1, freedom) <= student(t, freedom) <= 1


def moments(values: list[float]) -> Moments:
    found = Moments()
    for value in values:
        found.add(value)
    return found


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=50))
def test_moments_are_those_of_the_list(values: list[float]) -> None:
    found = moments(values)
    mean = sum(values) / len(values)
    assert found.mean == pytest.approx(mean, abs=1e-6)
    assert found.variance == pytest.approx(sum((v - mean) ** 2 for v in values) / (len(values) - 1), rel=1e-6, abs=1e-6)


def test_welch_on_equal_variances_is_the_t_test() -> None:
    # Means 2 and 3, both of variance 1 with n = 3: t = 1 / sqrt(2/3), 4 degrees of freedom.
    assert welch(moments([1, 2, 3]), moments([2, 3, 4])) == pytest.approx(student(1 / sqrt(2 / 3), 4))
    assert welch(moments([1, 1]), moments([2, 2])) == 0.0
    assert welch(moments([1, 1]), moments([1, 1])) == 1.0
    assert welch(moments([1]), moments([2, 3])) == 1.0


def test_two_proportions() -> None:
    # z = 1.96 is the 5 % point: shares 0.5 ± d with n = 1000 each, d = 1.959964 · sqrt(0.5 / 1000) / 2 either way.
    hits = round(1000 * (0.5 + 1.959964 * sqrt(0.5 / 1000) / 2))
    assert two_proportions(hits, 1000, 1000 - hits, 1000) == pytest.approx(0.05, abs=0.003)
    assert two_proportions(5, 10, 5, 10) == pytest.approx(1.0)
    assert two_proportions(0, 10, 0, 10) == 1.0
    assert two_proportions(0, 0, 5, 10) == 1.0
