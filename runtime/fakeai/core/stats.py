"""Counters that live code increments and the metrics page reads."""

from collections import defaultdict
from dataclasses import dataclass, field


def _zero() -> defaultdict[tuple[str, ...], float]:
    return defaultdict(float)


@dataclass(slots=True)
class Stats:
    """Label values → amount; the names of the labels are in the metric's row of spec/metrics.yaml."""

    requests: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(operation, status) → answered requests."""
    request_s: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(operation,) → seconds until the answer was complete."""
    prompt_tokens: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(model,) → tokens."""
    completion_tokens: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(model,) → tokens."""
    in_flight: int = 0
