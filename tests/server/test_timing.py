"""When answers come: due times on the virtual clock, never wall time."""

import json
from typing import Any

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from fakeai.server.parts import EPOCH_TICK_S
from tests.support.clients import in_process
from tests.support.contract import DONE, event_data

pytestmark = [pytest.mark.service, pytest.mark.streaming]

EPOCH_S = 1_700_000_000.0
TTFT_S, ITL_S = 0.4, 0.03
TOKENS = 25
CHAT = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Count."}],
    "ignore_eos": True,
    "max_tokens": TOKENS,
}
LEGACY = {"model": "gpt-3.5-turbo-instruct", "prompt": "Count.", "ignore_eos": True, "max_tokens": TOKENS}
REQUESTS = {"/v1/chat/completions": CHAT, "/v1/completions": LEGACY}


def slow_app(ttft: str = "400", itl: str = "30", **core: Any) -> App:
    return App(AppConfig(core={"epoch": EPOCH_S, **core}, latency={"ttft": ttft, "itl": itl}))


async def seconds_for(app: App, client: httpx.AsyncClient, path: str, **more: Any) -> float:
    before_s = app.clock.now()
    answer = await client.post(path, json=REQUESTS[path] | more)
    assert answer.status_code == 200
    return app.clock.now() - before_s - EPOCH_TICK_S


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize("more", [{}, {"n": 3}, {"stream": True}, {"stream": True, "n": 3}], ids=str)
async def test_streamed_or_not_an_answer_takes_the_same_time(path: str, more: dict[str, Any]) -> None:
    app = slow_app()
    async with in_process(app) as client:
        assert await seconds_for(app, client, path, **more) == pytest.approx(TTFT_S + (TOKENS - 1) * ITL_S)


async def test_no_latency_takes_no_time() -> None:
    app = slow_app("0", "0")
    async with in_process(app) as client:
        assert await seconds_for(app, client, "/v1/chat/completions", stream=True) == 0


async def test_jitter_stays_within_its_bounds_and_repeats_with_the_seed() -> None:
    async def three() -> list[float]:
        app = slow_app("400:10", "0")
        async with in_process(app) as client:
            return [await seconds_for(app, client, "/v1/chat/completions") for _ in range(3)]

    first = await three()
    assert first == await three()
    assert len(set(first)) == 3
    assert all(0 < seconds < 2 * TTFT_S for seconds in first)


async def test_each_token_is_written_when_it_is_due() -> None:
    """What a client sees at each moment, by the clock at the time of each write."""
    app = slow_app()
    written: list[tuple[float, bytes]] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(CHAT | {"stream": True}).encode()}

    async def send(message: Any) -> None:
        if message.get("body"):
            written.append((app.clock.now() - EPOCH_S - EPOCH_TICK_S, message["body"]))

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "raw_path": b"/v1/chat/completions",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    await app(scope, receive, send)
    assert [at for at, _ in written] == pytest.approx([TTFT_S + number * ITL_S for number in range(TOKENS)])
    said = [event_data(body) for _, body in written]
    assert len(said[0]) == 2, "the role and the first token"
    assert all(len(data) == 1 for data in said[1:-1])
    assert said[-1][-1] == DONE


async def test_created_is_the_time_of_arrival() -> None:
    app = slow_app()
    async with in_process(app) as client:
        answer = await client.post("/v1/chat/completions", json=CHAT)
        assert answer.json()["created"] == EPOCH_S + EPOCH_TICK_S
        elapsed_ms = int(answer.headers["openai-processing-ms"])
        assert elapsed_ms == pytest.approx((TTFT_S + (TOKENS - 1) * ITL_S) * 1000, abs=1)


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize("stream", [False, True])
async def test_headers_tell_how_long_an_answer_takes(path: str, stream: bool) -> None:
    async with in_process(slow_app()) as client:
        headers = (await client.post(path, json=REQUESTS[path] | {"stream": stream})).headers
    told = {name: float(headers[f"x-fakeai-{name}-ms"]) for name in ("queue", "prefill", "ttft", "e2e")}
    assert told == pytest.approx({"queue": 0, "prefill": 400, "ttft": 400, "e2e": 400 + (TOKENS - 1) * 30}, abs=0.01)
    assert headers["x-fakeai-worker"] == "worker-0"
    assert headers["x-fakeai-seed"] == "0"


@pytest.mark.parametrize(
    ("headers", "itl", "tells"), [("auto", "0", False), ("always", "0", True), ("never", "9", False)]
)
async def test_headers_can_be_turned_on_and_off(headers: str, itl: str, tells: bool) -> None:
    app = App(AppConfig(core={"epoch": EPOCH_S}, latency={"itl": itl}, cluster={"headers": headers}))
    async with in_process(app) as client:
        answer = await client.post("/v1/chat/completions", json=CHAT)
    assert ("x-fakeai-ttft-ms" in answer.headers) is tells
