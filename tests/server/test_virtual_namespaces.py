"""Namespaces with a cluster and a clock of their own: simulated seconds pass, real ones do not."""

from collections.abc import AsyncIterator

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support.clients import in_process
from tests.support.simulated import CHAT, answered, cached, chat, words

pytestmark = [pytest.mark.service, pytest.mark.sim]

OWN = {"x-fakeai-namespace": "ci_1"}
TIMES = ("x-fakeai-queue-ms", "x-fakeai-ttft-ms", "x-fakeai-e2e-ms")


@pytest.fixture
def app() -> App:
    """On the real clock: what took time here would take it in the test."""
    return App(AppConfig(cluster={"gpu": "l4", "virtual_namespaces": ["ci*"]}))


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with in_process(app) as client:
        yield client


@pytest.mark.parametrize("stream", [False, True])
async def test_seconds_of_simulation_take_none(app: App, client: httpx.AsyncClient, stream: bool) -> None:
    before_s = app.clock.now()
    answer = await client.post(CHAT, json=chat("Hi", 400, stream=stream), headers=OWN)
    real_s = app.clock.now() - before_s
    queue_ms, ttft_ms, e2e_ms = [float(answer.headers[name]) for name in TIMES]
    assert 0 <= queue_ms < ttft_ms < e2e_ms
    assert e2e_ms > 20_000
    assert real_s < e2e_ms / 1e3 / 2, "nobody waited"


async def test_streamed_or_not_the_times_are_equal(client: httpx.AsyncClient) -> None:
    times = []
    for name, stream in (("ci_1", False), ("ci_2", True)):
        answer = await client.post(CHAT, json=chat("Hi", stream=stream), headers={"x-fakeai-namespace": name})
        times.append([float(answer.headers[header]) for header in TIMES])
    assert times[0] == pytest.approx(times[1], abs=0.002)


async def test_the_key_may_name_the_namespace(client: httpx.AsyncClient) -> None:
    named = await client.post(CHAT, json=chat("Hi"), headers={"authorization": "Bearer sk-fake-ci-1-abc"})
    shared = await client.post(CHAT, json=chat("Hi", 1, stream=True))  # its headers leave before its times are known
    assert TIMES[-1] in named.headers
    assert TIMES[-1] not in shared.headers


async def test_nothing_is_shared(app: App, client: httpx.AsyncClient) -> None:
    body = chat(words(300))
    assert cached(await answered(client, body, headers=OWN)) == 0
    assert cached(await answered(client, body, headers=OWN)) > 0
    assert cached(await answered(client, body, headers={"x-fakeai-namespace": "ci_2"})) == 0
    assert app.cluster.workers[0].stats.arrived == 0
    assert (await client.get("/v1/router/stats")).json()["routed"] == 0
    assert (await client.get("/v1/router/stats", headers=OWN)).json()["routed"] == 2


async def test_stored_objects_there_have_times_of_its_clock(client: httpx.AsyncClient) -> None:
    first = await answered(client, chat("Hi", 400, store=True), headers=OWN)
    second = await answered(client, chat("Hi", store=True), headers=OWN)
    assert second["created"] >= first["created"] + 20
    listed = (await client.get(CHAT, headers=OWN)).json()["data"]
    assert [one["id"] for one in listed] == [first["id"], second["id"]]
    assert (await client.get(CHAT)).json()["data"] == []


async def test_polling_moves_its_clock(client: httpx.AsyncClient) -> None:
    """Else what advances with time would stand still for a client that only waits for it."""
    first, second = [await answered(client, chat("Hi", 1), headers=OWN) for _ in range(2)]
    for _ in range(3):
        await client.get("/v1/models", headers=OWN)
    third = await answered(client, chat("Hi", 1), headers=OWN)
    waited_s = third["created"] - 2 * second["created"] + first["created"]
    assert waited_s >= 2, "three requests, less what whole seconds hide"


async def test_its_times_do_not_run_ahead_on_the_pages(client: httpx.AsyncClient) -> None:
    await answered(client, chat("Hi", 2000), headers=OWN)
    page = (await client.get("/metrics/windows?by=operation&window=1s&points=1")).json()
    found = page["by"]["operation"]["createChatCompletion"]["1s"]
    slots = [slot for slot in (found["latest"], found["running"]) if slot]
    assert [slot["requests"] for slot in slots if slot["requests"]] == [1]
    assert all(slot["start_s"] <= page["now_s"] for slot in slots)
