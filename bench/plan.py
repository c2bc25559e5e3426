"""How long and how often to measure, and where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bench.machine import Cores

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    cores: Cores
    folder: Path
    """For installed references, recordings and the logs of servers."""
    quick: bool = False
    skipped: dict[str, str] = field(default_factory=dict)
    """Reference that could not be had → why."""

    @property
    def runs(self) -> int:
        return 2 if self.quick else 5

    @property
    def load_s(self) -> float:
        """Length of one run of load."""
        return 0.7 if self.quick else 3.0


def interleaved(runs: int, trials: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Each trial once a round, so that a slow minute of the machine meets all of them."""
    results: dict[str, list[T]] = {name: [] for name in trials}
    for _ in range(runs):
        for name, trial in trials.items():
            results[name].append(trial())
    return results
