"""Identical requests that come together, and what a server and a replay of its log say of them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from fakeai.cli import main
from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support.clients import in_process
from tests.support.contract import DONE, event_data
from tests.support.simulated import CHAT, answered, cached, chat, requests_of, words

pytestmark = [pytest.mark.service, pytest.mark.sim]

LOG = "arrivals.jsonl"
WINDOW_S = 4.0
DEPLOYED = {"gpu": "l4", "replicas": 2, "coalesce": True, "batch_window_s": WINDOW_S}
ASKED = chat(words(200), 100, temperature=0)


async def ask(app: App) -> tuple[list[dict[str, Any]], bytes, str]:
    """Three answers to one request and one to another, the stream of the first, and the page of metrics."""
    async with in_process(app) as client:
        *answers, streamed = await asyncio.gather(
            *(answered(client, ASKED) for _ in range(3)),
            answered(client, ASKED | {"seed": 1}),
            client.post(CHAT, json=ASKED | {"stream": True}),
        )
        page = await client.get("/metrics?profile=fakeai")
    app.close()
    return answers, streamed.content, page.text


def test_identical_requests_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = App(AppConfig(cluster=DEPLOYED | {"speed": 20}, server={"arrival_log": LOG}))  # type: ignore[arg-type]
    over = requests_of(app)
    answers, streamed, page = asyncio.run(ask(app))
    contents = [answer["choices"][0]["message"]["content"] for answer in answers]
    *said, end = event_data(streamed)
    text = "".join(json.loads(data)["choices"][0]["delta"].get("content", "") for data in said)
    assert end == DONE
    assert {*contents[:3], text} == {contents[0]} != {contents[3]}
    prompt = answers[0]["usage"]["prompt_tokens"]
    whole = (prompt - 1) // 16 * 16
    assert {one.cached_tokens for one in over if one.coalesced} == {whole}
    assert sorted(map(cached, answers[:3]))[1:] == [whole, whole]
    assert sum(worker.stats.arrived for worker in app.cluster.workers) == 2
    assert len({request.worker for request in over}) == 1
    waited_s = [request.first_scheduled_s - request.arrival_s for request in over]
    assert round(max(waited_s), 3) >= WINDOW_S
    (line,) = [line for line in page.splitlines() if line.startswith("fakeai_coalesced_requests_total")]
    assert line.endswith("} 3")

    settings = [f"--set=cluster.{name}={json.dumps(value)}" for name, value in DEPLOYED.items() if name != "gpu"]
    written = ["--json", "r.json", "--requests-out", "r.jsonl", "--quiet"]
    assert main(["simulate", LOG, "--gpu", "l4", *settings, *written]) == 0
    assert json.loads(Path("r.json").read_text())["requests"]["coalesced"] == 3
    rows = [json.loads(row) for row in Path("r.jsonl").read_text().splitlines()]
    e2e_s = sorted(row["done_s"] - row["at_s"] for row in rows)
    assert e2e_s == pytest.approx(sorted(one.done_s - one.arrival_s for one in over), abs=1e-5)
