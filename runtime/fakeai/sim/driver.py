"""Runs a cluster live: events happen when the clock says so. The only module here that knows of an event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import Any

from fakeai.core.clock import Clock
from fakeai.sim.cluster import Cluster, Refusal
from fakeai.sim.request import SimRequest, State

MOVES_PER_TURN = 32
"""Events of a virtual clock after which others have the event loop: each takes some 10 µs."""


class Driver:
    """A real clock wakes the cluster when its next event is due. A virtual one stands still until somebody waits, and
    is then moved to the next event."""

    def __init__(self, cluster: Cluster, clock: Clock, log: Callable[[dict[str, Any]], None] | None = None) -> None:
        """log: is told of every arrival and cancellation; replaying them gives the same token times."""
        self.cluster = cluster
        self.clock = clock
        self._log = log
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s = inf
        self._moves = 0
        self.news: list[Flow] = []
        """Who has news since the cluster was last moved."""

    def submit(self, requests: Sequence[SimRequest]) -> Refusal | None:
        """They arrive now, one after the other; if one is refused, those before it are cancelled."""
        at_s = self._now_s()
        for number, request in enumerate(requests):
            request.arrival_s = at_s
            if self._log is not None:
                self._log({"at_s": at_s, "submit": request})
            refusal = self.cluster.submit(request, at_s)
            if refusal is not None:
                self.cancel(requests[:number])
                return refusal
        self._moved()
        return None

    def cancel(self, requests: Sequence[SimRequest]) -> None:
        at_s = self._now_s()
        for request in requests:
            if not request.is_over:
                if self._log is not None:
                    self._log({"at_s": at_s, "cancel": request})
                self.cluster.cancel(request, at_s)
        self._moved()

    def act(self, action: Callable[[], None]) -> None:
        """Does something else to the cluster, now."""
        self.cluster.advance(self._now_s())
        action()
        self._moved()

    def look(self) -> Cluster:
        """The cluster as it is now, and not when something last happened to it."""
        self.act(self.cluster.observe)
        return self.cluster

    def _now_s(self) -> float:
        now_s, reached_s = self.clock.now(), self.cluster.now_s
        return now_s if now_s > reached_s else reached_s

    async def next_event(self) -> None:
        """On a virtual clock: moves it and the cluster to the next event."""
        self.cluster.advance(self.cluster.next_s)
        self._moved()
        await self.clock.sleep_until(self.cluster.now_s)
        self._moves += 1
        if not self._moves % MOVES_PER_TURN:
            await asyncio.sleep(0)

    def _set_timer(self) -> None:
        if self.clock.is_virtual:
            return
        next_s = self.cluster.next_s
        if next_s >= self._timer_s and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_s = None, next_s
        if next_s != inf:
            delay_s = self.clock.real_s(next_s - self.clock.now())
            self._timer = asyncio.get_running_loop().call_later(max(0.0, delay_s), self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.cluster.advance(self._now_s())
        self._moved()

    def _moved(self) -> None:
        """What the cluster tells is handed on when it stands still: several steps that were due are one piece of news,
        and nobody meets it half way."""
        self._set_timer()
        news, self.news = self.news, []
        for flow in news:
            flow.tell()


class Flow:
    """The tokens of one or more requests of an answer, as they get their times."""

    def __init__(self, driver: Driver, requests: Sequence[SimRequest]) -> None:
        self.requests = requests
        self._driver = driver
        self._has_news = False
        self._woken: asyncio.Future[None] | None = None
        self.take: Callable[[], bool] | None = None
        """Called for news before the last, while somebody waits for them: whether it did all there was to do, so that
        nobody needs to be woken."""
        for request in requests:
            request.notify = self._note

    def _note(self) -> None:
        if not self._has_news:
            self._has_news = True
            self._driver.news.append(self)

    def tell(self) -> None:
        """Of the news, to who waits for them."""
        woken = self._woken
        if woken is None or woken.done():
            return
        try:
            is_done = self.take is not None and not self.is_known and self.take()
        except Exception as error:
            woken.set_exception(error)
            return
        if is_done:
            self._has_news = False
        else:
            woken.set_result(None)

    @property
    def is_known(self) -> bool:
        """Whether all tokens have their times, or will never have any."""
        for request in self.requests:
            if not 0 < request.output_tokens <= request.produced_tokens and not request.is_over:
                return False
        return True

    @property
    def has_failed(self) -> bool:
        """Whether a request ended before all was said, and not because nobody wanted it."""
        return State.FAILED in [request.state for request in self.requests]

    async def more(self) -> bool:
        """Waits until there may be tokens with times that were not there at the last call; False if there will be
        none."""
        while not self._has_news:
            if self.is_known:
                return False
            await self._event()
        self._has_news = False
        return True

    async def known(self) -> None:
        """Waits until all tokens have their times."""
        self.take = _let_pass
        while not self.is_known:
            await self._event()

    def _event(self) -> Awaitable[None]:
        self._has_news = False
        if self._driver.clock.is_virtual:
            return self._driver.next_event()
        self._woken = asyncio.get_running_loop().create_future()
        return self._woken

    def close(self) -> None:
        """Nobody wants what has not been said so far."""
        self.take = None
        self._driver.cancel(self.requests)


def _let_pass() -> bool:
    """For who wants to know only when all is known."""
    return True
