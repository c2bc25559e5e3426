"""When requests are begun: together, but not all of a burst in one turn of the event loop."""

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
    """Requests wait for the end of the turn that they came in.

    Reading all and then answering all keeps each step's code in the processor's caches.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Cycle, Application]] = deque()

    def begin(self, cycle: Cycle, app: Application) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._begin_waiting)
        self._waiting.append((cycle, app))

    def _begin_waiting(self) -> None:
        waiting, ends_s = self._waiting, monotonic() + BUDGET_S
        while waiting:
            cycle, app = waiting.popleft()
            if not cycle.disconnected:
                cycle.begin(app)
            if waiting and monotonic() > ends_s:
                asyncio.get_running_loop().call_soon(self._begin_waiting)
                return


class State(ServerState):
    """What the connections of a server share."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = Turns()
