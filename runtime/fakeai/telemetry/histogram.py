"""Counts of values between bounds."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import add
from typing import NamedTuple


class Counts(NamedTuple):
    """A histogram as pages show it."""

    bounds: tuple[float, ...]
    """Upper and inclusive; without +Inf."""
    cumulative: list[int]
    """[len(bounds) + 1]; the last is the count of all."""
    sum: float


class Histogram:
    """One bin for each bound, of the values up to it and above the one before, and one for what is greater."""

    __slots__ = ("bins", "bounds", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.bins = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.bins[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def counts(self) -> Counts:
        return Counts(self.bounds, list(accumulate(self.bins)), self.sum)


def add_sorted(bounds: Sequence[float], bins: list[int], values: Sequence[float]) -> None:
    """As Histogram.add for ascending values: a search for each bin that is met, not for each value."""
    seen, end = 0, len(values)
    while seen < end:
        index = bisect_left(bounds, values[seen])
        is_last = index == len(bounds) or values[-1] <= bounds[index]
        upto = end if is_last else bisect_right(values, bounds[index], seen)
        bins[index] += upto - seen
        seen = upto


def added(bins: Sequence[list[int]]) -> list[int]:
    """Bin by bin, of histograms with the same bounds."""
    total = bins[0]
    for more in bins[1:]:
        total = list(map(add, total, more))
    return total


def union(sets: Iterable[Sequence[float]]) -> tuple[float, ...]:
    """The bounds of all: what is counted between them can be shown with each set."""
    return tuple(sorted({float(bound) for bounds in sets for bound in bounds}))


def one_two_five(limit: int) -> tuple[float, ...]:
    """1, 2, 5, 10, 20, … up to limit.  Source: vLLM, build_1_2_5_buckets."""
    steps = (digit * 10.0**power for power in range(len(str(limit))) for digit in (1, 2, 5))
    return tuple(step for step in steps if step <= limit)
