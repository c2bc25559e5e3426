"""The one clock. Real time is virtual time plus waiting."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Unix seconds."""

    def arrive(self) -> float:
        """Time of a new request's arrival, in unix seconds."""

    async def sleep_until(self, due_s: float) -> None:
        """Return once now() >= due_s; at once if that is past."""


class RealClock:
    """Wall time, read once and advanced by the monotonic clock: a stepped system clock cannot turn it back."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now(self) -> float:
        return time.monotonic() + self._offset_s

    arrive = now

    async def sleep_until(self, due_s: float) -> None:
        delay_s = due_s - self.now()
        if delay_s > 0:
            await asyncio.sleep(delay_s)


class VirtualClock:
    """Moves only when somebody waits, which takes no time, and by `tick_s` with each request, so that what advances
    with time (the status of a batch, say) advances for a client that polls. Equal requests then see equal times."""

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
