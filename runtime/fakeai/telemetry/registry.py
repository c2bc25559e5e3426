"""The one registry: what live code hands over, folded into what all pages read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from fakeai.core.metrics import Metric
from fakeai.core.stats import GpuStats, RequestRecord, Stats, WorkerLabels, WorkerStats
from fakeai.telemetry.errors import CLIENT_GONE, Errors, error_type, is_ours
from fakeai.telemetry.histogram import Histogram, one_two_five, union
from fakeai.telemetry.quantities import NAMES, Cell, CellKey, measured
from fakeai.telemetry.windows import Retention, Windows

Workers = Callable[[], Sequence[tuple[WorkerLabels, WorkerStats]]]
Gpus = Callable[[], Sequence[GpuStats]]
Profiles = Mapping[str, Sequence[Metric]]

FOLD_AT = 64
"""Records that gather before they are folded: a turn of the event loop is held up by a millisecond or two."""
MOST_CELLS = 2_000
"""Requests beyond so many different label sets count under the model `other`."""
DEFAULT_CONTEXT = 131_072
_LONGEST = 10_000_000
"""Tokens: no model's context is longer."""
_IN_WINDOWS = ("ttft_s", "tpot_s", "e2e_s", "queue_s", "prompt_tokens", "output_tokens")
_in_windows = itemgetter(*map(NAMES.index, _IN_WINDOWS))
_TABLES = ("http", "errors")
_ANSWERED = ("request_s",)


class Registry:
    """`record` and `answered` are the hot path; everything else happens when a page is read or enough has gathered.

    profiles: name → rows. buckets: family → bounds in place of its own. max_model_len: of a model, for buckets that
    depend on it; the same for the life of the registry.
    """

    def __init__(
        self,
        stats: Stats,
        profiles: Profiles,
        now: Callable[[], float],
        *,
        workers: Workers = tuple,
        gpus: Gpus = tuple,
        max_model_len: Callable[[str], int] = lambda model: DEFAULT_CONTEXT,
        buckets: Mapping[str, Sequence[float]] | None = None,
        retention: Retention | None = None,
        max_keys: int = 64,
    ) -> None:
        """Raises ValueError for bounds of a family that is no histogram, or that do not ascend."""
        self.stats = stats
        self.profiles = profiles
        self.now = now
        self.workers = workers
        self.gpus = gpus
        self.max_model_len = max_model_len
        self.buckets = _checked(buckets or {}, profiles)
        self.bounds = {name: self._bounds_of(name) for name in NAMES}
        self.cells: dict[CellKey, Cell] = {}
        self.windows = Windows(retention, max_keys)
        self.errors = Errors(self._table_bounds("recovery_s"), self._table_bounds("streak"))
        stats.lateness[()] = Histogram(self._table_bounds("lateness"))
        self._records: list[RequestRecord] = []
        self._answers: list[tuple[str, int, float, float]] = []

    def record(self, record: RequestRecord) -> None:
        """A generating request has finished."""
        self._records.append(record)
        if len(self._records) >= FOLD_AT:
            self._fold_gathered()

    def answered(self, operation: str, status: int, arrived_s: float, done_s: float) -> None:
        """A request over HTTP has been answered; 499 if the client left."""
        self._answers.append((operation, status, arrived_s, done_s))
        if len(self._answers) >= FOLD_AT:
            self._fold_gathered()

    def fold(self) -> None:
        """To be called before anything is read."""
        self._fold_gathered()
        for cell in self.cells.values():
            cell.settle()

    def bounds_of(self, metric: Metric, model: str) -> tuple[float, ...]:
        """Of a histogram's buckets."""
        given = self.buckets.get(metric.name) or metric.buckets
        return given if given is not None else one_two_five(self.max_model_len(model))

    def _fold_gathered(self) -> None:
        records, self._records = self._records, []
        answers, self._answers = self._answers, []
        if records:
            engines = {labels.worker: labels.engine for labels, _ in self.workers()}
            for record in records:
                self._fold_record(record, engines)
        for answer in answers:
            self._fold_answer(*answer)

    def _fold_record(self, record: RequestRecord, engines: Mapping[str, str]) -> None:
        values = measured(record)
        stream = "true" if record.stream else "false"
        key = CellKey(record.model, record.worker, engines.get(record.worker, "0"), stream, record.endpoint)
        self._cell(key).add(record, values)
        failed = record.finish_reason == "error"
        model = ("model", record.model)
        keys = (model, ("tenant", record.tenant), ("endpoint", record.endpoint))
        self.windows.add(keys, record.done_s, _IN_WINDOWS, _in_windows(values), failed)
        error = (record.error or "internal") if failed else CLIENT_GONE if record.finish_reason == "abort" else None
        self.errors.add(model, record.done_s, error, ours=failed)

    def _cell(self, key: CellKey) -> Cell:
        cell = self.cells.get(key)
        if cell is None:
            if len(self.cells) >= MOST_CELLS:
                key = CellKey("other", "other", "0", key.stream, "other")
            cell = self.cells.setdefault(key, Cell(self.bounds))
        return cell

    def _fold_answer(self, operation: str, status: int, arrived_s: float, done_s: float) -> None:
        error = error_type(status)
        keys = (("operation", operation),)
        self.windows.add(keys, done_s, _ANSWERED, (done_s - arrived_s,), error is not None)
        self.errors.add(keys[0], done_s, error, ours=is_ours(status))

    def _bounds_of(self, quantity: str) -> tuple[float, ...]:
        """All that any page can ask for."""
        rows = [row for row in chain(*self.profiles.values()) if row.source == "requests" and row.field == quantity]
        sets: list[Sequence[float]] = [row.buckets or one_two_five(_LONGEST) for row in rows]
        return union([*sets, *(self.buckets.get(row.name, ()) for row in rows)])

    def _table_bounds(self, field: str) -> tuple[float, ...]:
        rows = (row for row in chain(*self.profiles.values()) if row.source in _TABLES and row.field == field)
        return next((self.bounds_of(row, "") for row in rows), (1.0,))


def _checked(buckets: Mapping[str, Sequence[float]], profiles: Profiles) -> dict[str, tuple[float, ...]]:
    known = {row.name for row in chain(*profiles.values()) if row.instrument == "histogram"}
    for family, bounds in buckets.items():
        if family not in known:
            raise ValueError(f"no histogram is called {family}")
        if not bounds or list(bounds) != sorted(set(bounds)):
            raise ValueError(f"{family}: bounds must ascend")
    return {family: tuple(float(bound) for bound in bounds) for family, bounds in buckets.items()}


def chosen(profiles: Profiles, names: Iterable[str]) -> list[Metric]:
    """The rows of some profiles in the order of their names; a family that several have is that of the first.

    A name without version is that of the latest. Raises ValueError for one that does not exist.
    """
    rows: dict[str, Metric] = {}
    for name in names:
        for row in profiles[resolved(profiles, name)]:
            rows.setdefault(row.name, row)
    return list(rows.values())


def resolved(profiles: Mapping[str, Any], name: str) -> str:
    """Raises ValueError."""
    if name in profiles:
        return name
    versions = [profile for profile in profiles if profile.partition("@")[0] == name]
    if not versions:
        raise ValueError(f"no metrics profile is called {name}; there are {', '.join(sorted(profiles))}")
    return max(versions, key=_version)


def _version(profile: str) -> list[int]:
    return [int(part) for part in profile.partition("@")[2].partition("+")[0].split(".") if part.isdecimal()]
