"""One look at everything that pages read: members grouped by label sets, each set of labels once."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from fakeai.core.metrics import Labels, Source
from fakeai.core.stats import WorkerStats
from fakeai.telemetry.quantities import Cell, CellKey, Totals
from fakeai.telemetry.registry import Registry

Member = tuple[Any, Any]
"""A key, and what is counted under it."""
_FIELDS = [field.name for field in fields(WorkerStats)]
_LIMITS = {"block_size", "max_model_len", "max_num_batched_tokens", "gpu_memory_utilization", "speculative_tokens"}
_LIMITS |= {"updated_s", "last_step_s"}
"""Of several workers the greatest counts, not the sum."""


@dataclass(slots=True)
class Group:
    """Members that a page shows as one series."""

    values: tuple[str, ...]
    model: str
    stats: Any
    """What rows read: WorkerStats, a chip, Totals."""
    cells: list[Cell]


class Snapshot:
    """`gpus`: keys and readings of chips, as telemetry.dcgm makes them."""

    def __init__(self, registry: Registry, gpus: Iterable[Member] = ()) -> None:
        registry.fold()
        self.registry = registry
        self._gpus = list(gpus)
        self._groups: dict[tuple[Source, Labels], list[Group]] = {}

    def groups(self, source: Source, labels: Labels) -> list[Group]:
        groups = self._groups.get((source, labels))
        if groups is None:
            groups = self._groups[source, labels] = [
                _group(values, members, source) for values, members in _by_labels(self._members[source], labels).items()
            ]
        return groups

    @cached_property
    def _members(self) -> dict[str, list[Member]]:
        workers: list[Member] = list(self.registry.workers())
        cells = [(_idle(labels), Cell(self.registry.bounds)) for labels, _ in workers]
        return {"workers": workers, "gpus": self._gpus, "requests": [*self.registry.cells.items(), *cells]}


def _idle(labels: Any) -> CellKey:
    """A worker without requests has series too, but for those of which the endpoint is a label."""
    return CellKey(labels.model, labels.worker, labels.engine, "false", "")


def _by_labels(members: list[Member], labels: Labels) -> dict[tuple[str, ...], list[Member]]:
    found: dict[tuple[str, ...], list[Member]] = {}
    for member in members:
        values = tuple(map(_text, labels.values(*member)))
        found.setdefault(values, []).append(member)
    without_endpoint = "endpoint" in labels.names
    return {values: group for values, group in found.items() if not (without_endpoint and "" in values)}


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _group(values: tuple[str, ...], members: list[Member], source: Source) -> Group:
    model = getattr(members[0][0], "model", "")
    if source == "requests":
        cells = [cell for _, cell in members]
        return Group(values, model, Totals(cells), cells)
    stats = members[0][1] if len(members) == 1 else together([stats for _, stats in members])
    return Group(values, model, stats, [])


def together(workers: list[WorkerStats]) -> WorkerStats:
    """Several workers as if they were one."""
    return WorkerStats(**{name: _sum(name, [getattr(stats, name) for stats in workers]) for name in _FIELDS})


def _sum(name: str, values: list[Any]) -> Any:
    if name in _LIMITS:
        return max(values)
    if isinstance(values[0], str):
        return values[0]
    if isinstance(values[0], tuple):
        return tuple(sorted({text for texts in values for text in texts}))
    if isinstance(values[0], list):
        longest = max(map(len, values))
        return [sum(value[index] for value in values if index < len(value)) for index in range(longest)]
    return sum(values)
