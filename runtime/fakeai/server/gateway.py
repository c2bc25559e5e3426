"""One API request from its bytes to its answer: namespace and key, body, operation, reply."""

import asyncio
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from fakeai.core.body import LONG_BYTES, MULTIPART, read_body
from fakeai.core.call import Call, Header, Tenant
from fakeai.core.errors import ApiError, server_error
from fakeai.core.form import without_boundary
from fakeai.core.operation import Operation
from fakeai.core.query import parse_query, validate_query
from fakeai.core.reply import Answer, Reply, Stream
from fakeai.core.seeds import Occurrences, derive
from fakeai.guard.beta import check_beta
from fakeai.server import headers as http
from fakeai.server.asgi import ClientGone, Departure, Receive, Scope, Send, Watcher, read_all
from fakeai.server.eager import begun
from fakeai.server.loading import Handlers, model_class
from fakeai.server.routes import Route
from fakeai.server.sse import write_pieces

if TYPE_CHECKING:
    from fakeai.server.app import App

log = logging.getLogger("fakeai")

GOLDEN = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio, odd: its multiples visit all 64-bit numbers, far apart."""
CLIENT_GONE = 499
"""Counted in the metrics only: nobody receives it."""
UNKNOWN_IDS_HEADER = "x-fakeai-unknown-ids"

_STATUS_TEXT = [str(status) for status in range(600)]


class Gateway:
    def __init__(self, app: "App") -> None:
        config = app.config
        self.app = app
        self.handlers = Handlers(app.engine)
        self.seed = config.core.seed
        self.max_body_bytes = int(config.server.max_body_bytes)
        self.unknown_parameters = config.server.unknown_parameters
        self.contract = config.server.contract
        self.fabricates = config.server.unknown_ids == "fabricate"
        self.occurrences = Occurrences()
        self.first_id = derive(self.seed, "request")
        self.received = 0
        self.base_seed = lru_cache(maxsize=1024)(lambda namespace: derive(self.seed, namespace))

    def request_id(self) -> str:
        """32 hexadecimal digits that look drawn and never come twice."""
        self.received += 1
        number = (self.first_id + self.received * GOLDEN) % (1 << 64)
        return f"req_{number:016x}{number * GOLDEN % (1 << 64):016x}"

    async def answer(self, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        """Always sends one complete response, unless the client is gone."""
        exchange = Exchange(self, scope, receive, send)
        self.app.stats.in_flight += 1
        try:
            await exchange.run(route)
        except ApiError as error:
            await exchange.fail(error)
        except ClientGone:
            exchange.status = CLIENT_GONE
        except asyncio.CancelledError:
            await exchange.cancelled()
        except Exception:
            log.exception("%s %s", scope["method"], scope["path"])
            await exchange.fail(server_error())
        finally:
            exchange.departure.close()
            self.count(exchange)

    def count(self, exchange: "Exchange") -> None:
        """An exchange that is over."""
        stats, clock = self.app.stats, self.app.clock
        stats.in_flight -= 1
        name = exchange.operation.id if exchange.operation else "none"
        now_s = clock.now()
        took_s = (now_s if exchange.clock is clock else exchange.clock.now()) - exchange.arrived_s
        stats.requests[name, _STATUS_TEXT[exchange.status]] += 1
        stats.request_s[name,] += took_s
        self.app.telemetry.answered(name, exchange.status, now_s - took_s, now_s)


class Exchange:
    """The state of one request while it is answered."""

    __slots__ = (
        *("arrived_s", "call", "clock", "departure", "gateway", "headers", "operation", "receive", "request_id"),
        *("scope", "send", "status", "tenant"),
    )

    def __init__(self, gateway: Gateway, scope: Scope, receive: Receive, send: Send) -> None:
        self.gateway = gateway
        self.scope = scope
        self.receive = receive
        self.send = send
        self.departure: Departure = scope.get("departure") or Watcher(receive)
        self.clock = clock = gateway.app.clock
        self.arrived_s = clock.arrive()
        self.headers = http.decoded(scope["headers"])
        self.operation: Operation | None = None
        self.tenant: Tenant | None = None
        self.call: Call | None = None
        self.request_id = gateway.request_id()
        self.status = 0

    async def run(self, route: Route) -> None:
        gateway, method = self.gateway, self.scope["method"]
        operation = self.operation = route.methods.get(method)
        if operation is None:
            raise self._wrong_method(route)
        tenant = gateway.app.auth.tenant(self.headers, operation.security, route.namespace)
        if operation.beta and not gateway.contract:
            check_beta(operation.beta, self.headers)
        self.admit(tenant)
        raw = self.departure.take_body(gateway.max_body_bytes)
        if raw is None:
            raw = await read_all(self.receive, self.headers, gateway.max_body_bytes)
        call = self._prepare(operation, route, raw)
        if len(raw) > LONG_BYTES:
            await asyncio.to_thread(self._read, call, raw)
        else:
            self._read(call, raw)
        handler = gateway.handlers.of(operation)
        answer: Answer = await (handler(call, call.document) if operation.body else handler(call))
        if isinstance(answer, Stream):
            await self._stream(answer)
        else:
            await self._reply(answer, operation)

    def _wrong_method(self, route: Route) -> ApiError:
        allowed = ", ".join(sorted(route.methods))
        message = f"Not allowed to {self.scope['method']} on {self.scope['path']}. (HINT: use {allowed} instead)"
        return ApiError(405, message, code="method_not_supported", headers={"Allow": allowed})

    def admit(self, tenant: Tenant) -> None:
        """From now on it goes by the tenant's clock."""
        self.tenant = tenant
        clock = self.gateway.app.realms.of(tenant.namespace).clock
        if clock is not self.clock:
            self.clock, self.arrived_s = clock, clock.arrive()

    def begin(self, operation: Operation, route: Route, raw: bytes) -> Call:
        """Raises ApiError for a query or a body that is none."""
        call = self._prepare(operation, route, raw)
        self._read(call, raw)
        return call

    def _prepare(self, operation: Operation, route: Route, raw: bytes) -> Call:
        self.operation = operation
        call = self.call = self._call(operation, self.tenant or Tenant(), route, raw)
        return call

    def _call(self, operation: Operation, tenant: Tenant, route: Route, raw: bytes) -> Call:
        gateway, query = self.gateway, self.scope["query_string"]
        content_type = self.headers.get("content-type", "")
        content = without_boundary(content_type, raw) if content_type.startswith(MULTIPART) else raw
        request = derive(gateway.seed, tenant.namespace, operation.id, *route.values, query, content)
        occurrence = gateway.occurrences.next(request)
        wish = self.headers.get(UNKNOWN_IDS_HEADER)
        if wish not in (None, "404", "fabricate"):
            message = f"Invalid value: '{wish}'. Supported values are: '404' and 'fabricate'."
            raise ApiError(400, message, code="invalid_value", param=UNKNOWN_IDS_HEADER)
        return Call(
            operation=operation,
            tenant=tenant,
            clock=self.clock,
            store=gateway.app.store.view(tenant, self.clock, operation),
            seed=derive(request, occurrence),
            request_id=self.request_id,
            occurrence=occurrence,
            base_seed=gateway.base_seed(tenant.namespace),
            path=dict(zip(operation.path_params, route.values, strict=True)) if route.values else {},
            headers=self.headers,
            arrived_s=self.arrived_s,
            body_bytes=len(raw),
            fabricate=gateway.fabricates if wish is None else wish == "fabricate",
            contract=gateway.contract,
            watch=self.departure.watch,
        )

    def _read(self, call: Call, raw: bytes) -> None:
        """Fills in the call's query and body."""
        operation = call.operation
        if operation.query:
            model = model_class(operation.group, operation.query)
            parsed = parse_query(self.scope["query_string"])
            if call.contract and parsed.get("limit") == "0":
                del parsed["limit"]  # a placeholder of generated tests; the lower bound is a rule of ours
            call.query = validate_query(operation, model, parsed)
        if operation.body:
            media_type, unknown = self.headers.get("content-type"), self.gateway.unknown_parameters
            body = read_body(operation, media_type, raw, model_class, unknown)
            call.document, call.uploads = body.document, body.uploads

    async def _reply(self, reply: Reply, operation: Operation) -> None:
        body, media_type = reply.body, reply.media_type
        if body is None:
            body, media_type = b"", None
        elif isinstance(body, bytes):
            media_type = media_type or operation.media_type
        else:
            body, media_type = orjson.dumps(body), media_type or "application/json"
        await self._send(reply.status or operation.status, media_type, body, reply.headers)

    async def _stream(self, stream: Stream) -> None:
        headers = self._headers(200, stream.media_type, None, stream.headers)
        await self.send({"type": "http.response.start", "status": 200, "headers": headers})
        lateness = self.gateway.app.stats.lateness.get(())
        rest = begun(write_pieces(stream.batches, self.clock, self.send, self.departure, lateness, stream.push))
        if rest is not None:
            await asyncio.create_task(rest)  # of its own: each token wakes it, and not all that called it

    async def _send(self, status: int, media_type: str | None, body: bytes, extra: Mapping[str, str]) -> None:
        headers = self._headers(status, media_type, len(body), extra)
        if not self.departure.answer(self.send, status, headers, body):
            await self.send({"type": "http.response.start", "status": status, "headers": headers})
            await self.send({"type": "http.response.body", "body": body})

    def _headers(
        self, status: int, media_type: str | None, length: int | None, extra: Mapping[str, str]
    ) -> list[Header]:
        """Of the answer, which begins now."""
        elapsed_s = self.clock.now() - self.arrived_s
        headers = http.response_headers(media_type, length, self.request_id, elapsed_s, self.tenant)
        if self.call is not None:
            headers += self.call.response_headers
        if extra:
            headers += http.encoded(extra)
        self.status = status
        return headers

    async def cancelled(self) -> None:
        """By a client that went away, else because the server has been asked to stop and will not wait any longer."""
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        if self.departure.is_gone:
            self.status = CLIENT_GONE
        else:
            await self.fail(ApiError(503, "The server is shutting down.", type="server_error"))

    async def fail(self, error: ApiError) -> None:
        """Before the stream began an error is a response; after that the connection is cut by returning."""
        if self.status:
            return
        await self._send(error.status, "application/json", orjson.dumps(error.body()), error.headers)
