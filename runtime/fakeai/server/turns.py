"""When requests are begun: at once, but not all of a burst in one turn of the event loop."""

import asyncio
from collections import deque
from time import monotonic

from uvicorn.server import ServerState

from fakeai.server.asgi import Application
from fakeai.server.cycle import Cycle

BUDGET_S = 0.003
"""In one turn. Tokens of streams that became due meanwhile are written between turns: when 500 requests come together,
those begun first need not wait for the last."""


class Turns:
    def __init__(self) -> None:
        self._waiting: deque[tuple[Cycle, Application]] = deque()
        self._ends_s: float | None = None
        """Of the budget of this turn; None if nothing was begun in it."""

    def begin(self, cycle: Cycle, app: Application) -> None:
        if self._ends_s is None:
            self._open()
        elif self._waiting or monotonic() > self._ends_s:
            self._waiting.append((cycle, app))
            return
        cycle.begin(app)

    def _open(self) -> None:
        self._ends_s = monotonic() + BUDGET_S
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        """The turn after one in which requests were begun."""
        self._ends_s = None
        if not self._waiting:
            return
        self._open()
        while self._waiting and monotonic() <= (self._ends_s or 0.0):
            cycle, app = self._waiting.popleft()
            if not cycle.disconnected:
                cycle.begin(app)


class State(ServerState):
    """What the connections of a server share."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = Turns()
