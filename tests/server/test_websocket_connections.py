"""WebSockets as connections: who may open one, what ends one."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.server.test_process import wait_for
from tests.server.test_websocket import address
from tests.support.clients import sdk
from tests.support.process import START_S, Server, running
from tests.support.responses import QUESTION
from tests.support.sockets import answer, create, receive, until_end

pytestmark = [pytest.mark.service, pytest.mark.integration]

KEY = "sk-right"


@pytest.fixture(scope="module")
def closed() -> Iterator[Server]:
    with running("--api-key", KEY, "--set", "server.max_body_bytes=10000") as server:
        yield server


def refusal(url: str, **options: Any) -> tuple[int, Any]:
    with pytest.raises(InvalidStatus) as caught, connect(url, **options):
        pass
    response = caught.value.response
    assert response.headers["x-request-id"].startswith("req_")
    return response.status_code, json.loads(response.body or b"")["error"]


def test_a_wrong_key_is_refused_before_the_connection_is_made(closed: Server) -> None:
    status, error = refusal(address(closed), additional_headers={"Authorization": "Bearer sk-wrong"})
    assert (status, error["code"]) == (401, "invalid_api_key")
    assert refusal(address(closed))[0] == 401
    with sdk(closed.base_url, api_key="sk-wrong") as client, pytest.raises((openai.OpenAIError, InvalidStatus)):
        client.responses.connect().enter()
    assert "Traceback" not in "".join(closed.lines)
    assert "ASGI" not in "".join(closed.lines)


def test_a_key_may_come_as_a_subprotocol(closed: Server) -> None:
    protocols = [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{KEY}")]
    with connect(address(closed), subprotocols=protocols) as connection:
        assert connection.subprotocol == "realtime"
        assert answer(connection, input=QUESTION)["type"] == "response.completed"


def test_namespaces_are_those_of_http(server: Server) -> None:
    with connect(address(server, "/ns/wsleft/v1/responses")) as connection:
        id = answer(connection, input=QUESTION)["response"]["id"]
    with sdk(server.url + "/ns/wsleft/v1") as left, sdk(server.url + "/ns/wsright/v1") as right:
        assert left.responses.retrieve(id).id == id
        with pytest.raises(openai.NotFoundError):
            right.responses.retrieve(id)
    assert refusal(address(server, "/ns/-/v1/responses"))[1]["code"] == "invalid_namespace"


@pytest.mark.parametrize("path", ["/v1/models", "/v1/nothing", "/metrics"])
def test_other_paths_have_no_websocket(server: Server, path: str) -> None:
    assert refusal(address(server, path))[0] == 404


def test_a_message_has_a_size_limit(closed: Server) -> None:
    with connect(address(closed), additional_headers={"Authorization": f"Bearer {KEY}"}) as connection:
        create(connection, input="x" * 20_000)
        with pytest.raises(ConnectionClosed) as ended:
            connection.recv()
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1009


def test_events_are_counted_as_requests(server: Server) -> None:
    with connect(address(server)) as connection:
        answer(connection, input=QUESTION)
        answer(connection, input=QUESTION, top_p=7)
    page = httpx.get(server.url + "/metrics").text
    for status in ("200", "400"):
        assert f'fakeai_requests_total{{operation="createResponse",status="{status}"}}' in page


def used_blocks(server: Server) -> int:
    (worker,) = httpx.get(server.url + "/metrics/json").json()["workers"]
    return int(worker["used_blocks"])


def test_a_client_that_leaves_ends_all_its_lanes_and_frees_their_blocks() -> None:
    with running("--gpu", "h100", "--model", "llama-3.1-8b", "--speed", "0.02") as server:
        with connect(address(server)) as connection:
            for lane in "ab":
                create(connection, model="llama-3.1-8b", stream_id=lane, input=QUESTION)
            assert {receive(connection)["stream_id"] for _ in range(4)} == {"a", "b"}
            wait_for(server, 2)
            assert used_blocks(server) > 0
        wait_for(server, 0)
        deadline_s = time.monotonic() + START_S
        while used_blocks(server):  # until the step that runs is over
            assert time.monotonic() < deadline_s


def test_a_client_that_leaves_without_a_word(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    head = "GET /v1/responses HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    with socket.create_connection((host, int(port))) as left:
        left.sendall(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode())
        assert left.recv(1 << 16).startswith(b"HTTP/1.1 101 ")
    with connect(address(server)) as connection:
        assert answer(connection, input=QUESTION)["type"] == "response.completed"
    assert "Traceback" not in "".join(server.lines)


def test_sigterm_lets_answers_end() -> None:
    with running("--itl", "10") as server, connect(address(server)) as connection, connect(address(server)) as idle:
        create(connection, input=QUESTION, max_output_tokens=40)
        receive(connection)
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as unused:
            idle.recv()
        told = [receive(connection)]
        while told[-1]["type"] != "response.incomplete":
            told.append(receive(connection))
        with pytest.raises(ConnectionClosed) as used:
            connection.recv()
        assert server.process.wait(START_S) == 0
    assert [ended.value.rcvd and ended.value.rcvd.code for ended in (unused, used)] == [1012, 1012]


def test_sigterm_ends_what_lasts_longer_than_the_grace_period() -> None:
    with running("--set", "server.shutdown_grace_s=0", "--itl", "3600000") as server:
        with connect(address(server)) as connection:
            create(connection, input=QUESTION)
            receive(connection)
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed):
                until_end(connection)
        assert server.process.wait(START_S) == 0
    assert "Traceback" not in "".join(server.lines)
