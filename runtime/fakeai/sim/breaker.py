"""A circuit breaker: a worker that fails too often gets no requests for a while, then is tried."""

from collections import deque
from dataclasses import dataclass
from math import inf
from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class BreakerOptions:
    """Source: SGLang's gateway 0.3.2."""

    failure_threshold: int = 10
    """So many failures in window_s open it."""
    window_s: float = 120.0
    timeout_s: float = 60.0
    """Open so long, then half open."""
    success_threshold: int = 3
    """So many successes while half open close it; one failure opens it again."""


class Breaker:
    def __init__(self, options: BreakerOptions = BreakerOptions()) -> None:
        self.options = options
        self.opened = 0
        """How often."""
        self._failures: deque[float] = deque()
        self._opened_s = -inf
        self._successes = 0
        self._is_closed = True

    def state(self, now_s: float) -> BreakerState:
        if self._is_closed:
            return "closed"
        return "open" if now_s < self.until_s else "half_open"

    @property
    def until_s(self) -> float:
        """When it is half open at the earliest; -inf if it was never open."""
        return self._opened_s + self.options.timeout_s

    def record(self, ok: bool, now_s: float) -> None:
        """While it is open nothing counts: those are answers to requests sent before."""
        state = self.state(now_s)
        if state == "closed" and not ok:
            self._fail(now_s)
        elif state == "half_open" and not ok:
            self._open(now_s)
        elif state == "half_open":
            self._successes += 1
            if self._successes >= self.options.success_threshold:
                self._is_closed = True

    def _fail(self, now_s: float) -> None:
        failures = self._failures
        failures.append(now_s)
        while failures[0] <= now_s - self.options.window_s:
            failures.popleft()
        if len(failures) >= self.options.failure_threshold:
            self._open(now_s)

    def _open(self, now_s: float) -> None:
        self._is_closed = False
        self._opened_s = now_s
        self._successes = 0
        self._failures.clear()
        self.opened += 1
