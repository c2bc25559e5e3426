"""What goes wrong with workers, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Literal

from fakeai.core.seeds import Draw, unit


@dataclass(frozen=True, slots=True)
class Fault:
    """From from_s until before until_s. Raises ValueError for a factor that the kind cannot have."""

    worker: str
    kind: Literal["slow", "dead", "flaky"]
    from_s: float = 0.0
    until_s: float = inf
    factor: float = 1.0
    """slow: a step takes so many times as long, at least 1. flaky: share of requests that fail. dead: not read."""

    def __post_init__(self) -> None:
        if self.until_s <= self.from_s:
            raise ValueError(f"A fault of {self.worker} ends before it begins.")
        if self.kind == "slow" and self.factor < 1:
            raise ValueError(f"A slow worker's factor is at least 1, not {self.factor}.")
        if self.kind == "flaky" and not 0 <= self.factor <= 1:
            raise ValueError(f"A flaky worker's factor is a share, 0 to 1, not {self.factor}.")

    def holds(self, now_s: float) -> bool:
        return self.from_s <= now_s < self.until_s


class Faults:
    """Of all workers. Faults that overlap add up: the factors of slowness multiply."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._of: dict[str, list[Fault]] = {}
        for fault in faults:
            self._of.setdefault(fault.worker, []).append(fault)

    def slowness(self, worker_id: str, now_s: float) -> float:
        factor = 1.0
        for fault in self._of.get(worker_id, ()):
            if fault.kind == "slow" and fault.holds(now_s):
                factor *= fault.factor
        return factor

    def is_dead(self, worker_id: str, now_s: float) -> bool:
        return any(fault.kind == "dead" and fault.holds(now_s) for fault in self._of.get(worker_id, ()))

    def fails(self, worker_id: str, now_s: float, r: Draw) -> bool:
        """Whether a request that is sent there now fails. Draws only where a fault holds."""
        faults = self._of.get(worker_id)
        return faults is not None and any(
            fault.kind == "flaky" and fault.holds(now_s) and unit(r) < fault.factor for fault in faults
        )

    def edges(self) -> list[tuple[float, str]]:
        """When something changes and for which worker, in the order of time; what never ends has no end."""
        edges = {
            (at_s, fault.worker)
            for faults in self._of.values()
            for fault in faults
            for at_s in (fault.from_s, fault.until_s)
            if at_s < inf
        }
        return sorted(edges)
