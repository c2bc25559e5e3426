"""The one clock. Real time is virtual time plus waiting."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Unix seconds."""

    async def sleep_until(self, due_s: float) -> None:
        """Return once now() >= due_s; at once if that is past."""


class RealClock:
    """Wall time, read once and advanced by the monotonic clock: a stepped system clock cannot turn it back.

    `epoch_s` fixes the time of the start, so that two runs of a test give the same timestamps to within their duration.
    """

    def __init__(self, epoch_s: float | None = None) -> None:
        self._offset_s = (time.time() if epoch_s is None else epoch_s) - time.monotonic()

    def now(self) -> float:
        return time.monotonic() + self._offset_s

    async def sleep_until(self, due_s: float) -> None:
        delay_s = due_s - self.now()
        if delay_s > 0:
            await asyncio.sleep(delay_s)


class VirtualClock:
    """Stands still unless somebody waits; waiting moves it forward and takes no time. With nobody waiting it is a
    fixed epoch: the same requests then give the same bytes."""

    def __init__(self, epoch_s: float = 0.0) -> None:
        self._now_s = epoch_s

    def now(self) -> float:
        return self._now_s

    async def sleep_until(self, due_s: float) -> None:
        self._now_s = max(self._now_s, due_s)
