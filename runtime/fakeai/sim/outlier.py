"""Ejection of workers that fail several times in a row, for longer each time, but never of too many at once."""

from dataclasses import dataclass
from math import ceil, floor, inf


@dataclass(frozen=True, slots=True)
class OutlierOptions:
    """Source: Envoy's outlier detection."""

    consecutive_failures: int = 5
    interval_s: float = 10.0
    """Ejected workers come back at multiples of it."""
    base_ejection_s: float = 30.0
    """Times the number of ejections; a sweep in good standing takes one off that number."""
    max_ejection_s: float = 300.0
    max_ejection_share: float = 0.1
    always_eject_one: bool = True
    """Even if one is more than that share, as in any cluster of fewer than ten."""


class Ejection:
    """Of one worker."""

    def __init__(self, options: OutlierOptions = OutlierOptions()) -> None:
        self.options = options
        self.until_s = -inf
        self.times = 0
        """How often it was ejected, less those that good standing took off when it was ejected last."""
        self._in_a_row = 0

    def holds(self, now_s: float) -> bool:
        return now_s < self.until_s

    def record(self, ok: bool, now_s: float) -> bool:
        """Whether the worker is to be ejected now; whoever counts the others may decline."""
        if self.holds(now_s):
            return False
        self._in_a_row = 0 if ok else self._in_a_row + 1
        return self._in_a_row >= self.options.consecutive_failures

    def eject(self, now_s: float) -> None:
        options = self.options
        if self.times:
            self.times = max(0, self.times - floor((now_s - self.until_s) / options.interval_s))
        self.times += 1
        self._in_a_row = 0
        back_s = now_s + min(options.base_ejection_s * self.times, options.max_ejection_s)
        self.until_s = ceil(back_s / options.interval_s) * options.interval_s
