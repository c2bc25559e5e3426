"""Aggregates of the last seconds, minutes and hours, by model, tenant, endpoint and operation.

What is counted goes into the second's slot; a full second is merged into its minute, a full minute into its hour.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

from fakeai.core.quantiles import Sketch

SIZES_S = {"1s": 1, "1m": 60, "1h": 3600}
SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
OTHER = "other"
"""The key of what came when there were already as many keys as are kept."""
OUTLIER_DEVIATIONS = 3.0
MAD_TO_DEVIATION = 1.4826
"""Of normally distributed values, the standard deviation over the median absolute deviation."""
LEAST_FOR_OUTLIERS = 5
Document = dict[str, Any]


class Retention(NamedTuple):
    """How many slots of each size are kept."""

    seconds: int = 60
    minutes: int = 60
    hours: int = 24


@dataclass(slots=True)
class Slot:
    start_s: int
    requests: int = 0
    errors: int = 0
    sketches: dict[str, Sketch] = field(default_factory=dict)
    document: Document | None = None
    """Its summary, once it is full."""

    def add(self, names: Sequence[str], values: Sequence[float | None], failed: bool) -> None:
        self.requests += 1
        self.errors += failed
        sketches = self.sketches
        for name, value in zip(names, values, strict=True):
            if value is not None:
                sketch = sketches.get(name)
                if sketch is None:
                    sketch = sketches[name] = Sketch()
                sketch.add(value)

    def merge(self, other: "Slot") -> None:
        self.requests += other.requests
        self.errors += other.errors
        for name, sketch in other.sketches.items():
            self.sketches.setdefault(name, Sketch()).merge(sketch)

    def summary(self) -> Document:
        facts = {name: _facts(sketch) for name, sketch in self.sketches.items()}
        return {"start_s": self.start_s, "requests": self.requests, "errors": self.errors, **facts}


def _facts(sketch: Sketch) -> Document:
    quantiles = zip(SHARES, sketch.quantiles(SHARES.values()), strict=True)
    spread = {"count": sketch.count, "mean": sketch.mean, "min": sketch.least, "max": sketch.greatest}
    return spread | dict(quantiles)


class Ring:
    """The latest slots of one size. A full one is handed on to `next`, if there is one."""

    __slots__ = ("full", "keep", "next", "running", "size_s")

    def __init__(self, size_s: int, keep: int, next: "Ring | None" = None) -> None:
        self.size_s = size_s
        self.keep = keep
        self.next = next
        self.running: Slot | None = None
        self.full: deque[Slot] = deque()

    def slot(self, at_s: float) -> Slot:
        """The running one; what is late is counted in it too."""
        running = self.running
        if running is None or at_s >= running.start_s + self.size_s:
            self.advance(at_s)
            running = self.running = Slot(int(at_s // self.size_s) * self.size_s)
        return running

    def advance(self, now_s: float) -> None:
        running = self.running
        if running is not None and now_s >= running.start_s + self.size_s:
            self.running = None
            self.full.append(running)
            if self.next is not None:
                self.next.slot(running.start_s).merge(running)
        while self.full and self.full[0].start_s < now_s - self.size_s * (self.keep + 1):
            self.full.popleft()
        if self.next is not None:
            self.next.advance(now_s)

    @property
    def is_empty(self) -> bool:
        return self.running is None and not self.full and (self.next is None or self.next.is_empty)


class Windows:
    """`max_keys`: of each dimension; what is beyond counts under `other`."""

    def __init__(self, retention: Retention | None = None, max_keys: int = 64) -> None:
        self.retention = retention or Retention()
        self.max_keys = max_keys
        self._series: dict[str, dict[str, Ring]] = {}

    def add(
        self,
        keys: Sequence[tuple[str, str]],
        at_s: float,
        names: Sequence[str],
        values: Sequence[float | None],
        failed: bool,
    ) -> None:
        """keys: (dimension, key) of everything that this counts for. values: in the order of names."""
        for dimension, key in keys:
            self._ring(dimension, key).slot(at_s).add(names, values, failed)

    def _ring(self, dimension: str, key: str) -> Ring:
        rings = self._series.setdefault(dimension, {})
        ring = rings.get(key)
        if ring is None:
            key = key if len(rings) < self.max_keys else OTHER
            ring = rings.setdefault(key, self._rings())
        return ring

    def _rings(self) -> Ring:
        hours = Ring(SIZES_S["1h"], self.retention.hours)
        return Ring(SIZES_S["1s"], self.retention.seconds, Ring(SIZES_S["1m"], self.retention.minutes, hours))

    def advance(self, now_s: float) -> None:
        """Ends the slots that are full and forgets what is too old."""
        for rings in self._series.values():
            for ring in rings.values():
                ring.advance(now_s)
            for key in [key for key, ring in rings.items() if ring.is_empty]:
                del rings[key]

    def series(self) -> list[tuple[str, str]]:
        return [(dimension, key) for dimension, rings in self._series.items() for key in rings]

    def report(self, dimension: str, key: str, sizes: Sequence[str], now_s: float, points: bool) -> Document:
        """By window size; empty if the key has been forgotten meanwhile."""
        ring = self._series.get(dimension, {}).get(key)
        found: Document = {}
        for name, size_s in SIZES_S.items():
            if ring is not None and name in sizes:
                found[name] = _report(ring, size_s, now_s, points)
            ring = ring.next if ring else None
        return found

    def completed_per_s(self, dimension: str, now_s: float, last_s: int = 60) -> float:
        """Requests that finished without an error in the last full seconds, per second."""
        slots = (slot for ring in self._series.get(dimension, {}).values() for slot in ring.full)
        return sum(slot.requests - slot.errors for slot in slots if slot.start_s >= now_s - last_s - 1) / last_s


def _report(ring: Ring, size_s: int, now_s: float, points: bool) -> Document:
    full = list(ring.full)
    for slot in full:
        if slot.document is None and (points or slot is full[-1]):
            slot.document = slot.summary()
    report: Document = {
        "slots": len(full),
        "latest": full[-1].document if full else None,
        "running": ring.running.summary() if ring.running else None,
        "trend_per_hour": dict(_trends(full, size_s)),
        "outliers": list(_outliers(full)),
    }
    return report | ({"points": [slot.document for slot in full]} if points else {})


def _trends(slots: list[Slot], size_s: int) -> Iterator[tuple[str, float]]:
    """Of the rate of requests, seconds without any included, and of the means of what was measured."""
    if len(slots) < 2:
        return
    rates = {slot.start_s: slot.requests / size_s for slot in slots}
    starts = range(slots[0].start_s, slots[-1].start_s + 1, size_s)
    yield "requests_per_s", 3600 * slope([(start, rates.get(start, 0.0)) for start in starts])
    for name, means in _means(slots).items():
        if len(means) > 1:
            yield name, 3600 * slope(means)


def _means(slots: list[Slot]) -> dict[str, list[tuple[float, float]]]:
    means: dict[str, list[tuple[float, float]]] = {}
    for slot in slots:
        for name, sketch in slot.sketches.items():
            means.setdefault(name, []).append((slot.start_s, sketch.mean))
    return means


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the line with the least squared distance, per unit of x; at least two different x."""
    mid_x = sum(x for x, _ in points) / len(points)
    mid_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mid_x) ** 2 for x, _ in points)
    return sum((x - mid_x) * (y - mid_y) for x, y in points) / spread


def _outliers(slots: list[Slot]) -> Iterator[Document]:
    """Slots whose mean is far from the median of all means, by the median absolute deviation."""
    for name, means in _means(slots).items():
        if len(means) < LEAST_FOR_OUTLIERS:
            continue
        middle = median(mean for _, mean in means)
        deviation = MAD_TO_DEVIATION * median(abs(mean - middle) for _, mean in means)
        for start_s, mean in means:
            if deviation and abs(mean - middle) > OUTLIER_DEVIATIONS * deviation:
                yield {"name": name, "start_s": start_s, "mean": mean, "deviations": (mean - middle) / deviation}
