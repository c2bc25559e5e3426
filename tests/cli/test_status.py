import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fakeai.cli import main

ANSWERS: dict[str, tuple[int, object]] = {}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS[self.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    ANSWERS.update({"/health": (200, {"status": "ok"}), "/version": (200, {"version": "9.9"})})
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("suffix", ["", "/", "/v1"])
def test_a_server_that_is_up(url: str, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--url", url + suffix]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{url} is up"
    assert [line.split() for line in lines[1:]] == [["status", "ok"], ["version", "9.9"]]


@pytest.mark.parametrize(
    ("answer", "said"),
    [((503, {}), "answers 503 Service Unavailable"), ((200, []), "does not answer as FakeAI does: no JSON object")],
)
def test_a_server_that_is_not_well(
    url: str, answer: tuple[int, object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ANSWERS["/health"] = answer
    assert main(["status", "--url", url]) == 1
    assert capsys.readouterr().err == f"fakeai: {url} {said}\n"


def test_no_server(capsys: pytest.CaptureFixture[str], unused_port: int) -> None:
    assert main(["status", "--url", f"http://127.0.0.1:{unused_port}"]) == 1
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)
    assert "does not answer: Connection refused" in output.err


@pytest.fixture
def unused_port() -> int:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        return server.server_port
