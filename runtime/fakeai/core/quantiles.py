"""The one implementation of percentiles: a sketch of bounded memory that can be merged.

Values fall into buckets whose bounds grow geometrically, so that a quantile is off by at most `ACCURACY` of itself.
Source: Masson, Rim, Lee, "DDSketch", VLDB 2019, without its collapsing: seconds and tokens span few buckets.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import ceil, exp, inf, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

ACCURACY = 0.005
_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_PER_LOG = 1 / log(_GAMMA)
LEAST = 1e-9
"""What is smaller counts as zero."""
MANY = 1000
"""From so many values on NumPy is worth its import."""


class Sketch:
    __slots__ = ("buckets", "count", "greatest", "least", "sum", "zeros")

    def __init__(self, values: Iterable[float] = ()) -> None:
        self.buckets: defaultdict[int, int] = defaultdict(int)
        self.zeros = 0
        self.count = 0
        self.sum = 0.0
        self.least = inf
        self.greatest = -inf
        for value in values:
            self.add(value)

    def add(self, value: float, times: int = 1) -> None:
        """Negative values count as zero."""
        if value > LEAST:
            self.buckets[ceil(log(value) * _PER_LOG)] += times
        else:
            value = 0.0
            self.zeros += times
        self.count += times
        self.sum += value * times
        if value < self.least:
            self.least = value
        if value > self.greatest:
            self.greatest = value

    def extend(self, values: "Sequence[float] | NDArray[float64]") -> None:
        """As `add` for each of them, but faster; thousands in a fiftieth of the time."""
        if len(values) >= MANY:
            self._extend_by_array(values)
        elif len(values):
            self._extend_by_list(values)

    def _extend_by_list(self, values: "Sequence[float] | NDArray[float64]") -> None:
        positive = [value for value in values if value > LEAST]
        for index, times in Counter([ceil(each * _PER_LOG) for each in map(log, positive)]).items():
            self.buckets[index] += times
        self._note(len(values), len(positive), sum(positive), min(positive, default=0.0), max(positive, default=0.0))

    def _extend_by_array(self, values: "Sequence[float] | NDArray[float64]") -> None:
        import numpy as np  # only who has thousands pays for it

        array = np.asarray(values)
        large = array[array > LEAST]
        buckets, times = np.unique(np.ceil(np.log(large) * _PER_LOG).astype(np.int64), return_counts=True)
        for index, count in zip(buckets.tolist(), times.tolist(), strict=True):
            self.buckets[index] += count
        least, greatest = (float(large.min()), float(large.max())) if len(large) else (0.0, 0.0)
        self._note(len(array), len(large), float(large.sum()), least, greatest)

    def _note(self, count: int, positive: int, total: float, least: float, greatest: float) -> None:
        """least, greatest: of the positive values."""
        self.zeros += count - positive
        self.count += count
        self.sum += total
        self.least = min(self.least, least if positive == count else 0.0)
        self.greatest = max(self.greatest, greatest)

    def merge(self, other: "Sketch") -> None:
        for index, times in other.buckets.items():
            self.buckets[index] += times
        self.zeros += other.zeros
        self.count += other.count
        self.sum += other.sum
        self.least = min(self.least, other.least)
        self.greatest = max(self.greatest, other.greatest)

    @property
    def mean(self) -> float:
        """0 if there are no values."""
        return self.sum / self.count if self.count else 0.0

    def quantile(self, share: float) -> float:
        """The value below which `share` of the values lie, 0 ≤ share ≤ 1; 0 if there are none."""
        return self.quantiles((share,))[0]

    def quantiles(self, shares: Iterable[float]) -> list[float]:
        """As `quantile`, for shares in ascending order."""
        found: list[float] = []
        ordered = iter(sorted(self.buckets.items()))
        seen, value = self.zeros, 0.0
        for share in shares:
            rank = share * (self.count - 1)
            while seen <= rank and (bucket := next(ordered, None)) is not None:
                seen += bucket[1]
                value = 2 * exp(bucket[0] / _PER_LOG) / (_GAMMA + 1)
            found.append(min(max(value, self.least), self.greatest) if self.count else 0.0)
        return found
