"""The one clock. Real time is virtual time plus waiting."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    is_virtual: bool
    """Whether time passes only when somebody waits."""

    def now(self) -> float:
        """Unix seconds."""

    def arrive(self) -> float:
        """Time of a new request's arrival, in unix seconds."""

    async def sleep_until(self, due_s: float) -> None:
        """Return once now() >= due_s; at once if that is past."""

    def real_s(self, seconds: float) -> float:
        """How long so many of this clock's seconds take; 0 on a virtual clock."""


class RealClock:
    """Wall time, read once and advanced by the monotonic clock: a stepped system clock cannot turn it back.

    speed: seconds of this clock in a real second.
    """

    is_virtual = False

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._offset_s = time.time() - time.monotonic() * speed

    def now(self) -> float:
        return time.monotonic() * self._speed + self._offset_s

    arrive = now

    def real_s(self, seconds: float) -> float:
        return seconds / self._speed

    async def sleep_until(self, due_s: float) -> None:
        delay_s = self.real_s(due_s - self.now())
        if delay_s > 0:
            await asyncio.sleep(delay_s)


class VirtualClock:
    """Moves only when somebody waits, which takes no time, and by `tick_s` with each request, so that what advances
    with time (the status of a batch, say) advances for a client that polls. Equal requests then see equal times."""

    is_virtual = True

    def __init__(self, epoch_s: float = 0.0, tick_s: float = 0.0) -> None:
        self._now_s = epoch_s
        self._tick_s = tick_s

    def now(self) -> float:
        return self._now_s

    def arrive(self) -> float:
        self._now_s += self._tick_s
        return self._now_s

    async def sleep_until(self, due_s: float) -> None:
        self._now_s = max(self._now_s, due_s)

    def real_s(self, seconds: float) -> float:
        return 0.0
