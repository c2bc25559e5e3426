"""What one turn of the event loop writes to a connection, joined to one system call at the end of the turn.

Answers of one turn so leave one after the other: writing each when it is made wakes a client that waits each time,
which takes 10 µs on a virtual machine.
"""

import asyncio
from typing import Any


class Corked:
    """A transport that writes at the end of the turn; everything else goes to the real one."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._later = loop.call_soon
        self._parts: list[bytes] = []
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._later(self._flush)
        self._parts.append(data)

    def _flush(self) -> None:
        """Drops what nobody can receive: the client may leave between a write and the end of its turn."""
        data = b"".join(self._parts)
        self._parts.clear()
        if data and not self.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
