"""Traffic that a server recorded, replayed offline."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from fakeai.cli import main
from fakeai.config import AppConfig
from fakeai.config.errors import ConfigError
from fakeai.server.app import App
from fakeai.sim.request import SimRequest
from tests.support.clients import in_process
from tests.support.simulated import CHAT, answered, chat, requests_of, words

pytestmark = [pytest.mark.service, pytest.mark.sim]

LOG = "arrivals.jsonl"
DEPLOYMENT = {"gpu": "l4", "replicas": 2, "routing": "kv_aware"}


def recording(**server: Any) -> App:
    """From time 0, where times of today would be rounded to a quarter of a microsecond, and what arrives at the moment
    of another event might come before it in the replay."""
    config = AppConfig(core={"epoch": 0}, cluster=DEPLOYMENT, server={"arrival_log": LOG} | server)  # type: ignore[arg-type]
    return App(config)


async def traffic(app: App) -> list[SimRequest]:
    """Four conversations of three turns at once, of which each turn contains those before, and embeddings between."""
    over = requests_of(app)

    async def talk(number: int) -> None:
        messages = [{"role": "user", "content": words(400 + 50 * number, f"tide{number}")}]
        for turn in range(3):
            body = chat("", 30 + turn) | {"messages": messages, "user": f"u{number}", "priority": number}
            said = (await answered(client, body, CHAT))["choices"][0]["message"]["content"]
            messages += [{"role": "assistant", "content": said}, {"role": "user", "content": "Go on."}]
            await answered(client, {"model": "text-embedding-3-small", "input": said}, "/v1/embeddings")

    async with in_process(app) as client:
        await asyncio.gather(*map(talk, range(4)))
    app.close()
    return sorted(over, key=lambda request: request.arrival_s)


def rows_of(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def measures(row: dict[str, Any]) -> list[float]:
    return [row[name] - row["at_s"] for name in ("scheduled_s", "done_s")]


def test_what_was_recorded_is_what_is_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = recording()
    live = asyncio.run(traffic(app))
    rows = rows_of(LOG)
    assert len(rows) == len(live) == 24
    assert [row["at_s"] for row in rows] == sorted(row["at_s"] for row in rows)
    assert rows[0]["session"].startswith("u")
    assert not any("tide" in str(row) for row in rows)

    options = ["--gpu", "l4", "--replicas", "2", "--routing", "kv_aware"]
    assert main(["simulate", LOG, *options, "--requests-out", "r.jsonl", "--quiet"]) == 0
    again = sorted(rows_of("r.jsonl"), key=lambda row: row["at_s"])
    assert sum(row["cached_tokens"] for row in again) == sum(request.cached_tokens for request in live) > 3 * 400
    for row, request in zip(again, live, strict=True):
        asked = (request.prompt_tokens, request.output_tokens, request.model, request.tenant, request.priority)
        assert (row["prompt_tokens"], row["output_tokens"], row["model"], row["tenant"], row["priority"]) == asked
        ends = [request.first_scheduled_s - request.arrival_s, request.done_s - request.arrival_s]
        assert measures(row) == pytest.approx(ends, abs=1e-5)

    assert main(["simulate", LOG, "--gpu", "h100-sxm", "--block-size", "32", "--json", "other.json", "--quiet"]) == 0
    other = json.loads(Path("other.json").read_text())
    assert other["requests"]["finished"] == 24
    assert other["cache"]["hit_rate"] > 0.3


async def leave(app: App) -> None:
    """One of two requests after some steps."""
    model, driver = app.catalog.resolve("gpt-4o", ""), app.realms.shared.driver
    leaving, staying = (SimRequest(id, 0.0, 64, 50, app.engine.hashes("", model, "", range(114))) for id in ("a", "b"))
    driver.submit([leaving, staying])
    for _ in range(6):
        await driver.next_event()
    driver.cancel([leaving])
    while not staying.is_over:
        await driver.next_event()


def test_a_client_that_left_leaves_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = recording()
    app.cluster.on_done = lambda request: None
    asyncio.run(leave(app))
    app.close()
    rows = rows_of(LOG)
    assert ["cancel_at_s" in row for row in rows] == [True, False]
    assert rows[0]["cancel_at_s"] > rows[0]["at_s"]
    assert main(["simulate", LOG, "--gpu", "l4", "--json", "r.json", "--quiet"]) == 0
    assert json.loads(Path("r.json").read_text())["requests"]["cancelled"] == 1


def test_a_place_that_is_none_is_told() -> None:
    with pytest.raises(ConfigError, match=r"^server\.arrival_log: nowhere/a: No such file or directory$"):
        recording(arrival_log="nowhere/a")
