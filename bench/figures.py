"""What a measurement yields: values of several runs, and the target that their median is held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Target:
    bound: float
    is_least: bool

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.is_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {shown(self.bound)}"


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    unit: str
    values: Sequence[float]
    """One a run."""
    target: Target | None = None

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "pass" if self.target.holds(self.median) else "MISSED"


def at_least(bound: float) -> Target:
    return Target(bound, is_least=True)


def at_most(bound: float) -> Target:
    return Target(bound, is_least=False)


def ratios(values: Sequence[float], references: Sequence[float]) -> list[float]:
    """Run by run: what disturbed both does not count."""
    return [value / reference for value, reference in zip(values, references, strict=True)]


def shown(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.2f}"
