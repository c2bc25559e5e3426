"""Conversations over WebSockets: who may begin one, and the connection that a service converses over."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager

import orjson

from fakeai.core.call import Call, Tenant
from fakeai.core.errors import ApiError, NotFound, server_error
from fakeai.core.operation import Document
from fakeai.core.reply import Batches
from fakeai.server import headers as http
from fakeai.server.asgi import ClientGone, Message, Receive, Scope, Send
from fakeai.server.gateway import CLIENT_GONE, Exchange, Gateway
from fakeai.server.routes import Route, located
from fakeai_api.operations import OPERATIONS

log = logging.getLogger("fakeai")

ENDING = "websocket.ending"
"""A message that ASGI does not have: the server has been asked to stop."""
KEY_PROTOCOL = "openai-insecure-api-key."
"""Begins a subprotocol that holds the key: browsers can send no header."""
FRAMES_PER_TURN = 32
"""A long stream that is due at once lets others have the event loop after so many frames."""
NORMAL, FAULT, RESTART = 1000, 1011, 1012
"""Close codes."""
JSON = (b"content-type", b"application/json")
EVENTS = Route({}, (), None)
"""Of calls that no path leads to."""


async def answer(gateway: Gateway, scope: Scope, receive: Receive, send: Send) -> None:
    """A whole conversation, from the handshake to the close."""
    await receive()  # that somebody wants to connect
    request_id = gateway.request_id()
    try:
        namespace, segments = located(scope["raw_path"])
        converse = gateway.handlers.socket(segments)
        if converse is None:
            raise NotFound(f"No WebSocket is served at {scope['path']}.")
        headers = _with_key(http.decoded(scope["headers"]), scope["subprotocols"])
        tenant = gateway.app.auth.tenant(headers, "bearer", namespace)
    except ApiError as error:
        await _refuse(error, request_id, scope, send)
        return
    protocol = next((name for name in scope["subprotocols"] if not name.startswith(KEY_PROTOCOL)), None)
    accept = {"type": "websocket.accept", "subprotocol": protocol, "headers": [(b"x-request-id", request_id.encode())]}
    connection = Connection(gateway, scope, receive, send, tenant)
    code = FAULT
    try:
        await connection.put(accept)
        await converse(connection)
        code = RESTART if connection.is_ending else NORMAL
    except ClientGone:
        return
    except asyncio.CancelledError:
        code = RESTART  # the server will not wait any longer
    except Exception:
        log.exception("WebSocket %s", scope["path"])
    await connection.put({"type": "websocket.close", "code": code})


def _with_key(headers: dict[str, str], protocols: list[str]) -> dict[str, str]:
    keys = [name.removeprefix(KEY_PROTOCOL) for name in protocols if name.startswith(KEY_PROTOCOL)]
    return {"authorization": f"Bearer {keys[0]}"} | headers if keys else headers


async def _refuse(error: ApiError, request_id: str, scope: Scope, send: Send) -> None:
    if "websocket.http.response" not in (scope.get("extensions") or ()):
        await send({"type": "websocket.close"})
        return
    body = orjson.dumps(error.body())
    headers = http.response_headers("application/json", len(body), request_id, 0.0) + http.encoded(error.headers)
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


class Connection:
    """A core.socket.Socket on any ASGI server."""

    def __init__(self, gateway: Gateway, scope: Scope, receive: Receive, send: Send, tenant: Tenant) -> None:
        self.clock = gateway.app.realms.of(tenant.namespace).clock
        self.is_ending = False
        self.is_gone = False
        self._gateway = gateway
        self._receive = receive
        self._send = send
        self._tenant = tenant
        headers = [header for header in scope["headers"] if header[0] != JSON[0]]
        self._scope: Scope = {**scope, "headers": [*headers, JSON], "query_string": b"", "departure": self}

    async def receive(self, until_s: float) -> bytes | None:
        wait_s = None if self.clock.is_virtual else self.clock.real_s(until_s - self.clock.now())
        async with asyncio.timeout(wait_s):
            message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self.is_gone = True
            raise ClientGone
        if self.clock.now() >= until_s:
            raise TimeoutError
        if message["type"] == ENDING:
            self.is_ending = True
            return None
        text: str | None = message.get("text")
        return bytes(message["bytes"]) if text is None else text.encode()

    @contextmanager
    def request(self, operation_id: str, body: Document) -> Iterator[Call]:
        exchange = Exchange(self._gateway, self._scope, self._receive, self._send)
        self._gateway.app.stats.in_flight += 1
        try:
            exchange.admit(self._tenant)
            yield exchange.begin(OPERATIONS[operation_id], EVENTS, orjson.dumps(body))
            exchange.status = 200
        except ApiError as error:
            exchange.status = error.status
            raise
        except asyncio.CancelledError:
            exchange.status = CLIENT_GONE
            raise
        except Exception:
            exchange.status = 500
            log.exception("%s over a WebSocket", operation_id)
            raise server_error() from None
        finally:
            self._gateway.count(exchange)

    def watch(self) -> None:
        """Needs no watching: a client that leaves ends the conversation, and that all its calls."""

    async def send(self, event: Document) -> None:
        await self.put({"type": "websocket.send", "text": orjson.dumps(event).decode()})

    async def write(self, batches: Batches, frame: Callable[[bytes], bytes]) -> None:
        sent = 0
        async with aclosing(batches):  # type: ignore[type-var]
            async for batch in batches:
                for due_s, piece in batch:
                    sent += 1
                    if not sent % FRAMES_PER_TURN:
                        await asyncio.sleep(0)
                    await self._wait_until(due_s)
                    await self.put({"type": "websocket.send", "text": frame(piece).decode()})
                    if self.is_gone:
                        raise asyncio.CancelledError  # as the end of the conversation will

    async def _wait_until(self, due_s: float) -> None:
        if due_s <= self.clock.now():
            return
        await self.clock.sleep_until(due_s)
        lateness = self._gateway.app.stats.lateness.get(())
        if lateness is not None:
            lateness.add(self.clock.now() - due_s)

    async def put(self, message: Message) -> None:
        """Waits for a client that is slow."""
        if self.is_gone:
            return
        try:
            await self._send(message)
        except (OSError, RuntimeError):  # closed, by either side; receive() will tell
            self.is_gone = True
