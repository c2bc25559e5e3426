"""Text from a simulated cluster: what is said, when, and what the cache had of it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support import simulated
from tests.support.clients import in_process
from tests.support.contract import DONE, event_data
from tests.support.simulated import CHAT, MODEL, answered, cached, chat, requests_of, words

pytestmark = [pytest.mark.service, pytest.mark.sim]

LEGACY = {"model": MODEL, "prompt": "Count.", "ignore_eos": True, "max_tokens": 12}
PATHS = {"/v1/chat/completions": chat("Count.", 12), "/v1/completions": LEGACY}


@pytest.fixture
def app() -> App:
    return simulated.app()


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with in_process(app) as client:
        yield client


def streamed(body: bytes) -> tuple[dict[int, str], dict[str, Any]]:
    """Text of each choice, and the usage at the end."""
    events = [json.loads(data) for data in event_data(body) if data != DONE]
    texts: dict[int, str] = {}
    for choice in [choice for event in events for choice in event["choices"]]:
        said = choice["text"] if "text" in choice else choice["delta"].get("content", "")
        texts[choice["index"]] = texts.get(choice["index"], "") + said
    return texts, events[-1].get("usage")


def whole(answer: dict[str, Any]) -> dict[int, str]:
    return {c["index"]: c["text"] if "text" in c else c["message"]["content"] for c in answer["choices"]}


VARIANTS: list[tuple[str, dict[str, Any]]] = [
    (CHAT, {}),
    (CHAT, {"n": 3}),
    (CHAT, {"stop": [" the", " a"], "ignore_eos": False, "max_tokens": 200}),
    (CHAT, {"min_tokens": 40, "max_tokens": 60, "ignore_eos": False}),
    (CHAT, {"max_tokens": 1}),
    ("/v1/completions", {}),
    ("/v1/completions", {"n": 2, "prompt": ["One", "Two"]}),
    ("/v1/completions", {"echo": True}),
    ("/v1/completions", {"echo": True, "max_tokens": 0}),
]


@pytest.mark.parametrize(("path", "more"), VARIANTS, ids=str)
async def test_streamed_or_not_the_text_and_usage_are_equal(path: str, more: dict[str, Any]) -> None:
    body = PATHS[path] | {"seed": 4} | more
    async with in_process(simulated.app()) as client:
        one = await answered(client, body, path)
    async with in_process(simulated.app()) as client:
        options = {"stream": True} | ({"stream_options": {"include_usage": True}} if path == CHAT else {})
        texts, usage = streamed((await client.post(path, json=body | options)).content)
    assert texts == whole(one)
    assert usage == (one["usage"] if path == CHAT else None)
    assert one["usage"]["completion_tokens"] >= body.get("min_tokens", 0)


async def test_all_that_was_generated_for_best_of_is_in_the_usage(client: httpx.AsyncClient) -> None:
    answer = await answered(client, LEGACY | {"best_of": 4, "n": 2}, "/v1/completions")
    assert len(answer["choices"]) == 2
    assert answer["usage"]["completion_tokens"] == 4 * 12


async def writes_of(app: App, path: str, body: dict[str, Any]) -> list[tuple[float, bytes]]:
    """When what was written, by the application's clock."""
    written: list[tuple[float, bytes]] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: Any) -> None:
        if message.get("body"):
            written.append((app.clock.now(), message["body"]))

    headers = [(b"content-type", b"application/json")]
    places = {"path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}
    await app({"type": "http", "method": "POST", **places}, receive, send)
    return written


@pytest.mark.parametrize("path", PATHS)
async def test_tokens_leave_at_the_times_of_the_simulation(app: App, path: str) -> None:
    over = requests_of(app)
    written = await writes_of(app, path, PATHS[path] | {"stream": True})
    (request,) = over
    assert [at_s for at_s, _ in written] == request.token_times
    assert len(request.token_times) == 12
    assert request.token_times == sorted(set(request.token_times))


async def test_an_answer_takes_as_long_as_its_last_token(app: App, client: httpx.AsyncClient) -> None:
    over = requests_of(app)
    await answered(client, chat("Count.", 50))
    assert app.clock.now() == over[0].token_times[-1] == over[0].done_s


async def test_the_first_token_is_later_the_longer_the_prompt(app: App, client: httpx.AsyncClient) -> None:
    over = requests_of(app)
    for number, count in enumerate((10, 1_000, 8_000, 30_000)):
        await answered(client, chat(words(count, f"tide{number}")))
    ttfts_s = [request.first_token_s - request.arrival_s for request in over]
    assert ttfts_s == sorted(set(ttfts_s))
    assert ttfts_s[-1] > 20 * ttfts_s[0]


async def test_a_second_equal_prompt_hits_the_cache_and_is_faster(app: App, client: httpx.AsyncClient) -> None:
    over = requests_of(app)
    first, second = [await answered(client, chat(words(4_000))) for _ in range(2)]
    prompt = second["usage"]["prompt_tokens"]
    assert cached(first) == 0
    assert cached(second) == (prompt - 1) // 16 * 16
    assert over[1].first_token_s - over[1].arrival_s < (over[0].first_token_s - over[0].arrival_s) / 3


@pytest.mark.parametrize("count", [500, 1_500, 3_000])
async def test_openai_counts_cached_tokens_from_1024_in_steps_of_128(client: httpx.AsyncClient, count: int) -> None:
    body = chat(words(count), model="gpt-4o")
    await answered(client, body)
    answer = await answered(client, body)
    found = (answer["usage"]["prompt_tokens"] - 1) // 16 * 16
    assert cached(answer) == (found // 128 * 128 if found >= 1024 else 0)
    assert (cached(answer) > 0) == (count > 1024)


async def test_namespaces_models_and_salts_share_no_cache(client: httpx.AsyncClient) -> None:
    usual = chat(words(500), cache_salt="a")
    await answered(client, usual)
    assert cached(await answered(client, usual | {"cache_salt": "b"})) == 0
    assert cached(await answered(client, chat(words(500)))) == 0
    assert cached(await answered(client, usual | {"model": "qwen3-8b"})) == 0
    assert cached(await answered(client, usual, headers={"x-fakeai-namespace": "other"})) == 0
    assert cached(await answered(client, usual)) > 0


async def test_the_next_turn_of_a_conversation_finds_prompt_and_answer(client: httpx.AsyncClient) -> None:
    body = chat(words(300), 200)
    first = await answered(client, body)
    turns = [*body["messages"], first["choices"][0]["message"], {"role": "user", "content": "Go on."}]
    second = await answered(client, body | {"messages": turns})
    known = first["usage"]["total_tokens"]
    assert known - 40 <= cached(second) <= known
    assert cached(second) % 16 == 0


async def test_a_fine_tuned_model_is_an_adapter_of_the_worker(app: App, client: httpx.AsyncClient) -> None:
    over = requests_of(app)
    tuned = "ft:gpt-4o-mini-2024-07-18:acme::abc123"
    await answered(client, chat("Hi", model=tuned))
    await answered(client, chat("Hi"))
    assert [request.adapter for request in over] == [tuned, None]
    first, second = [request.first_token_s - request.arrival_s for request in over]
    assert first > second, "the adapter had to be loaded"


async def test_prompts_that_no_worker_holds_are_refused() -> None:
    async with in_process(simulated.app(max_model_len=1_000)) as client:
        for body in (chat(words(2_000)), chat("Hi", 1_000), chat(words(2_000), stream=True)):
            answer = await client.post(CHAT, json=body)
            assert answer.status_code == 400
            error = answer.json()["error"]
            assert (error["code"], error["param"]) == ("context_length_exceeded", "messages")
            assert "maximum context length is 1000 tokens" in error["message"]
        legacy = await client.post("/v1/completions", json=LEGACY | {"prompt": words(2_000)})
        assert legacy.json()["error"]["code"] == "context_length_exceeded"
        await answered(client, chat(words(900), 16))


@pytest.mark.parametrize("engine", ["vllm", "sglang", "trtllm"])
async def test_the_longest_request_that_is_taken_ends(engine: str) -> None:
    """On a chip with little room, so that the cache and not the model's window is what bounds it."""
    app = simulated.app(engine=engine, gpu="l4", gpu_memory_utilization=0.8)
    longest = app.cluster.max_model_len
    assert longest is not None
    assert longest < 131_072
    async with in_process(app) as client:
        answer = await answered(client, LEGACY | {"prompt": [7] * (longest - 10), "max_tokens": 10}, "/v1/completions")
        assert answer["usage"]["total_tokens"] == longest
        refused = await client.post("/v1/completions", json=LEGACY | {"prompt": [7] * longest, "max_tokens": 1})
        assert refused.status_code == 400


@pytest.mark.parametrize("routing", ["round_robin", "least_loaded", "kv_aware", "prefix_aware", "random"])
@pytest.mark.parametrize("latency", [{}, {"ttft": "40", "itl": "5"}], ids=["instant", "fixed"])
async def test_workers_without_hardware_have_caches_and_routing_too(routing: str, latency: dict[str, Any]) -> None:
    config = {"replicas": 3, "routing": routing}
    app = App(AppConfig(core={"epoch": simulated.EPOCH_S}, cluster=config, latency=latency))
    async with in_process(app) as client:
        answers = [await answered(client, chat(words(200), stream=False)) for _ in range(12)]
        decisions = (await client.get("/v1/router/decisions")).json()["data"]
    hits = [cached(answer) for answer in answers]
    prompt = answers[0]["usage"]["prompt_tokens"]
    assert hits[0] == 0
    assert hits[-1] == (prompt - 1) // 16 * 16
    assert len(decisions) == 12
    assert {row["worker"] for row in decisions} <= {"worker-0", "worker-1", "worker-2"}


async def test_metrics_name_endpoints_as_dynamo_does() -> None:
    async with in_process(simulated.app()) as client:
        await answered(client, chat("Hi"))
        page = (await client.get("/metrics", params={"profile": "dynamo"})).text
    assert 'endpoint="chat_completions"' in page


SOURCE = "".join(f"    harbour{row}: str = read(source, {row})\n" for row in range(60))


async def test_a_prediction_saves_time_and_is_counted(app: App, client: httpx.AsyncClient) -> None:
    over = requests_of(app)
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Call one of them the jetty."}], "seed": 1}
    answer = await answered(client, body | {"prediction": {"type": "content", "content": SOURCE}})
    predicted = over[-1]
    details = answer["usage"]["completion_tokens_details"]
    accepted, rejected = details["accepted_prediction_tokens"], details["rejected_prediction_tokens"]
    assert answer["choices"][0]["message"]["content"] != SOURCE
    assert 0 < rejected < accepted < predicted.output_tokens
    assert answer["usage"]["completion_tokens"] == predicted.output_tokens + rejected
    await answered(client, chat("Call one of them the jetty.", predicted.output_tokens))
    plain = over[-1]
    assert plain.output_tokens == predicted.output_tokens
    assert predicted.done_s - predicted.arrival_s < 0.3 * (plain.done_s - plain.arrival_s)


async def test_a_prediction_in_parts_is_streamed_alike(client: httpx.AsyncClient) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Go on."}], "seed": 1}
    parts = [{"type": "text", "text": SOURCE}]
    one = await answered(client, body | {"prediction": {"type": "content", "content": parts}})
    options = {"stream": True, "stream_options": {"include_usage": True}}
    whole_text = body | options | {"prediction": {"type": "content", "content": SOURCE}}
    texts, usage = streamed((await client.post(CHAT, json=whole_text)).content)
    assert texts == whole(one)
    assert usage["completion_tokens_details"] == one["usage"]["completion_tokens_details"]
    assert usage["completion_tokens"] == one["usage"]["completion_tokens"]
