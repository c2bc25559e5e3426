"""Pages and probes beside the API, and what HTTP itself asks of it."""

import gzip
import json
import re
from collections.abc import Iterator
from importlib.resources import files

import httpx
import pytest

from fakeai import __version__
from tests.support.process import Server

pytestmark = [pytest.mark.service, pytest.mark.integration]


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as client:
        yield client


def test_health(http: httpx.Client) -> None:
    health = http.get("/health").json()
    assert (health["status"], health["version"]) == ("ok", __version__)
    assert health["uptime_s"] > 0
    assert http.get("/health/live").json() == {"status": "alive"}
    assert http.get("/version").json() == {"version": __version__}


def test_ready_once_chat_can_be_answered(http: httpx.Client) -> None:
    answer = http.get("/health/ready")
    while answer.status_code == 503:
        assert answer.json() == {"status": "starting"}
        answer = http.get("/health/ready")
    assert answer.json() == {"status": "ready"}


def test_contract_is_served_packed_and_plain(http: httpx.Client) -> None:
    packed = http.get("/openapi.json", headers={"accept-encoding": "gzip"})
    plain = http.get("/openapi.json", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == (files("fakeai_api") / "openapi.json").read_bytes()
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert int(packed.headers["content-length"]) < len(plain.content) / 5
    assert gzip.compress(plain.content)
    assert json.loads(plain.content)["openapi"].startswith("3.")


def test_docs_need_no_network(http: httpx.Client) -> None:
    page = http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    links = re.findall(r"""(?:src|href)=["']([^"']+)["']|url: ["']([^"']+)["']""", page.text)
    assert links
    for link in (first or second for first, second in links):
        assert "//" not in link
        assert http.get("/" + link.lstrip("/")).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health/live", "/version"])
def test_head_of_probes(http: httpx.Client, path: str) -> None:
    answer = http.head(path)
    assert answer.status_code == 200
    assert answer.content == b""


@pytest.mark.parametrize("path", ["/v1/models", "/v1/files", "/v1/files/file-x"])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_methods_that_no_operation_has(http: httpx.Client, path: str, method: str) -> None:
    answer = http.request(method, path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert bool(answer.content) == (method == "OPTIONS")


def test_paths_without_version(http: httpx.Client) -> None:
    assert http.get("/models").json() == http.get("/v1/models").json()


def test_trailing_slash_is_no_redirect(http: httpx.Client) -> None:
    """A client that follows a redirect may drop the body or the key."""
    for path in ("/v1/models/", "/v1/files/", "/v1/chat/completions/"):
        assert http.get(path).status_code in (200, 404, 405)


def test_parameters_that_do_not_exist(http: httpx.Client) -> None:
    assert http.get("/v1/models?nonsense=1").status_code == 200
    answer = http.post("/v1/responses", json={"model": "gpt-4o", "input": "x", "nonsense": 1})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unknown_parameter"
    assert answer.json()["error"]["param"] == "nonsense"


_METRIC = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
_NUMBER = r"[+-]?(?:Inf|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|NaN"
EXPOSITION_LINE = re.compile(
    rf"# HELP {_METRIC} .*"
    rf"|# TYPE {_METRIC} (?:counter|gauge|histogram|summary|untyped)"
    rf"|{_METRIC}(?:\{{{_LABEL}(?:,{_LABEL})*\}})? (?:{_NUMBER})"
)
"""A line of Prometheus' text format 0.0.4, without the time stamps and blanks that it allows beyond that."""


def test_metrics_page_parses(http: httpx.Client) -> None:
    http.post("/v1/chat/completions", json={"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})
    page = http.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = page.text.splitlines()
    assert [text for text in lines if not EXPOSITION_LINE.fullmatch(text)] == []
    assert any(
        text.startswith('fakeai_requests_total{operation="createChatCompletion",status="200"}') for text in lines
    )
