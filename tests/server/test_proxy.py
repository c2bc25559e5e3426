"""Answers whose text another server writes: a second FakeAI, one that shows what it was asked, and broken ones."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.content.tokenizer import get
from fakeai.server.app import App
from tests.support.assistants import ASK, WEATHER
from tests.support.clients import in_process, sdk
from tests.support.process import Server, running

pytestmark = pytest.mark.integration

KEY = "sk-of-the-upstream"
MODEL = "gpt-4o-mini"
AT_ONCE = 20
USER: Any = [{"role": "user", "content": "Say this again, word for word, please."}]
CHAT = {"model": "gpt-4o", "messages": USER}


class Upstream(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.gate = threading.Event()
        """Until it is set, slow answers wait."""
        self.all_wait = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """The first part of the path says what goes wrong."""

    server: Upstream

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.keys.append(self.headers["Authorization"])
        answer: Any = {"choices": [{"message": {"content": "Upstream says yes."}, "finish_reason": "length"}]}
        if len(self.server.asked) == AT_ONCE:
            self.server.all_wait.set()
        fault, status, missing = self.path.split("/")[1], 200, 0
        if fault == "500":
            answer, status = {"error": {"message": f"boom,\n{KEY} is bad"}}, 500
        elif fault == "shape":
            answer = {"choices": ["text"]}
        elif fault == "moved":
            status = 302
        elif fault == "short":
            missing = 10
        elif fault == "slow":
            self.server.gate.wait(30)
        body = b"<html>" if fault == "garbage" else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + missing))
        self.send_header("Location", f"{self.server.url}/moved/here")
        self.end_headers()
        if fault == "stuck":
            self.server.gate.wait(30)
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.gate.set()
        server.shutdown()


def client(url: str, **more: Any) -> httpx.AsyncClient:
    asked = {"upstream_url": url, "upstream_model": MODEL, "upstream_key": KEY} | more
    return in_process(App(AppConfig(generation=asked)), timeout=60)  # type: ignore[arg-type]


async def post(url: str, body: Any = CHAT, **more: Any) -> httpx.Response:
    async with client(url, **more) as api:
        return await api.post("/v1/chat/completions", json=body)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Server]:
    with (
        running("--content", "echo", "--api-key", KEY) as upstream,
        running("--upstream-url", upstream.base_url, "--upstream-model", MODEL, "--upstream-key", KEY) as server,
    ):
        yield server


def test_another_server_writes_and_this_one_streams_and_counts(proxy: Server) -> None:
    with sdk(proxy.base_url) as api:
        whole = api.chat.completions.create(model="gpt-4o", messages=USER)
        chunks = list(api.chat.completions.create(model="gpt-4o", messages=USER, stream=True))
        short = api.chat.completions.create(model="gpt-4o", messages=USER, max_tokens=3)
        stopped = api.chat.completions.create(model="gpt-4o", messages=USER, stop=[", word"])
        bare = api.completions.create(model="gpt-3.5-turbo-instruct", prompt="Once more")
    text = USER[0]["content"]
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (text, "stop")
    assert whole.model.startswith("gpt-4o-2")
    assert whole.usage is not None
    assert whole.usage.completion_tokens == get("o200k_base").count(text)
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == text
    assert len(pieces) > 5
    assert (short.choices[0].message.content, short.choices[0].finish_reason) == ("Say this again", "length")
    assert (stopped.choices[0].message.content, stopped.choices[0].finish_reason) == ("Say this again", "stop")
    assert bare.choices[0].text == "Once more"


async def test_what_the_upstream_is_asked(upstream: Upstream) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    parts = [
        {"type": "text", "text": "And in Rome?"},
        {"type": "image_url", "image_url": {"url": "http://a.example/b"}},
    ]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How is the weather?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"},
        {"role": "assistant", "content": "Mild."},
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": parts},
    ]
    body = {"model": "gpt-4o", "messages": messages, "seed": 4, "temperature": 0.5, "top_p": 0.9, "max_tokens": 50}
    for _ in range(2):
        answer = await post(upstream.url + "/v1", body)
    assert answer.json()["choices"][0]["message"]["content"] == "Upstream says yes."
    assert answer.json()["choices"][0]["finish_reason"] == "length"
    first, second = upstream.asked
    assert first == second
    assert isinstance(first.pop("seed"), int)
    assert first == {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": "Be brief.\nBe kind."},
            {"role": "user", "content": "How is the weather?\n\nA tool answered:\n21 degrees"},
            {"role": "assistant", "content": "Mild."},
            {"role": "user", "content": "And in Rome?\n[an image at a.example]"},
        ],
        "max_tokens": 50,
        "temperature": 0.5,
        "top_p": 0.9,
    }
    assert set(upstream.keys) == {f"Bearer {KEY}"}


async def test_calls_and_json_are_not_left_to_the_upstream(upstream: Upstream) -> None:
    url = upstream.url + "/v1"
    called = await post(url, {"model": "gpt-4o", "messages": ASK, "tools": [WEATHER]})
    assert called.json()["choices"][0]["finish_reason"] == "tool_calls"
    user = [{"role": "user", "content": "JSON about rivers"}]
    answer = await post(url, {"model": "gpt-4o", "messages": user, "response_format": {"type": "json_object"}})
    assert isinstance(json.loads(answer.json()["choices"][0]["message"]["content"]), dict)
    assert upstream.asked == []


@pytest.mark.parametrize("more", [{}, {"stream": True}], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("500", "answers 500 boom, *** is bad"),
        ("moved", "answers 302 Found"),
        ("garbage", "does not answer with a chat completion"),
        ("shape", "does not answer with a chat completion"),
        ("short", "broke off its answer"),
        ("slow", "does not answer within 0.2 s"),
        ("stuck", "does not answer within 0.2 s"),
    ],
)
async def test_a_broken_upstream_is_told(upstream: Upstream, fault: str, said: str, more: Any) -> None:
    url = f"{upstream.url}/{fault}"
    answer = await post(url, CHAT | more, upstream_timeout_s=0.2)
    message = f"The upstream server failed: {url} {said}"
    error = {"message": message, "type": "server_error", "param": None, "code": None}
    assert (answer.status_code, answer.json()["error"]) == (502, error)


async def test_an_upstream_that_is_gone_is_told(upstream: Upstream) -> None:
    url = upstream.url + "/v1"
    async with client(url) as api:
        assert (await api.post("/v1/chat/completions", json=CHAT)).status_code == 200
        upstream.shutdown()
        upstream.server_close()
        answer = await api.post("/v1/chat/completions", json=CHAT)
    assert answer.status_code == 502
    assert answer.json()["error"]["message"] == f"The upstream server failed: {url} does not answer: Connection refused"


async def test_others_are_answered_while_the_upstream_thinks(upstream: Upstream) -> None:
    async with client(upstream.url + "/slow") as api:
        asked = [api.post("/v1/chat/completions", json=CHAT) for _ in range(AT_ONCE)]
        waiting = [asyncio.create_task(one) for one in asked]
        await asyncio.to_thread(upstream.all_wait.wait)
        assert (await api.get("/health")).status_code == 200
        assert not any(task.done() for task in waiting)
        upstream.gate.set()
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
