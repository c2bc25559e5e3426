"""Input that nobody sends by accident."""

from typing import Any

import httpx
import orjson
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support.clients import in_process
from tests.support.process import Server

pytestmark = [pytest.mark.service, pytest.mark.integration]

CHAT = "/v1/chat/completions"
JSON = {"content-type": "application/json"}
PATHS = (
    *("/v1/files/%FF%FE", "/v1/files/..%2F..%2Fetc", "/v1/files/%00", "/v1//files", "/v1/files/a/b/c"),
    *("/ns//v1/models", "/ns/UPPER/v1/models", "/v1/models/" + "x" * 4000),
)
QUERIES = (
    *("a" * 20_000, "%FF=%FE", "limit[]=1&limit[a]=2", "&".join(["a=1"] * 2000), "metadata[a][b]=c"),
    *("=&=&[]=", "limit=1&limit=2", "[" * 3000),
)
NAMELESS = b"--x\r\nContent-Disposition: form-data\r\n\r\ny\r\n--x--\r\n"
FORMS = (b"", b"--x", b"--x\r\n\r\n--x--", NAMELESS, bytes(500))


def post(server: Server, content: bytes) -> httpx.Response:
    return httpx.post(server.url + CHAT, content=content, headers=JSON, timeout=60)


def test_very_long_prompt(server: Server) -> None:
    body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "All work and no play. " * 40_000}]}
    answer = httpx.post(server.url + CHAT, json=body, timeout=60)
    assert answer.status_code == 200
    assert answer.json()["usage"]["prompt_tokens"] > 200_000


@pytest.mark.parametrize("depth", [100, 2_000, 200_000])
@pytest.mark.parametrize("place", ["content", "metadata", "nonsense"])
def test_deep_json(server: Server, depth: int, place: str) -> None:
    deep = b"[" * depth + b"]" * depth
    head = b'{"model": "gpt-4o", "messages": [{"role": "user", "content": '
    bodies = {
        "content": head + deep + b"}]}",
        "metadata": head + b'"x"}], "metadata": ' + deep + b"}",
        "nonsense": head + b'"x"}], "nonsense": ' + deep + b"}",
    }
    answer = post(server, bodies[place])
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("text", [rb"\ud800", rb"\udc00\ud800", rb"\u0000", b"\xef\xbf\xbf", rb"\ud83d\ude42"])
def test_strange_characters(server: Server, text: bytes) -> None:
    answer = post(server, b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "' + text + b'"}]}')
    assert answer.status_code in (200, 400)
    assert answer.json().keys() & {"choices", "error"}


@pytest.mark.parametrize("content", [b'{"model": "\xff"}', b"\xff", b'{"\xc3": 1}'])
def test_invalid_utf8(server: Server, content: bytes) -> None:
    assert post(server, content).status_code == 400


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity", "1" * 5000])
def test_numbers_that_are_none(server: Server, number: str) -> None:
    body = '{"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}], "temperature": ' + number + "}"
    assert post(server, body.encode()).status_code == 400


@pytest.mark.parametrize("place", [0, 15, 16, 3_000])
def test_very_many_faults(server: Server, place: int) -> None:
    """The first is told of, and soon."""
    parts = [{"type": "text", "text": "x"}] * place + [{"type": "text"}] * 200_000
    answer = post(server, orjson.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": parts}]}))
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == f"messages[0].content[{place}].text"


CATASTROPHIC = {
    "nested": {"type": "string", "pattern": "^(a+)+$", "minLength": 40},
    "looking ahead": {"type": "string", "pattern": "^(?=(a+)+$)(a|b)*c$"},
    "long": {"type": "string", "pattern": "a" * 50_000},
    "huge": {"type": "string", "pattern": "(a{1000}){1000}"},
    "of names": {"type": "object", "properties": {"a" * 60 + "b": {}}, "patternProperties": {"^(a+)+$": {}}},
}


@pytest.mark.parametrize("schema", CATASTROPHIC.values(), ids=CATASTROPHIC)
def test_catastrophic_patterns(server: Server, schema: dict[str, Any]) -> None:
    wanted = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": wanted}}
    said = {"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}], "response_format": form}
    answer = httpx.post(server.url + CHAT, json=said, timeout=20)
    assert answer.status_code in (200, 400)
    assert answer.json().keys() & {"choices", "error"}


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_strange_paths(server: Server, path: str) -> None:
    answer = httpx.get(server.url + path)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("header", ["authorization", "openai-organization", "openai-project", "x-fakeai-namespace",
                                    "x-fakeai-unknown-ids", "content-type"])  # fmt: skip
@pytest.mark.parametrize("value", [b"\xff\xfe", b"x" * 5000, b"Basic !!!", b"Bearer", b"proj_\xe9", b"org-\xe9"])
def test_strange_headers(server: Server, header: str, value: bytes) -> None:
    body = b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}]}'
    headers = [(b"content-type", b"application/json")] if header != "content-type" else []
    answer = httpx.post(server.url + CHAT, content=body, headers=[*headers, (header.encode(), value)])
    assert answer.status_code in (200, 400, 401)
    assert answer.json().keys() & {"choices", "error"}


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_strange_queries(server: Server, query: str) -> None:
    answer = httpx.get(f"{server.base_url}/vector_stores?{query}")
    assert answer.status_code in (200, 400)
    assert answer.json().keys() & {"data", "error"}


@pytest.mark.parametrize("body", FORMS, ids=range(len(FORMS)))
def test_broken_forms(server: Server, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = httpx.post(f"{server.base_url}/files", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_body_over_the_limit() -> None:
    app = App(AppConfig(server={"max_body_bytes": 1000}))
    async with in_process(app) as client:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "x" * 2000}]}
        declared = await client.post(CHAT, json=body)
        chunked = await client.post(CHAT, content=_parts(), headers=JSON)
    for answer in (declared, chunked):
        assert answer.status_code == 413
        assert "Maximum content size limit (1000)" in answer.json()["error"]["message"]
    assert app.stats.in_flight == 0


async def _parts():  # type: ignore[no-untyped-def]
    for _ in range(20):
        yield b"x" * 100
