"""uvicorn's protocol with a cheaper way from bytes to the application and back."""

import asyncio
from collections import deque
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fakeai.server.asgi import Application, Scope
from fakeai.server.corked import Corked
from fakeai.server.cycle import Cycle
from fakeai.server.turns import State

_ASGI = {"version": "3.0", "spec_version": "2.3"}


class Protocol(HttpToolsProtocol):
    """Connections, errors and upgrades are uvicorn's; requests and answers are Cycles.

    A request is handed on as soon as it is there as a whole, else at the end of the data that its head came with.
    """

    server_state: State
    transport: Corked  # type: ignore[assignment]
    cycle: Cycle | None  # type: ignore[assignment]
    pending: Cycle | None = None
    """Has its head but was not begun."""
    pipeline: deque[tuple[Cycle, Application]]  # type: ignore[assignment]
    """Requests that wait for the answers before theirs, the newest first."""
    default_count = 0
    """Lines of default_lines() beyond the first."""
    _default_headers: list[tuple[bytes, bytes]] | None = None
    _default_lines = b""
    _idle_since_s = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Corked(transport, self.loop))  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)
        if self.cycle is not None:
            self.cycle.disconnect()
        for cycle, _ in self.pipeline:
            cycle.disconnect()
        self.flow.resume_writing()
        self.transport.close()
        self._unset_keepalive_if_required()
        self.parser = None  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._idle_since_s = 0.0
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._is_websocket():
                self._upgrade()
                return
            self.logger.warning("Unsupported upgrade request.")
        except httptools.HttpParserError:
            self.pending = None
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")
            return
        self._begin_pending()

    def _is_websocket(self) -> bool:
        """Whether the request asks for one, and none before it waits for its answer."""
        return self._get_upgrade() == b"websocket" and self.parser.get_method() == b"GET" and not self.pipeline

    def _upgrade(self) -> None:
        """Hands the connection to a protocol that reads the request once more."""
        from fakeai.server.upgraded import Upgraded

        if self.cycle is not None:
            self.cycle.disconnect()  # it has not begun
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        lines = [b"%b: %b\r\n" % header for header in self.headers]
        protocol = Upgraded(self.config, self.server_state, self.app_state)
        protocol.connection_made(self.transport)  # type: ignore[arg-type]
        self.transport.set_protocol(protocol)
        protocol.data_received(b"GET %b HTTP/1.1\r\n%b\r\n" % (self.url, b"".join(lines)))

    # Parser callbacks

    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        parser = self.parser
        version = parser.get_http_version()
        raw_path, query = _target(self.url)
        path = raw_path.decode("latin-1")
        scope: Scope = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": parser.get_method().decode("latin-1"),
            "scheme": self.scheme,
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": self.headers,
            "client": self.client,
            "server": self.server,
            "state": {},
        }
        before = self.cycle
        cycle = Cycle(self, scope, version != "1.0" and parser.should_keep_alive(), self.expect_100_continue)
        scope["departure"] = cycle
        self.cycle = cycle
        if before is None or before.response_complete:
            self.pending = cycle
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.feed(body)

    def on_message_complete(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.notify()
            self._begin_pending()

    def _begin_pending(self) -> None:
        cycle, self.pending = self.pending, None
        if cycle is not None and not self.transport.is_closing():
            self.server_state.turns.begin(cycle, self.app)

    # What cycles tell and ask

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            cycle.run_later(app)
            return
        self._idle_since_s = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._await_idleness(self.timeout_keep_alive)

    def default_lines(self) -> bytes:
        headers = self.server_state.default_headers
        if headers is not self._default_headers:
            self._default_headers = headers
            self._default_lines = b"".join([b"%b: %b\r\n" % header for header in headers])
            self.default_count = len(headers) - 1
        return self._default_lines

    def _await_idleness(self, delay_s: float) -> None:
        """One timer a connection: arming one for each answer takes 1 µs."""
        self.timeout_keep_alive_task = self.loop.call_later(delay_s, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if not self._idle_since_s or self.transport.is_closing():
            return
        left_s = self._idle_since_s + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._await_idleness(left_s)
        else:
            self.transport.close()


def _target(url: bytes) -> tuple[bytes, bytes]:
    """Path and query, both still encoded. Raises httptools' error for a target that is none."""
    if url.startswith(b"/") and b"#" not in url:
        path, _, query = url.partition(b"?")
        return path, query
    parsed = httptools.parse_url(url)
    return parsed.path or b"/", parsed.query or b""
