"""Writes a Stream: pieces that are due together leave in one write, and a client that goes away ends it."""

import asyncio
from collections.abc import Iterable

from fakeai.core.clock import Clock
from fakeai.core.reply import Batches
from fakeai.server.asgi import Receive, Send

CHUNKS_PER_WRITE = 16
"""Clients should see a stream even when everything is due at once; one write per chunk costs ten times more."""
WRITES_PER_TURN = 8
"""A long stream that is due at once lets others have the event loop after so many writes."""


async def write_pieces(batches: Batches, clock: Clock, send: Send, receive: Receive) -> None:
    """Sends every piece when it is due and closes the iterator, at the latest when the client disconnects."""
    writer = _Writer(clock, send, receive)
    try:
        async for batch in batches:
            if not await writer.write(batch):
                return
        await writer.flush()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        writer.close()
        close = getattr(batches, "aclose", None)
        if close is not None:
            await close()


class _Writer:
    def __init__(self, clock: Clock, send: Send, receive: Receive) -> None:
        self.clock = clock
        self.send = send
        self.receive = receive
        self.now_s = clock.now()
        self.buffer: list[bytes] = []
        self.writes = 0
        self.gone: asyncio.Task[None] | None = None

    async def write(self, batch: Iterable[tuple[float, bytes]]) -> bool:
        """False if the client went away. Per piece this does nothing but compare and append."""
        buffer = self.buffer
        for due_s, piece in batch:
            if due_s > self.now_s and not await self.wait_until(due_s):
                return False
            buffer.append(piece)
            if len(buffer) >= CHUNKS_PER_WRITE:
                await self.flush()
                if not self.writes % WRITES_PER_TURN and not await self.yield_loop():
                    return False
        return True

    async def yield_loop(self) -> bool:
        watcher = self.watch()
        await asyncio.sleep(0)
        return not watcher.done()

    async def flush(self) -> None:
        if self.buffer:
            body = b"".join(self.buffer)
            self.buffer.clear()
            self.writes += 1
            await self.send({"type": "http.response.body", "body": body, "more_body": True})

    async def wait_until(self, due_s: float) -> bool:
        """False if the client went away meanwhile. What is already due is written before waiting."""
        self.now_s = self.clock.now()
        if due_s <= self.now_s:
            return True
        await self.flush()
        watcher = self.watch()
        await self.clock.sleep_until(due_s)
        self.now_s = max(due_s, self.clock.now())
        return not watcher.done()

    def watch(self) -> asyncio.Task[None]:
        """The task that ends when the client goes away; started late, since most short streams need none."""
        if self.gone is None:
            self.gone = asyncio.create_task(self._disconnected())
        return self.gone

    async def _disconnected(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def close(self) -> None:
        if self.gone is not None:
            self.gone.cancel()
