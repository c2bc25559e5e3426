"""One request and its answer on a connection: the ASGI side of the protocol.

uvicorn's own cycle has a task, an event and a check of every header for each request, which this one does without.
"""

import asyncio
import logging
from collections.abc import Coroutine
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from fakeai.core.call import Header
from fakeai.server.asgi import Application, Message, Scope, Send
from fakeai.server.eager import begun

if TYPE_CHECKING:
    from fakeai.server.protocol import Protocol

log = logging.getLogger("uvicorn.error")

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
WITHOUT_BODY = (204, 304)
_ERROR_BODY = b"Internal Server Error"
_ERROR = {
    "type": "http.response.start",
    "status": 500,
    "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_ERROR_BODY))],
}
_STATUS_LINES = {status.value: b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode()) for status in HTTPStatus}


class Cycle:
    """Names without underscore up to `response_complete` are those that uvicorn's protocol reads and sets."""

    __slots__ = (
        *("body", "disconnected", "keep_alive", "more_body", "response_complete", "_expects_continue"),
        *("_cancels", "_event", "_has_news", "_head", "_is_head", "_left", "_protocol", "_scope", "_started", "_task"),
    )

    def __init__(self, protocol: "Protocol", scope: Scope, keep_alive: bool, expects_continue: bool) -> None:
        self._protocol = protocol
        self._scope = scope
        self.keep_alive = keep_alive
        self._expects_continue = expects_continue
        self.body = b""
        self.more_body = True
        self.disconnected = False
        self.response_complete = False
        self._has_news = False
        """Something to receive."""
        self._event: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self._cancels = False
        self._started = False
        self._head = b""
        """Waits for the body, so that both leave in one write."""
        self._left: int | None = None
        """Bytes of the body still to come; None: the answer is sent in chunks, however many."""
        self._is_head = scope["method"] == "HEAD"

    # What the protocol tells

    def begin(self, app: Application) -> None:
        """Runs the application until it waits for something; only then does it get a task."""
        rest = begun(self._run(app))
        if rest is not None:
            self.schedule(rest)

    def schedule(self, running: Coroutine[Any, Any, None]) -> None:
        tasks = self._protocol.tasks
        self._task = task = self._protocol.loop.create_task(running)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def run_later(self, app: Application) -> None:
        self.schedule(self._run(app))

    def feed(self, body: bytes) -> None:
        self.body = self.body + body if self.body else body
        if len(self.body) > HIGH_WATER_LIMIT:
            self._protocol.flow.pause_reading()
        self.notify()

    def notify(self) -> None:
        self._has_news = True
        if self._event is not None:
            self._event.set()

    def disconnect(self) -> None:
        if not self.response_complete:
            self.disconnected = True
            if self._cancels and self._task is not None:
                self._task.cancel()
        self.notify()

    # What the application sees

    @property
    def is_gone(self) -> bool:
        return self.disconnected

    def watch(self) -> None:
        """From now on a client that goes away cancels the task that answers."""
        self._cancels = True

    def close(self) -> None:
        self._cancels = False

    def take_body(self, limit_bytes: int) -> bytes | None:
        if self.more_body or self._expects_continue or self.disconnected or len(self.body) > limit_bytes:
            return None
        flow = self._protocol.flow
        if flow.read_paused:
            flow.resume_reading()
        self._has_news = False
        body, self.body = self.body, b""
        return body

    def answer(self, send: Send, status: int, headers: list[Header], body: bytes) -> bool:
        if not self._is_free(send):
            return False
        if not self.disconnected:
            self._start(status, headers)
            self._send_body(body, more=False)
        return True

    def write(self, send: Send, body: bytes) -> bool:
        if not self._is_free(send):
            return False
        if not self.disconnected:
            self._send_body(body, more=True)
        return True

    def _is_free(self, send: Send) -> bool:
        """Neither is a middleware in between nor the client slow."""
        return send == self.send and not self._protocol.flow.write_paused

    async def receive(self) -> Message:
        protocol = self._protocol
        if self._expects_continue and not protocol.transport.is_closing():
            protocol.transport.write(CONTINUE)
            self._expects_continue = False
        if not self.disconnected and not self.response_complete:
            protocol.flow.resume_reading()
            if not self._has_news:
                self._event = event = self._event or asyncio.Event()
                event.clear()
                await event.wait()
            self._has_news = False
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = self.body, b""
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def send(self, message: Message) -> None:
        """Raises RuntimeError for messages that make no answer."""
        flow = self._protocol.flow
        if flow.write_paused and not self.disconnected:
            await flow.drain()
        if self.disconnected:
            return
        wanted = "http.response.body" if self._started else "http.response.start"
        if message["type"] != wanted or self.response_complete:
            raise RuntimeError(f"Expected ASGI message '{wanted}', but got '{message['type']}'.")
        if self._started:
            self._send_body(message.get("body", b""), message.get("more_body", False))
        else:
            self._start(message["status"], message.get("headers", ()))

    # How it is written

    async def _run(self, app: Application) -> None:
        try:
            await app(self._scope, self.receive, self.send)
        except BaseException as error:
            log.error("Exception in ASGI application\n", exc_info=error)
        else:
            if self.response_complete or self.disconnected:
                return
            log.error("ASGI callable returned without completing response.")
        if self._started:
            self._protocol.transport.close()
        else:
            await self.send(_ERROR)
            await self.send({"type": "http.response.body", "body": _ERROR_BODY})

    def _start(self, status: int, headers: Any) -> None:
        self._started = True
        self._expects_continue = False
        protocol = self._protocol
        given = dict(headers)
        lines = [_STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status, protocol.default_lines()]
        lines += [b"%b: %b\r\n" % (name, value) for name, value in headers if name != b"connection"]
        if b"close" in given.get(b"connection", b"").lower():
            self.keep_alive = False
        is_chunked = not self._is_head and status not in WITHOUT_BODY and b"content-length" not in given
        if b"content-length" in given:
            self._left = int(given[b"content-length"])
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        if is_chunked:
            lines.append(b"transfer-encoding: chunked\r\n")
        elif self._left is None:
            self._left = 0
        lines.append(b"\r\n")
        head = b"".join(lines)
        if head.count(b"\n") != len(lines) + protocol.default_count or head.count(b"\r") != head.count(b"\n"):
            raise RuntimeError("A header contains a line break.")
        if protocol.access_log:
            self._log(status)
        if is_chunked:
            protocol.transport.write(head)  # clients wait for it, the first chunk may be late
        else:
            self._head = head

    def _log(self, status: int) -> None:
        scope = self._scope
        self._protocol.access_logger.info(
            '%s - "%s %s HTTP/%s" %d',
            *(get_client_addr(scope), scope["method"], get_path_with_query_string(scope)),  # type: ignore[arg-type]
            *(scope["http_version"], status),
        )

    def _send_body(self, body: bytes, more: bool) -> None:
        transport = self._protocol.transport
        if self._left is None:
            end = b"" if more else b"0\r\n\r\n"
            transport.write(b"%x\r\n%b\r\n%b" % (len(body), body, end) if body else end)
        else:
            if self._is_head:
                self._left, body = 0, b""
            self._left -= len(body)
            if self._left < 0:
                raise RuntimeError("Response content longer than Content-Length")
            transport.write(self._head + body)
            self._head = b""
        if not more:
            self._end()

    def _end(self) -> None:
        if self._left:
            raise RuntimeError("Response content shorter than Content-Length")
        self.response_complete = True
        self.notify()
        if not self.keep_alive:
            self._protocol.transport.close()
        self._protocol.on_response_complete()
