"""Types of the ASGI interface, and reading a request's body."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from fakeai.core.call import Header
from fakeai.core.errors import ApiError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class ClientGone(Exception):
    """The client closed the connection; there is nobody to answer."""


class Departure(Protocol):
    """Cancels the task that answers a request when the client goes away, and has short ways where the server has them:
    a message of ASGI takes 2 µs."""

    def take_body(self, limit_bytes: int) -> bytes | None:
        """The request's body if it is there as a whole and not larger, else None."""

    def answer(self, send: Send, status: int, headers: list[Header], body: bytes) -> bool:
        """Sends a whole answer. False, and nothing done, if that has to go through `send`."""

    def write(self, send: Send, body: bytes) -> bool:
        """Likewise a part of a streamed answer, which is not the last."""

    @property
    def is_gone(self) -> bool: ...

    def watch(self) -> None:
        """To be called before the task waits."""

    def close(self) -> None:
        """Nothing is cancelled any more."""


class Watcher:
    """A Departure for any ASGI server, known from `receive`. Costs nothing until someone watches."""

    def __init__(self, receive: Receive) -> None:
        self.is_gone = False
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None

    def watch(self) -> None:
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._await_departure(asyncio.current_task()))

    def take_body(self, limit_bytes: int) -> bytes | None:
        return None

    def answer(self, send: Send, status: int, headers: list[Header], body: bytes) -> bool:
        return False

    def write(self, send: Send, body: bytes) -> bool:
        return False

    async def _await_departure(self, answering: "asyncio.Task[object] | None") -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True
        if answering is not None:
            answering.cancel()

    def close(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()


def _too_large(limit_bytes: int, got_bytes: int) -> ApiError:
    return ApiError(413, f"Maximum content size limit ({limit_bytes}) exceeded ({got_bytes} bytes read)")


async def read_all(receive: Receive, headers: dict[str, str], limit_bytes: int) -> bytes:
    """The request's body. Raises ApiError 413 beyond limit_bytes and ClientGone if it never arrives whole."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise _too_large(limit_bytes, int(declared))
    message = await receive()
    body = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body"):
        if len(body) > limit_bytes:
            raise _too_large(limit_bytes, len(body))
        return bytes(body)
    parts = [body]
    size = len(body)
    while message["type"] == "http.request" and message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit_bytes:
            raise _too_large(limit_bytes, size)
    if message["type"] == "http.disconnect":
        raise ClientGone
    return b"".join(parts)
