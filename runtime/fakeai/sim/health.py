"""Which workers may get requests."""

from dataclasses import dataclass, field
from math import inf
from typing import Literal

from fakeai.sim.breaker import Breaker, BreakerOptions
from fakeai.sim.outlier import Ejection, OutlierOptions

WorkerState = Literal["available", "draining", "down", "ejected", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class HealthOptions:
    breaker: BreakerOptions = field(default_factory=BreakerOptions)
    outlier: OutlierOptions = field(default_factory=OutlierOptions)


class _Record:
    __slots__ = ("breaker", "ejection", "mode")

    def __init__(self, options: HealthOptions) -> None:
        self.mode: Literal["up", "draining", "down"] = "up"
        self.breaker = Breaker(options.breaker)
        self.ejection = Ejection(options.outlier)


class Health:
    """Workers that never failed are available and have no record, so a healthy cluster costs a router nothing."""

    def __init__(self, options: HealthOptions = HealthOptions()) -> None:
        self.options = options
        self._records: dict[str, _Record] = {}

    @property
    def is_clean(self) -> bool:
        """No worker has a record: all are available."""
        return not self._records

    def available(self, worker_id: str, now_s: float) -> bool:
        record = self._records.get(worker_id)
        return record is None or self._state(record, now_s) in ("available", "half_open")

    def state(self, worker_id: str, now_s: float) -> WorkerState:
        record = self._records.get(worker_id)
        return "available" if record is None else self._state(record, now_s)

    def back_s(self, worker_id: str, now_s: float) -> float:
        """When the worker is available at the earliest, if nobody does anything: now_s, or inf for one that drains or
        is down."""
        record = self._records.get(worker_id)
        if record is None:
            return now_s
        if record.mode != "up":
            return inf
        return max(now_s, record.ejection.until_s, record.breaker.until_s)

    def opened(self, worker_id: str) -> int:
        """How often the worker's breaker opened since the worker came up."""
        record = self._records.get(worker_id)
        return 0 if record is None else record.breaker.opened

    def ejections(self, worker_id: str) -> int:
        record = self._records.get(worker_id)
        return 0 if record is None else record.ejection.times

    def record(self, worker_id: str, ok: bool, now_s: float, workers: int) -> None:
        """How a request ended; workers: size of the cluster, a share of which may be ejected."""
        record = self._records.get(worker_id)
        if record is None:
            if ok:
                return
            record = self._record(worker_id)
        record.breaker.record(ok, now_s)
        if record.ejection.record(ok, now_s) and self._may_eject(workers, now_s):
            record.ejection.eject(now_s)

    def drain(self, worker_id: str) -> None:
        """No new requests; those that are there stay."""
        self._record(worker_id).mode = "draining"

    def down(self, worker_id: str, now_s: float) -> None:
        self._record(worker_id).mode = "down"

    def up(self, worker_id: str, now_s: float) -> None:
        """The worker is as new: drained no longer, and what it did is forgotten."""
        self._records.pop(worker_id, None)

    def _record(self, worker_id: str) -> _Record:
        record = self._records.get(worker_id)
        if record is None:
            record = self._records[worker_id] = _Record(self.options)
        return record

    def _state(self, record: _Record, now_s: float) -> WorkerState:
        if record.mode != "up":
            return record.mode
        if record.ejection.holds(now_s):
            return "ejected"
        state = record.breaker.state(now_s)
        return "available" if state == "closed" else state

    def _may_eject(self, workers: int, now_s: float) -> bool:
        ejected = sum(record.ejection.holds(now_s) for record in self._records.values())
        options = self.options.outlier
        if not ejected and options.always_eject_one:
            return True
        return ejected + 1 <= options.max_ejection_share * workers
