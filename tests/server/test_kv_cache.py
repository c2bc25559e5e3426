"""What the caches hold, warming and clearing them, and the events that tell of it."""

from typing import Any

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support import simulated
from tests.support.clients import in_process
from tests.support.process import running
from tests.support.simulated import answered, cached, chat, words

pytestmark = [pytest.mark.service, pytest.mark.sim]

CLUSTERS: list[dict[str, Any]] = [{"gpu": "h100-sxm", "replicas": 2}, {"replicas": 2}]


def make(cluster: dict[str, Any]) -> App:
    return App(AppConfig(core={"epoch": simulated.EPOCH_S}, cluster=cluster))


async def get(client: httpx.AsyncClient, page: str, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/kv-cache/{page}", params=query)).json()
    return found


@pytest.mark.parametrize("cluster", CLUSTERS, ids=["simulated", "paced"])
async def test_metrics_add_up(cluster: dict[str, Any]) -> None:
    async with in_process(make(cluster)) as client:
        answers = [await answered(client, chat(words(300))) for _ in range(6)]
        found = await get(client, "metrics")
        blocks = await get(client, "blocks", limit=1000)
    assert found["queried_tokens"] == sum(answer["usage"]["prompt_tokens"] for answer in answers)
    assert found["hit_tokens"] == sum(cached(answer) for answer in answers)
    assert found["hit_rate"] == pytest.approx(found["hit_tokens"] / found["queried_tokens"])
    (row,) = found["by_model_and_tenant"]
    assert (row["tenant"], row["hit_tokens"]) == ("default", found["hit_tokens"])
    assert sum(worker["cached_blocks"] for worker in found["workers"]) == blocks["total"] == len(blocks["data"])


async def test_blocks_of_one_worker_and_no_more_than_asked_for() -> None:
    async with in_process(make(CLUSTERS[0])) as client:
        await answered(client, chat(words(300)))
        one = await get(client, "blocks", worker="worker-0", limit=3)
        assert (len(one["data"]), one["has_more"]) == (3, True)
        assert {block["worker"] for block in one["data"]} == {"worker-0"}
        assert (await get(client, "blocks", worker="worker-1"))["total"] == 0
        assert (await client.get("/v1/kv-cache/blocks", params={"worker": "none"})).status_code == 404
        assert (await client.get("/v1/kv-cache/blocks", params={"limit": 0})).status_code == 400


@pytest.mark.parametrize("cluster", CLUSTERS, ids=["simulated", "paced"])
async def test_a_warmed_prompt_hits_on_every_worker_and_a_cleared_one_on_none(cluster: dict[str, Any]) -> None:
    async with in_process(make(cluster)) as client:
        body = chat(words(400))
        wish = {"model": body["model"], "prompts": [body["messages"]]}
        warmed = await answered(client, wish, "/v1/kv-cache/warm")
        assert warmed["cached_tokens"] == warmed["tokens"] // 16 * 16
        found = await get(client, "metrics")
        assert all(worker["cached_blocks"] == warmed["tokens"] // 16 for worker in found["workers"])
        assert found["queried_tokens"] == 0
        for _ in range(2):
            assert cached(await answered(client, body)) == (warmed["tokens"] - 1) // 16 * 16
        reset = (await client.post("/v1/kv-cache/reset")).json()
        assert (sorted(reset["workers"]), reset["refused"]) == (["worker-0", "worker-1"], [])
        assert all(worker["cached_blocks"] == 0 for worker in (await get(client, "metrics"))["workers"])
        assert cached(await answered(client, body)) == 0


def test_events_tell_what_the_caches_hold() -> None:
    zmq = pytest.importorskip("zmq")
    msgspec = pytest.importorskip("msgspec")
    with zmq.Context() as context, context.socket(zmq.SUB) as events:
        base = events.bind_to_random_port("tcp://127.0.0.1")
        events.unbind(f"tcp://127.0.0.1:{base}")
        options = [f"kv_cache.events_endpoint=tcp://*:{base}", "cluster.replicas=2", "cluster.gpu=h100-sxm"]
        with running(*[part for option in options for part in ("--set", option)]) as server:
            events.subscribe("")
            events.setsockopt(zmq.RCVTIMEO, 5_000)
            for worker in range(2):
                events.connect(f"tcp://127.0.0.1:{base + worker}")
            held: dict[int, set[int]] = {0: set(), 1: set()}
            heard: set[int] = set()
            while len(heard) < 2:  # what a publisher says before it knows of its subscriber is lost
                httpx.post(server.base_url + "/chat/completions", json=chat(words(100)))
                heard |= {msgspec.msgpack.decode(events.recv_multipart()[2])[2]} if events.poll(50) else set()
            httpx.post(server.base_url + "/kv-cache/reset")
            while heard:
                _, batch, rank = msgspec.msgpack.decode(events.recv_multipart()[2])
                heard -= {rank} if any(event["type"] == "AllBlocksCleared" for event in batch) else set()
            for number in range(20):
                httpx.post(server.base_url + "/chat/completions", json=chat(f"{number} " + words(100)))
            total = -1
            while sum(map(len, held.values())) != total:
                _, _, payload = events.recv_multipart()
                _, batch, rank = msgspec.msgpack.decode(payload)
                for event in batch:
                    if event["type"] == "BlockStored":
                        held[rank] |= set(event["block_hashes"])
                page = httpx.get(server.base_url + "/kv-cache/blocks?limit=1000").json()
                shown = {(block["worker"], int(block["hash"], 16)) for block in page["data"]}
                told = {(f"worker-{rank}", block) for rank, blocks in held.items() for block in blocks}
                assert told <= shown
                total = page["total"]
