"""A WebSocket connection as the service sees it that converses over it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from fakeai.core.call import Call
from fakeai.core.clock import Clock
from fakeai.core.operation import Document
from fakeai.core.reply import Batches


class Socket(Protocol):
    """What is sent to a client that is gone is dropped."""

    clock: Clock

    async def receive(self, until_s: float) -> bytes | None:
        """The next message, or None when the server ends: what runs may still finish.

        Raises TimeoutError at until_s, and what ends the conversation when the client has gone."""

    def request(self, operation_id: str, body: Document) -> AbstractContextManager[Call]:
        """A call of an operation as if `body` had been sent to it over HTTP; it is counted like one.

        Raises ApiError for a body that is none, and instead of whatever else goes wrong while the call is answered."""

    async def send(self, event: Document) -> None: ...

    async def write(self, batches: Batches, frame: Callable[[bytes], bytes]) -> None:
        """Sends what `frame` makes of each piece when the piece is due. Closes the batches, also when cancelled."""
