"""The row type of spec/metrics: what a page calls a fact, and how it reads it from what is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Instrument = Literal["counter", "gauge", "histogram"]
Source = Literal["http", "errors", "requests", "workers", "gpus"]
"""http: core.stats.Stats; errors: telemetry.errors.Errors, both tables by label values. requests: sums and
distributions over finished requests. workers, gpus: core.stats.WorkerStats and GpuStats."""
Reading = Callable[[Any], Any]


def ratio(part: float, whole: float) -> float:
    """0 of nothing is 0."""
    return part / whole if whole else 0.0


def floor(value: float) -> int:
    return int(value // 1)


def count(items: tuple[str, ...]) -> int:
    return len(items)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A set of labels; rows that share the object share its grouping."""

    names: tuple[str, ...]
    values: Callable[[Any, Any], tuple[Any, ...]]
    """Of the key of a member (WorkerLabels, a cell's key) and what is counted of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    name: str
    instrument: Instrument
    unit: str
    help: str
    source: Source
    labels: Labels
    field: str | None = None
    """Of a table; of a distribution over requests, if this is a histogram."""
    by: tuple[str, ...] = ()
    """Further labels, whose values the readings name."""
    reads: tuple[tuple[tuple[str, ...], Reading], ...] = ()
    """Values of `by` → reading. Where `by` is given and the values are not, a list is read, labelled by its index."""
    buckets: tuple[float, ...] | None = None
    """None, of a histogram: 1, 2, 5, 10, 20, … up to the model's context."""
    when: Reading | None = None
    """Groups of which this is false have no such series."""
    total: Reading | None = None
    """Sum of the values of a histogram that reads a list of counts."""
