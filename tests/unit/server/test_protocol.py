"""HTTP/1.1 on a real socket, with applications that do what ASGI allows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn

from fakeai.server.protocol import Protocol
from fakeai.server.turns import State

pytestmark = pytest.mark.unit

Exchange = Callable[..., Awaitable[bytes]]
SILENCE_S = 0.15


class Server:
    def __init__(self, state: State, port: int) -> None:
        self.state = state
        self.port = port

    async def send(self, *parts: bytes) -> bytes:
        """Everything that is answered to these parts until the server closes or is silent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.02)
        answered = b""
        with suppress(TimeoutError):
            while data := await asyncio.wait_for(reader.read(1 << 16), SILENCE_S):
                answered += data
        writer.close()
        return answered


@asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[Server]:
    config = uvicorn.Config(app, lifespan="off", log_level="critical", access_log=False, **options)
    config.load()
    state = State()
    state.default_headers = [(b"date", b"today"), (b"x-more", b"1")]
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Protocol(config, state, {}, loop), "127.0.0.1", 0)
    try:
        yield Server(state, listener.sockets[0].getsockname()[1])
    finally:
        listener.close()


async def body_of(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body, more = body + message["body"], message["more_body"]
    return body


async def answer(send: Any, body: bytes, status: int = 200, length: int | None = None, headers: Any = ()) -> None:
    size = len(body) if length is None else length
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % size), *headers]}
    )
    await send({"type": "http.response.body", "body": body})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Waits if the path says so."""
    body = await body_of(receive)
    if scope["path"] == "/slow":
        await asyncio.sleep(0.01)
    await answer(send, b"%b %b?%b %b" % (scope["method"].encode(), scope["raw_path"], scope["query_string"], body))


def get(path: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    return b"\r\n".join([b"%b %b HTTP/1.1" % (method, path), b"Host: x", *headers, b"", b""])


def post(path: bytes, body: bytes, *headers: bytes) -> bytes:
    return get(path, b"Content-Length: %d" % len(body), *headers, method=b"POST") + body


async def test_an_answer() -> None:
    async with serving(echo) as server:
        head, _, body = (await server.send(post(b"/a%2Fb?c=d", b"hello"))).partition(b"\r\n\r\n")
    assert body == b"POST /a%2Fb?c=d hello"
    assert head.split(b"\r\n") == [b"HTTP/1.1 200 OK", b"date: today", b"x-more: 1", b"content-length: 21"]


@pytest.mark.parametrize("paths", [(b"/1", b"/2", b"/3"), (b"/slow", b"/2", b"/slow", b"/4")])
async def test_pipelined_requests_are_answered_in_order(paths: tuple[bytes, ...]) -> None:
    async with serving(echo) as server:
        answered = await server.send(b"".join(post(path, path[1:]) for path in paths))
    told = [part.partition(b"HTTP")[0] for part in answered.split(b"\r\n\r\n")[1:]]
    assert told == [b"POST %b? %b" % (path, path[1:]) for path in paths]


async def test_a_thousand_pipelined_requests() -> None:
    async with serving(echo) as server:
        answered = await server.send(get(b"/slow") + get(b"/x") * 1000)
    assert answered.count(b"GET /x? ") == 1000


@pytest.mark.parametrize("cut", [1, 10, 40, 90])
async def test_requests_in_parts(cut: int) -> None:
    raw = post(b"/parts", b"x" * 100, b"X-Long: " + b"y" * 50)
    async with serving(echo) as server:
        assert (await server.send(raw[:cut], raw[cut:])).endswith(b"POST /parts? " + b"x" * 100)


async def test_a_large_body_in_chunks() -> None:
    chunk = b"%x\r\n%b\r\n" % (50_000, b"z" * 50_000)
    raw = get(b"/chunks", b"Transfer-Encoding: chunked", method=b"PUT")
    async with serving(echo) as server:
        assert (await server.send(raw, *[chunk] * 6, b"0\r\n\r\n")).endswith(b"z" * 300_000)


async def test_answers_before_the_body_is_there() -> None:
    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"no", 413)

    async with serving(refuse) as server:
        head = get(b"/", b"Content-Length: 6", method=b"POST")
        answered = await server.send(head, b"abcdef" + get(b"/next"))
    assert answered.count(b"HTTP/1.1 413 ") == 2


async def test_expect_continue() -> None:
    async with serving(echo) as server:
        head = get(b"/", b"Content-Length: 3", b"Expect: 100-continue", method=b"POST")
        answered = await server.send(head, b"abc")
    assert answered.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert answered.endswith(b"abc")


async def test_head_has_no_body() -> None:
    async with serving(echo) as server:
        answered = await server.send(get(b"/h", method=b"HEAD") + get(b"/g"))
    assert b"content-length: 9\r\n\r\nHTTP/1.1 200 OK" in answered
    assert answered.endswith(b"GET /g? ")


@pytest.mark.parametrize("raw", [get(b"/", b"Connection: close"), get(b"/").replace(b"1.1", b"1.0")])
async def test_closes_when_it_should(raw: bytes) -> None:
    async with serving(echo) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(raw)
        answered = await asyncio.wait_for(reader.read(), 1)
        writer.close()
    assert b"connection: close\r\n" in answered
    assert answered.endswith(b"GET /? ")


async def test_idle_connections_are_closed_and_busy_ones_not() -> None:
    async with serving(echo, timeout_keep_alive=0.1) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(4):
            writer.write(get(b"/slow"))
            assert (await reader.readuntil(b"GET /slow? ")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.05)
        assert await asyncio.wait_for(reader.read(), 1) == b""
        writer.close()


async def test_chunks_arrive_when_they_are_sent() -> None:
    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (b"a", b"", b"bc"):
            await asyncio.sleep(0.01)
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})

    async with serving(stream) as server:
        head, _, body = (await server.send(get(b"/"))).partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    assert body == b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"


@pytest.mark.parametrize("early", [True, False])
async def test_a_client_that_leaves_cancels_who_watches(early: bool) -> None:
    ended = asyncio.get_running_loop().create_future()

    async def wait(scope: Any, receive: Any, send: Any) -> None:
        if not early:
            await asyncio.sleep(0.01)
        scope["departure"].watch()
        try:
            await asyncio.Future()
        except asyncio.CancelledError:
            ended.set_result(scope["departure"].is_gone)

    async with serving(wait) as server:
        await server.send(get(b"/"))
        assert await asyncio.wait_for(ended, 1)


async def test_a_client_that_leaves_is_told_to_who_receives() -> None:
    told = asyncio.get_running_loop().create_future()

    async def listen(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        told.set_result(await receive())
        await answer(send, b"unheard")

    async with serving(listen) as server:
        await server.send(get(b"/"))
        assert await asyncio.wait_for(told, 1) == {"type": "http.disconnect"}
        await asyncio.sleep(0.01)
        assert not server.state.tasks


async def test_slow_readers_hold_the_application_back() -> None:
    sent = 0

    async def pour(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
            sent += 1
            await asyncio.sleep(0)
        await send({"type": "http.response.body"})

    async with serving(pour) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(get(b"/"))
        await asyncio.sleep(0.2)
        held = sent
        assert 0 < held < 1000
        received = 0
        while received < 100_000_000:
            received += len(await reader.read(1 << 20))
        assert sent == 1000
        writer.close()


@pytest.mark.parametrize(
    ("length", "headers"), [(1, ()), (2, ((b"x-evil", b"a\r\nset-cookie: b"),)), (2, ((b"x-evil", b"a\nb"),))]
)
async def test_answers_that_are_none(length: int, headers: Any) -> None:
    """Longer than they say, or with a header that would begin another: the client gets none of it."""

    async def lie(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"ok", length=length, headers=headers)

    async with serving(lie) as server:
        assert await server.send(get(b"/")) == b""


async def test_an_answer_that_is_too_short_ends_the_connection() -> None:
    async def stop_early(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"ok", length=9)

    async with serving(stop_early) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(get(b"/"))
        assert (await asyncio.wait_for(reader.read(), 1)).endswith(b"content-length: 9\r\n\r\nok")
        writer.close()


@pytest.mark.parametrize("wait", [True, False])
async def test_an_application_that_fails(wait: bool) -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        if wait:
            await asyncio.sleep(0)
        if scope["path"] == "/silent":
            return
        raise ValueError

    async with serving(fail) as server:
        answered = await server.send(get(b"/") + get(b"/silent"))
    assert answered.count(b"HTTP/1.1 500 Internal Server Error") == 2


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", get(b"/", b"Content-Length: x"), get(b"http://[", b"")])
async def test_requests_that_are_none(raw: bytes) -> None:
    async with serving(echo) as server:
        assert (await server.send(raw)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("target", "seen"),
    [(b"http://host/a?b=c", b"/a?b=c"), (b"/a?b?c", b"/a?b?c"), (b"/a#b", b"/a?"), (b"//a", b"//a?")],
)
async def test_targets(target: bytes, seen: bytes) -> None:
    async with serving(echo) as server:
        assert (await server.send(get(target))).endswith(b"GET %b " % seen)


async def test_an_upgrade_that_is_not_offered_is_answered_as_usual() -> None:
    async with serving(echo) as server:
        raw = get(b"/ws", b"Connection: Upgrade", b"Upgrade: h2c")
        assert (await server.send(raw)).endswith(b"GET /ws? ")


UPGRADE = (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: x")


async def test_a_websocket_after_other_requests() -> None:
    async def accept(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await echo(scope, receive, send)
        elif scope["path"] == "/ws":
            assert (await receive())["type"] == "websocket.connect"
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": "hello"})
            await receive()

    key = b"Sec-WebSocket-Key: " + b"A" * 22 + b"=="
    async with serving(accept) as server:
        answered = await server.send(get(b"/"), get(b"/ws", *UPGRADE[:-1], key))
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert answered.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 101 Switching Protocols" in answered
    assert answered.endswith(b"\x81\x05hello")


async def test_a_handshake_that_is_none() -> None:
    async with serving(echo) as server:
        assert (await server.send(get(b"/ws", *UPGRADE))).startswith(b"HTTP/1.1 400 ")
        posted = get(b"/ws", *UPGRADE).replace(b"GET", b"POST", 1)
        assert (await server.send(posted)).startswith(b"HTTP/1.1 200 ")


async def test_shutdown_waits_for_what_runs() -> None:
    async with serving(echo) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        idle = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(get(b"/slow"))
        await asyncio.sleep(0.005)
        for connection in list(server.state.connections):
            connection.shutdown()
        answered = await asyncio.wait_for(reader.read(), 1)
        assert b"connection: close" in answered
        assert answered.endswith(b"GET /slow? ")
        assert await asyncio.wait_for(idle[0].read(), 1) == b""
        await asyncio.sleep(0.01)
        assert not server.state.connections
        writer.close()
        idle[1].close()
