"""The server as a process: clients that go away, signals, two processes alike."""

import signal
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.clients import sdk
from tests.support.process import START_S, Server, running

pytestmark = [pytest.mark.service, pytest.mark.integration]

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Count to a thousand."}]}
LONG = {"ignore_eos": True, "max_tokens": 2000}


@pytest.fixture(scope="module")
def slow() -> Iterator[Server]:
    """An hour to the first token of an answer that is not streamed, and between tokens of one that is."""
    with running("--set", "server.shutdown_grace_s=0", "--ttft", "10", "--itl", "3600000") as server:
        yield server


def in_flight(server: Server) -> int:
    page = httpx.get(server.url + "/metrics").text
    return int(next(line.split()[-1] for line in page.splitlines() if line.startswith("fakeai_requests_in_flight ")))


def wait_for(server: Server, wanted: int) -> None:
    deadline_s = time.monotonic() + START_S
    while in_flight(server) != wanted:
        assert time.monotonic() < deadline_s, f"{in_flight(server)} requests in flight, not {wanted}"


def test_client_that_leaves_a_stream_frees_it(slow: Server) -> None:
    with httpx.stream("POST", slow.base_url + "/chat/completions", json=CHAT | {"stream": True}) as response:
        lines = response.iter_lines()
        assert next(lines).startswith("data: ")
        wait_for(slow, 1)
    wait_for(slow, 0)


def test_client_that_leaves_while_it_waits_frees_it(slow: Server) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(slow.base_url + "/chat/completions", json=CHAT | LONG, timeout=0.3)
    wait_for(slow, 0)


def test_client_that_leaves_in_the_middle_of_its_request(slow: Server) -> None:
    host, port = slow.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = "POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
        connection.sendall(head.encode())
        wait_for(slow, 1)
    wait_for(slow, 0)
    assert httpx.get(slow.url + "/health").status_code == 200


def test_sigterm_lets_streams_end() -> None:
    """`running` itself demands exit code 0."""
    with running("--itl", "10") as server, sdk(server.base_url) as client:
        stream = client.chat.completions.create(**CHAT, max_tokens=60, stream=True, extra_body={"ignore_eos": True})  # type: ignore[call-overload]
        next(iter(stream))
        server.process.send_signal(signal.SIGTERM)
        rest = list(stream)
        assert server.process.wait(START_S) == 0
        assert rest[-1].choices[0].finish_reason == "length"


def test_sigterm_ends_what_lasts_longer_than_the_grace_period() -> None:
    with running("--set", "server.shutdown_grace_s=0.2", "--itl", "3600000") as server:
        asked = threading.Event()

        def ask() -> None:
            with httpx.stream("POST", server.base_url + "/chat/completions", json=CHAT | {"stream": True}) as response:
                parts = response.iter_raw()
                next(parts)
                asked.set()
                with pytest.raises(httpx.RemoteProtocolError):
                    list(parts)

        client = threading.Thread(target=ask)
        client.start()
        asked.wait(START_S)
        server.process.send_signal(signal.SIGTERM)
        client.join(START_S)
        assert server.process.wait(START_S) == 0
    assert "Traceback" not in "".join(server.lines)


def test_errors_of_clients_leave_no_trace_in_the_log(slow: Server) -> None:
    httpx.post(slow.base_url + "/chat/completions", content=b"{")
    httpx.get(slow.base_url + "/files/none")
    assert "Traceback" not in "".join(slow.lines)
