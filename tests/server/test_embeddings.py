"""Embeddings: what the vectors are, what is refused, and the time that reading takes."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support import simulated
from tests.support.clients import in_process
from tests.support.simulated import answered, requests_of, words

pytestmark = [pytest.mark.service, pytest.mark.sim]

PATH = "/v1/embeddings"
SMALL = {"model": "text-embedding-3-small"}


@pytest.fixture
def app() -> App:
    return simulated.app()


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with in_process(app) as client:
        yield client


async def vectors(client: httpx.AsyncClient, given: Any, **more: Any) -> list[list[float]]:
    answer = await answered(client, SMALL | {"input": given} | more, PATH)
    assert [item["index"] for item in answer["data"]] == list(range(len(answer["data"])))
    return [item["embedding"] for item in answer["data"]]


async def test_similar_texts_are_near_and_equal_ones_equal(client: httpx.AsyncClient) -> None:
    lost, forgot, hours, again = await vectors(
        client,
        [
            "How do I reset my password?",
            "I forgot my password, how can I reset it?",
            "What are your opening hours on Sunday?",
            "How do I reset my password?",
        ],
    )
    assert {len(vector) for vector in (lost, forgot, hours)} == {1536}
    assert np.linalg.norm(lost) == pytest.approx(1, abs=1e-6)
    assert lost == again
    assert np.dot(lost, forgot) > 0.5 > 0.3 > np.dot(lost, hours)
    (other,) = await vectors(client, "How do I reset my password?", model="text-embedding-3-large")
    assert len(other) == 3072


async def test_dimensions_are_the_first_ones_made_a_unit_again(client: httpx.AsyncClient) -> None:
    (whole,) = await vectors(client, "The river rises in the hills.")
    (short,) = await vectors(client, "The river rises in the hills.", dimensions=256)
    assert len(short) == 256
    assert np.array(short) == pytest.approx(np.array(whole[:256]) / np.linalg.norm(whole[:256]), abs=1e-6)


async def test_tokens_and_base64_are_the_same_vector(client: httpx.AsyncClient) -> None:
    text = "The river rises in the hills."
    tokens = (await answered(client, SMALL | {"prompt": text}, "/tokenize"))["tokens"]
    plain, *others = [
        *await vectors(client, text),
        *await vectors(client, tokens),
        *await vectors(client, [tokens, tokens]),
    ]
    assert others == [plain, plain, plain]
    (packed,) = await vectors(client, text, encoding_format="base64")
    assert np.frombuffer(base64.b64decode(str(packed)), "<f4") == pytest.approx(np.array(plain), abs=1e-7)


async def test_reading_takes_time_on_the_chips_and_is_counted(app: App, client: httpx.AsyncClient) -> None:
    over = requests_of(app)
    before_s = app.clock.now()
    answer = await answered(client, SMALL | {"input": [words(6_000, "tide"), words(6_000, "river")]}, PATH)
    assert [(request.output_tokens, request.produced_tokens) for request in over] == [(0, 0), (0, 0)]
    assert answer["usage"]["prompt_tokens"] == sum(request.prompt_tokens for request in over) > 12_000
    assert app.clock.now() == max(request.done_s for request in over) > before_s + 0.1
    stats = app.cluster.workers[0].stats
    assert (stats.computed_prompt_tokens, stats.generated_tokens) == (answer["usage"]["total_tokens"], 0)
    assert "fakeai_" in (await client.get("/metrics")).text


async def test_many_inputs_go_in_one_request(app: App, client: httpx.AsyncClient) -> None:
    found = await vectors(client, [f"Item {number}" for number in range(2048)], dimensions=8)
    assert len({tuple(vector) for vector in found}) == 2048
    assert app.cluster.workers[0].stats.finished == 2048


async def test_a_fixed_latency_holds_too() -> None:
    app = App(AppConfig(core={"epoch": simulated.EPOCH_S}, latency={"ttft": "200"}))  # type: ignore[arg-type]
    async with in_process(app) as client:
        before_s = app.clock.now()
        await vectors(client, "x")
        assert app.clock.now() >= before_s + 0.2


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "empty text": ({"input": ""}, 400, "input"),
    "empty text in a list": ({"input": ["x", ""]}, 400, "input"),
    "empty list": ({"input": []}, 400, "input"),
    "too many": ({"input": ["x"] * 2049}, 400, "input"),
    "too long": ({"input": words(9_000)}, 400, "input"),
    "too many tokens in all": ({"input": [words(8_000)] * 40}, 400, "input"),
    "too many dimensions": ({"input": "x", "dimensions": 1537}, 400, "dimensions"),
    "fixed dimensions": ({"input": "x", "dimensions": 8, "model": "text-embedding-ada-002"}, 400, "dimensions"),
    "chat model": ({"input": "x", "model": "gpt-4o"}, 403, "model"),
    "unknown token": ({"input": [[1 << 30]]}, 400, "input"),
}


@pytest.mark.parametrize(("more", "status", "param"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused(client: httpx.AsyncClient, more: dict[str, Any], status: int, param: str) -> None:
    answer = await client.post(PATH, json=SMALL | more)
    assert answer.status_code == status
    assert answer.json()["error"]["param"] == param
