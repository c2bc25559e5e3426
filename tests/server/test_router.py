"""The router's pages, and what operators do to workers."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support import simulated
from tests.support.clients import in_process
from tests.support.contract import DONE, event_data
from tests.support.simulated import CHAT, answered, chat

pytestmark = [pytest.mark.service, pytest.mark.sim]


async def control(client: httpx.AsyncClient, worker: str, action: str, **more: Any) -> dict[str, Any]:
    return await answered(client, {"action": action, **more}, f"/v1/router/workers/{worker}")


async def test_pages_before_any_request() -> None:
    async with in_process(simulated.app(replicas=2)) as client:
        for path in ("stats", "decisions"):
            text = (await client.get(f"/v1/router/{path}")).text
            assert "NaN" not in text
            assert "Infinity" not in text


@pytest.mark.parametrize("routing", ["round_robin", "kv_aware", "cache_aware", "multi_objective", "adaptive"])
async def test_decisions_are_the_callers_own_and_the_newest_first(routing: str) -> None:
    async with in_process(simulated.app(replicas=2, routing=routing)) as client:
        for number in range(5):
            await answered(client, chat(f"Hi {number}"))
        await answered(client, chat("Hi"), headers={"x-fakeai-namespace": "other"})
        rows = (await client.get("/v1/router/decisions", params={"limit": 3})).json()["data"]
        stats = (await client.get("/v1/router/stats")).json()
    assert [row["number"] for row in rows] == [5, 4, 3]
    assert all(row["policy"] == routing for row in rows)
    assert all({score["worker"] for score in row["scores"]} == {"worker-0", "worker-1"} for row in rows)
    assert (stats["routed"], stats["refused"], stats["in_flight"]) == (6, 0, 0)
    assert sum(worker["finished"] for worker in stats["workers"]) == 6


async def test_unknown_workers_and_actions() -> None:
    async with in_process(simulated.app()) as client:
        unknown = await client.post("/v1/router/workers/worker-9", json={"action": "kill"})
        assert (unknown.status_code, unknown.json()["error"]["param"]) == (404, "worker_id")
        for body in ({"action": "dance"}, {}, {"action": "slow", "factor": 0.5}):
            assert (await client.post("/v1/router/workers/worker-0", json=body)).status_code == 400


@pytest.mark.parametrize("cluster", [{"gpu": "h100-sxm"}, {}], ids=["simulated", "paced"])
async def test_what_is_done_to_workers(cluster: dict[str, Any]) -> None:
    config = AppConfig(core={"epoch": simulated.EPOCH_S}, cluster={"replicas": 2} | cluster)
    async with in_process(App(config)) as client:

        async def served_by() -> set[str]:
            for _ in range(4):
                await answered(client, chat("Hi"))
            rows = (await client.get("/v1/router/decisions", params={"limit": 4})).json()["data"]
            return {row["worker"] for row in rows}

        assert (await control(client, "worker-0", "drain"))["state"] == "draining"
        assert await served_by() == {"worker-1"}
        assert (await control(client, "worker-0", "revive"))["state"] == "available"
        assert await served_by() == {"worker-0", "worker-1"}
        assert (await control(client, "worker-1", "kill"))["state"] == "down"
        assert await served_by() == {"worker-0"}
        assert (await control(client, "worker-0", "slow", factor=3))["slowness"] == 3
        await control(client, "worker-0", "kill")
        refused = await client.post(CHAT, json=chat("Hi"))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
        assert (await control(client, "worker-0", "revive"))["slowness"] == 1
        await answered(client, chat("Hi"))


def dying(**cluster: Any) -> App:
    """Two workers on the real clock, whose second has 4 of the simulation."""
    return App(AppConfig(cluster={"gpu": "h100-sxm", "replicas": 2, "speed": 4} | cluster))


async def killed(app: App, body: dict[str, Any]) -> httpx.Response:
    async with in_process(app) as client:
        asked = asyncio.create_task(client.post(CHAT, json=body))
        while not app.cluster.workers[0].running:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.03)
        await control(client, "worker-0", "kill")
        return await asked


@pytest.mark.parametrize("stream", [False, True])
async def test_another_worker_goes_on_where_one_died(stream: bool) -> None:
    app = dying()
    over = simulated.requests_of(app)
    answer = await killed(app, chat("Hi", 400, stream=stream))
    assert answer.status_code == 200
    (request,) = over
    assert (request.worker, request.produced_tokens) == ("worker-1", 400)
    if stream:
        assert event_data(answer.content)[-1] == DONE


async def test_an_answer_whose_worker_died_is_an_error() -> None:
    app = dying(on_worker_death="fail")
    answer = await killed(app, chat("Hi", 4000, store=True))
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    stats = app.cluster.router.stats(app.cluster.now_s)
    assert (stats["in_flight"], stats["workers"][0]["failed"]) == (0, 1)


async def test_a_stream_whose_worker_died_ends_with_an_error() -> None:
    app = dying(on_worker_death="fail")
    answer = await killed(app, chat("Hi", 4000, stream=True, store=True))
    *said, last = [json.loads(data) for data in event_data(answer.content)]
    assert last["error"]["type"] == "server_error"
    assert said[0]["choices"][0]["delta"]["role"] == "assistant"
    async with in_process(app) as client:
        assert (await client.get(CHAT)).json()["data"] == []


@pytest.mark.parametrize("status", ["503", "429"])
async def test_more_than_may_wait_is_refused(status: str) -> None:
    app = App(
        AppConfig(cluster={"gpu": "l4", "max_num_seqs": 1, "max_queued": 1, "overload_status": status, "speed": 10})
    )
    async with in_process(app) as client:
        answers = await asyncio.gather(*(client.post(CHAT, json=chat("Hi", 50)) for _ in range(5)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 2 <= len(refused) <= 4
    for answer in refused:
        assert answer.status_code == int(status)
        assert int(answer.headers["retry-after"]) >= 1
