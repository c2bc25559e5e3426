"""Writes a Stream: pieces that are due together leave in one write, and a client that goes away ends it."""

import asyncio
from collections.abc import Callable

from fakeai.core.clock import Clock
from fakeai.core.reply import Batch, Batches
from fakeai.core.stats import Counter
from fakeai.server.asgi import Departure, Send

CHUNKS_PER_WRITE = 16
"""Clients should see a stream even when everything is due at once; one write per chunk costs ten times more."""
WRITE_BYTES = 2048
"""A piece of this size holds several chunks already, or one that is large: it leaves at once."""
WRITES_PER_TURN = 32
"""A long stream that is due at once lets others have the event loop after so many writes."""


async def write_pieces(
    batches: Batches,
    clock: Clock,
    send: Send,
    departure: Departure,
    lateness: Counter | None = None,
    push: Callable[[Callable[[Batch], bool]], None] | None = None,
) -> None:
    """Sends every piece when it is due and closes the iterator, also when a client that went away ends it.

    lateness: is told by how much pieces that were not due at the start are late, the first of each write. push: the
    Stream's.
    """
    writer = _Writer(clock, send, departure, lateness)
    departure.watch()
    if push is not None:
        push(writer.take)
    try:
        async for batch in batches:
            await writer.write(batch)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        departure.close()
        close = getattr(batches, "aclose", None)
        if close is not None:
            await close()


class _Writer:
    def __init__(self, clock: Clock, send: Send, departure: Departure, lateness: Counter | None) -> None:
        self.clock = clock
        self.lateness = lateness
        self.send = send
        self.departure = departure
        self.now_s = self.began_s = clock.now()
        self.first_s = 0.0
        """When the first piece in the buffer is due."""
        self.buffer: list[bytes] = []
        self.writes = 0

    async def write(self, batch: Batch) -> None:
        """Per piece this does nothing but compare and append; what is left at the end leaves too."""
        buffer = self.buffer
        for due_s, piece in batch:
            if due_s > self.now_s:
                self.now_s = self.clock.now()
                if due_s > self.now_s:
                    await self.wait_until(due_s)
            if not buffer:
                self.first_s = due_s
            buffer.append(piece)
            if len(buffer) >= CHUNKS_PER_WRITE or len(piece) >= WRITE_BYTES:
                await self.flush()
                if not self.writes % WRITES_PER_TURN:
                    self.departure.watch()
                    await asyncio.sleep(0)
        if buffer:
            await self.flush()

    def take(self, batch: Batch) -> bool:
        """Writes what is due if that is possible without waiting; else it stays in the buffer."""
        buffer = self.buffer
        for due_s, piece in batch:
            if not buffer:
                self.first_s = due_s
            buffer.append(piece)
        if buffer:
            if not self.departure.write(self.send, b"".join(buffer)):
                return False
            self.wrote()
        return True

    async def flush(self) -> None:
        body = b"".join(self.buffer)
        if not self.departure.write(self.send, body):
            await self.send({"type": "http.response.body", "body": body, "more_body": True})
        self.wrote()

    def wrote(self) -> None:
        self.buffer.clear()
        self.writes += 1
        if self.lateness is not None and self.first_s > self.began_s:
            self.lateness.add(self.clock.now() - self.first_s)

    async def wait_until(self, due_s: float) -> None:
        """What is already due is written before waiting."""
        if self.buffer:
            await self.flush()
        self.departure.watch()
        await self.clock.sleep_until(due_s)
        self.now_s = max(due_s, self.clock.now())
