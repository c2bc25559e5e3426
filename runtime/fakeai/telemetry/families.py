"""From a row of spec/metrics to its series."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from fakeai.core.metrics import Metric
from fakeai.telemetry.histogram import Counts, Histogram, added
from fakeai.telemetry.quantities import NAMES, Cell
from fakeai.telemetry.snapshot import Group, Snapshot

Series = tuple[tuple[str, ...], Any]
"""Values of the labels, and a number or Counts."""


class Family:
    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.label_names = metric.labels.names + metric.by
        self._places: dict[str, tuple[tuple[float, ...], list[int]]] = {}

    def series(self, snapshot: Snapshot) -> Iterator[Series]:
        metric = self.metric
        if metric.source == "http":
            return _table(getattr(snapshot.registry.stats, metric.field or ""))
        if metric.source == "errors":
            return _table(getattr(snapshot.registry.errors, metric.field or ""))
        groups = snapshot.groups(metric.source, metric.labels)
        if metric.when is not None:
            groups = [group for group in groups if metric.when(group.stats)]
        if metric.instrument != "histogram":
            return self._numbers(groups)
        return self._of_requests(groups, snapshot) if metric.field else self._of_steps(groups, snapshot)

    def _numbers(self, groups: list[Group]) -> Iterator[Series]:
        for group in groups:
            for values, read in self.metric.reads:
                number = read(group.stats)
                if isinstance(number, list):
                    yield from (((*group.values, str(index)), each) for index, each in enumerate(number))
                else:
                    yield (*group.values, *values), number

    def _of_requests(self, groups: list[Group], snapshot: Snapshot) -> Iterator[Series]:
        place = NAMES.index(self.metric.field or "")
        for group in groups:
            bounds, places = self._places_of(group.model, group.cells[0].bounds[place], snapshot)
            cumulative = list(accumulate(added([cell.bins[place] for cell in group.cells])))
            total = group.cells[0].sums[place] if len(group.cells) == 1 else _sum(group.cells, place)
            yield group.values, Counts(bounds, [cumulative[index] for index in places], total)

    def _places_of(
        self, model: str, counted: tuple[float, ...], snapshot: Snapshot
    ) -> tuple[tuple[float, ...], list[int]]:
        """The family's bounds, and where they are among those that are counted; the last place is that of all."""
        places = self._places.get(model)
        if places is None:
            bounds = snapshot.registry.bounds_of(self.metric, model)
            places = self._places[model] = (bounds, [*map(counted.index, bounds), len(counted)])
        return places

    def _of_steps(self, groups: list[Group], snapshot: Snapshot) -> Iterator[Series]:
        """Counts by powers of two: [k] holds what is greater than 2**(k - 1) and at most 2**k."""
        read, total = self.metric.reads[0][1], self.metric.total
        for group in groups:
            cumulative = list(accumulate(read(group.stats)))
            bounds = snapshot.registry.bounds_of(self.metric, group.model)
            places = [min(int(bound).bit_length(), len(cumulative)) - 1 for bound in bounds]
            counts = [*(cumulative[place] for place in places), cumulative[-1]]
            yield group.values, Counts(bounds, counts, total(group.stats) if total else 0.0)


def _sum(cells: list[Cell], place: int) -> float:
    return sum(cell.sums[place] for cell in cells)


def _table(value: Any) -> Iterator[Series]:
    if not isinstance(value, dict):
        yield (), value
        return
    for labels, each in sorted(value.items()):
        yield labels, each.counts() if isinstance(each, Histogram) else each
