"""What fails: how much of which type, how long until it works again, and in which pattern."""

from collections import defaultdict, deque
from dataclasses import dataclass, field

from fakeai.telemetry.histogram import Histogram

RECENT = 100
"""Answers over which the error ratio is formed."""
BURST = 3
"""Failures in a row that are no single failure any more."""
OUTAGE_S = 30.0
"""A row of failures that lasts so long is an outage, however many there were."""
MOST_NAMES = 1_000
"""Names beyond so many count as `other`."""
CLIENT_GONE = "client_gone"
_TYPES = {400: "invalid_request", 401: "authentication", 403: "permission", 404: "not_found", 429: "rate_limit"}

Name = tuple[str, str]
"""("operation", "listModels") or ("model", "gpt-4o")."""


def error_type(status: int) -> str | None:
    """None if the status is no error."""
    if status < 400:
        return None
    if status == 499:
        return CLIENT_GONE
    return _TYPES.get(status, "server" if status >= 500 else "invalid_request")


def is_ours(status: int) -> bool:
    """Whether the server failed, not the client."""
    return status >= 500


@dataclass(slots=True)
class _Course:
    """How it went with one name lately."""

    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))
    failed: int = 0
    """Of `recent`."""
    streak: int = 0
    """Failures of ours since the last success."""
    since_s: float = 0.0

    def add(self, failed: bool) -> None:
        if len(self.recent) == RECENT:
            self.failed -= self.recent[0]
        self.recent.append(failed)
        self.failed += failed


class Errors:
    """Tables by label values, as spec/metrics/fakeai.yaml names them."""

    def __init__(self, recovery_bounds: tuple[float, ...], streak_bounds: tuple[float, ...]) -> None:
        self.errors: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self.recovery_s: defaultdict[Name, Histogram] = defaultdict(lambda: Histogram(recovery_bounds))
        self.streak: defaultdict[Name, Histogram] = defaultdict(lambda: Histogram(streak_bounds))
        self.patterns: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self._courses: defaultdict[Name, _Course] = defaultdict(_Course)

    def add(self, name: Name, at_s: float, error: str | None, ours: bool) -> None:
        """`error`: None for a success. `ours`: the fault is the server's; others end no row of failures."""
        course = self._courses.get(name)
        if course is None:
            name = name if len(self._courses) < MOST_NAMES else (name[0], "other")
            course = self._courses[name]
        course.add(error is not None and error != CLIENT_GONE)
        if error is not None:
            self.errors[*name, error] += 1
        if ours:
            course.since_s = course.since_s if course.streak else at_s
            course.streak += 1
        elif error is None and course.streak:
            self._recovered(name, course, at_s)

    def _recovered(self, name: Name, course: _Course, at_s: float) -> None:
        lasted_s = max(0.0, at_s - course.since_s)
        self.recovery_s[name].add(lasted_s)
        self.streak[name].add(course.streak)
        self.patterns[*name, _pattern(course.streak, lasted_s)] += 1
        course.streak = 0

    @property
    def error_ratio(self) -> dict[Name, float]:
        return {name: course.failed / len(course.recent) for name, course in self._courses.items()}

    @property
    def failing(self) -> dict[Name, int]:
        return {name: int(course.streak > 0) for name, course in self._courses.items()}


def _pattern(failures: int, lasted_s: float) -> str:
    if lasted_s >= OUTAGE_S:
        return "outage"
    return "burst" if failures >= BURST else "single"
