"""Aggregates of the last seconds, minutes and hours, by model, tenant, endpoint and operation.

What is counted goes into the second's slot; a full second is merged into its minute, a full minute into its hour. Each
mix of model, tenant and endpoint has slots of its own, which are put together when one of them is asked for.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

from fakeai.core.quantiles import Sketch

SIZES_S = {"1s": 1, "1m": 60, "1h": 3600}
SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
OTHER = "other"
"""The key of what came when there were already as many keys as are kept."""
MIXES_PER_KEY = 4
"""So many times the kept keys of a dimension is the greatest number of mixes."""
OUTLIER_DEVIATIONS = 3.0
MAD_TO_DEVIATION = 1.4826
"""Of normally distributed values, the standard deviation over the median absolute deviation."""
LEAST_FOR_OUTLIERS = 5
GATHERED = 64
"""Values that are put into sketches together."""
Document = dict[str, Any]
Values = Sequence[float | None]
Mix = tuple[tuple[str, str], ...]
"""(dimension, key) of everything that a request counts for."""


class Retention(NamedTuple):
    """How many slots of each size are kept."""

    seconds: int = 60
    minutes: int = 60
    hours: int = 24


class Slot:
    """What was measured in one stretch of time: a sketch for each of `names`."""

    __slots__ = ("_rows", "_sketches", "document", "errors", "names", "requests", "start_s")

    def __init__(self, start_s: int, names: Sequence[str]) -> None:
        self.start_s = start_s
        self.names = names
        self.requests = 0
        self.errors = 0
        self.document: Document | None = None
        """Its summary, once it is full."""
        self._sketches = [Sketch() for _ in names]
        self._rows: list[Values] = []

    def add(self, values: Values, failed: bool) -> None:
        """Values gather for a while: a column of them goes into a sketch in a third of the time."""
        self.requests += 1
        self.errors += failed
        self._rows.append(values)
        if len(self._rows) >= GATHERED:
            self._settle()

    def _settle(self) -> None:
        rows, self._rows = self._rows, []
        for sketch, column in zip(self._sketches, zip(*rows, strict=True), strict=False):
            sketch.extend([value for value in column if value is not None])

    def merge(self, other: "Slot") -> None:
        self.requests += other.requests
        self.errors += other.errors
        for mine, theirs in zip(self._sketches, other.settled(), strict=True):
            mine.merge(theirs)

    def settled(self) -> list[Sketch]:
        if self._rows:
            self._settle()
        return self._sketches

    def summary(self) -> Document:
        sketches = zip(self.names, self.settled(), strict=True)
        facts = {name: _facts(sketch) for name, sketch in sketches if sketch.count}
        return {"start_s": self.start_s, "requests": self.requests, "errors": self.errors, **facts}


def _facts(sketch: Sketch) -> Document:
    quantiles = zip(SHARES, sketch.quantiles(SHARES.values()), strict=True)
    spread = {"count": sketch.count, "mean": sketch.mean, "min": sketch.least, "max": sketch.greatest}
    return spread | dict(quantiles)


class Ring:
    """The latest slots of one size. A full one is handed on to `next`, if there is one."""

    __slots__ = ("full", "keep", "names", "next", "running", "size_s")

    def __init__(self, names: Sequence[str], size_s: int, keep: int, next: "Ring | None" = None) -> None:
        self.names = names
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
            running = self.running = Slot(int(at_s // self.size_s) * self.size_s, self.names)
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
        self._rings: dict[Mix, Ring] = {}
        self._keys: dict[str, set[str]] = {}

    def add(self, mix: Mix, at_s: float, names: Sequence[str], values: Values, failed: bool) -> None:
        """values: in the order of names, which are always the same for a dimension."""
        ring = self._rings.get(mix)
        if ring is None:
            ring = self._ring(mix, names)
        slot = ring.running
        if slot is None or at_s >= slot.start_s + ring.size_s:
            slot = ring.slot(at_s)
        slot.add(values, failed)

    def _ring(self, mix: Mix, names: Sequence[str]) -> Ring:
        is_full = len(self._rings) >= MIXES_PER_KEY * self.max_keys
        kept = tuple((dimension, OTHER if is_full else self._kept(dimension, key)) for dimension, key in mix)
        ring = self._rings.get(kept)
        if ring is None:
            hours = Ring(names, SIZES_S["1h"], self.retention.hours)
            minutes = Ring(names, SIZES_S["1m"], self.retention.minutes, hours)
            ring = self._rings[kept] = Ring(names, SIZES_S["1s"], self.retention.seconds, minutes)
        return ring

    def _kept(self, dimension: str, key: str) -> str:
        keys = self._keys.setdefault(dimension, set())
        if key not in keys and len(keys) >= self.max_keys:
            return OTHER
        keys.add(key)
        return key

    def advance(self, now_s: float) -> None:
        """Ends the slots that are full and forgets what is too old."""
        for ring in self._rings.values():
            ring.advance(now_s)
        for mix in [mix for mix, ring in self._rings.items() if ring.is_empty]:
            del self._rings[mix]
        self._keys = {}
        for dimension, key in self.series():
            self._keys.setdefault(dimension, set()).add(key)

    def series(self) -> list[tuple[str, str]]:
        """(dimension, key) of everything that there is a report on."""
        return sorted({part for mix in self._rings for part in mix})

    def report(self, dimension: str, key: str, sizes: Sequence[str], points: bool) -> Document:
        """By window size, as of the last `advance`."""
        rings = [ring for mix, ring in self._rings.items() if (dimension, key) in mix]
        found: Document = {}
        for name, size_s in SIZES_S.items():
            if rings and name in sizes:
                found[name] = _report(rings, size_s, points)
            rings = [ring.next for ring in rings if ring.next is not None]
        return found

    def completed_per_s(self, dimension: str, now_s: float, last_s: int = 60) -> float:
        """Requests that finished without an error in the last full seconds, per second."""
        rings = (ring for mix, ring in self._rings.items() if any(part[0] == dimension for part in mix))
        slots = (slot for ring in rings for slot in ring.full if slot.start_s >= now_s - last_s - 1)
        return sum(slot.requests - slot.errors for slot in slots) / last_s


Moment = list[Slot]
"""Slots of the same stretch of time, of several mixes."""


def _report(rings: Sequence[Ring], size_s: int, points: bool) -> Document:
    moments = _moments(slot for ring in rings for slot in ring.full)
    running = [ring.running for ring in rings if ring.running is not None]
    report: Document = {
        "slots": len(moments),
        "latest": _summary(moments[-1]) if moments else None,
        "running": _together(running).summary() if running else None,
        "trend_per_hour": dict(_trends(moments, size_s)),
        "outliers": list(_outliers(moments)),
    }
    return report | ({"points": [_summary(moment) for moment in moments]} if points else {})


def _moments(slots: Iterable[Slot]) -> list[Moment]:
    """By time."""
    found: dict[int, Moment] = {}
    for slot in slots:
        found.setdefault(slot.start_s, []).append(slot)
    return [found[start_s] for start_s in sorted(found)]


def _together(moment: Moment) -> Slot:
    if len(moment) == 1:
        return moment[0]
    slot = Slot(moment[0].start_s, moment[0].names)
    for each in moment:
        slot.merge(each)
    return slot


def _summary(moment: Moment) -> Document:
    """Of full slots."""
    slot = _together(moment)
    if slot.document is None:
        slot.document = slot.summary()
    return slot.document


def _trends(moments: list[Moment], size_s: int) -> Iterator[tuple[str, float]]:
    """Of the rate of requests, stretches without any included, and of the means of what was measured."""
    if len(moments) < 2:
        return
    rates = {moment[0].start_s: sum(slot.requests for slot in moment) / size_s for moment in moments}
    starts = range(moments[0][0].start_s, moments[-1][0].start_s + 1, size_s)
    yield "requests_per_s", 3600 * slope([(start, rates.get(start, 0.0)) for start in starts])
    for name, means in _means(moments).items():
        if len(means) > 1:
            yield name, 3600 * slope(means)


def _means(moments: list[Moment]) -> dict[str, list[tuple[float, float]]]:
    """(start, mean) of what was measured at all."""
    means: dict[str, list[tuple[float, float]]] = {}
    for moment in moments:
        for name, *sketches in zip(moment[0].names, *(slot.settled() for slot in moment), strict=True):
            if count := sum(sketch.count for sketch in sketches):
                mean = sum(sketch.sum for sketch in sketches) / count
                means.setdefault(name, []).append((moment[0].start_s, mean))
    return means


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the line with the least squared distance, per unit of x; at least two different x."""
    mid_x = sum(x for x, _ in points) / len(points)
    mid_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mid_x) ** 2 for x, _ in points)
    return sum((x - mid_x) * (y - mid_y) for x, y in points) / spread


def _outliers(moments: list[Moment]) -> Iterator[Document]:
    """Moments whose mean is far from the median of all means, by the median absolute deviation."""
    for name, means in _means(moments).items():
        if len(means) < LEAST_FOR_OUTLIERS:
            continue
        middle = median(mean for _, mean in means)
        deviation = MAD_TO_DEVIATION * median(abs(mean - middle) for _, mean in means)
        for start_s, mean in means:
            if deviation and abs(mean - middle) > OUTLIER_DEVIATIONS * deviation:
                yield {"name": name, "start_s": start_s, "mean": mean, "deviations": (mean - middle) / deviation}
