"""Runs in time: what a clock that only tests move has them come to."""

import asyncio
from typing import Any

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.conftest import EPOCH_S
from tests.support.assistants import ASK, BETA, SEA, WEATHER
from tests.support.clients import in_process
from tests.support.contract import events

pytestmark = [pytest.mark.service, pytest.mark.streaming]


async def begun(client: httpx.AsyncClient, said: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    """The new run's URL, and the run."""
    assistant = await client.post("/v1/assistants", json={"model": "gpt-4o-mini", "tools": [WEATHER]})
    request = {"assistant_id": assistant.json()["id"], "thread": {"messages": said}} | more
    run = (await client.post("/v1/threads/runs", json=request)).json()
    return f"/v1/threads/{run['thread_id']}/runs/{run['id']}", run


async def test_a_polled_run_advances_with_time() -> None:
    """A request moves the clock by a second: the run waits for nothing, and says its first token after 2.5 s."""
    app = App(AppConfig(core={"epoch": EPOCH_S}, latency={"ttft": "2500", "itl": "10"}))
    async with in_process(app, headers=BETA) as client:
        url, run = await begun(client, SEA)
        assert (run["status"], run["started_at"], run["expires_at"]) == ("queued", None, run["created_at"] + 600)
        seen = [(await client.get(url)).json() for _ in range(2)]
        assert [one["status"] for one in seen] == ["in_progress"] * 2
        assert (await client.get(f"{url}/steps")).json()["data"][0]["status"] == "in_progress"
        await app.clock.sleep_until(EPOCH_S + 100)
        done = (await client.get(url)).json()
        assert done["status"] == "completed"
        assert EPOCH_S + 4 < done["completed_at"] < EPOCH_S + 30


@pytest.mark.parametrize("said", [ASK, SEA], ids=["waiting for outputs", "saying much"])
async def test_a_run_expires(said: Any) -> None:
    app = App(AppConfig(core={"epoch": EPOCH_S}, latency={"ttft": "0", "itl": "0" if said is ASK else "60000"}))
    async with in_process(app, headers=BETA) as client:
        url, run = await begun(client, said)
        assert (await client.get(url)).json()["status"] == ("requires_action" if said is ASK else "in_progress")
        await app.clock.sleep_until(run["created_at"] + 599)
        expired = (await client.get(url)).json()
        assert (expired["status"], expired["expires_at"], expired["required_action"]) == ("expired", None, None)
        (step,) = (await client.get(f"{url}/steps")).json()["data"]
        assert (step["status"], step["expired_at"]) == ("expired", run["created_at"] + 600)
        message = (await client.get(f"/v1/threads/{run['thread_id']}/messages")).json()["data"][0]
        if said is SEA:
            assert message["incomplete_details"] == {"reason": "run_expired"}
        late = await client.post(f"{url}/submit_tool_outputs", json={"tool_outputs": []})
        assert late.json()["error"]["message"] == 'Runs in status "expired" do not accept tool outputs.'


async def test_a_stream_ends_when_its_run_expires() -> None:
    app = App(AppConfig(core={"epoch": EPOCH_S}, latency={"ttft": "0", "itl": "60000"}))
    async with in_process(app, headers=BETA) as client:
        assistant = await client.post("/v1/assistants", json={"model": "gpt-4o-mini"})
        request = {"assistant_id": assistant.json()["id"], "thread": {"messages": SEA}, "stream": True}
        answer = await client.post("/v1/threads/runs", json=request)
        names = [name for name, _ in events(answer.content)]
        assert names[-4:] == ["thread.message.incomplete", "thread.run.step.expired", "thread.run.expired", "done"]
        assert names.count("thread.message.delta") == 11


async def test_a_run_that_says_too_much_is_incomplete() -> None:
    app = App(AppConfig(core={"epoch": EPOCH_S}, generation={"mean_tokens": 1000}))
    async with in_process(app, headers=BETA) as client:
        url, run = await begun(client, SEA, max_completion_tokens=256)
        done = (await client.get(url)).json()
        assert (done["status"], done["incomplete_details"]) == ("incomplete", {"reason": "max_completion_tokens"})
        assert done["usage"]["completion_tokens"] == 256
        message = (await client.get(f"/v1/threads/{run['thread_id']}/messages")).json()["data"][0]
        assert (message["status"], message["incomplete_details"]) == ("incomplete", {"reason": "max_tokens"})


async def test_a_run_fails_with_its_worker() -> None:
    faults = [{"kind": "dead", "worker": "worker-0", "from_s": 5}]
    app = App(AppConfig(core={"epoch": EPOCH_S}, latency={"ttft": "0", "itl": "1000"}, cluster={"faults": faults}))
    async with in_process(app, headers=BETA) as client:
        url, _ = await begun(client, SEA)
        await app.clock.sleep_until(EPOCH_S + 60)
        failed = (await client.get(url)).json()
        assert (failed["status"], failed["last_error"]["code"]) == ("failed", "server_error")


LONG: Any = [{"role": "user", "content": "The sea is wide. " * 2_000}, *ASK]
"""Planned beside the event loop, while others ask for the same."""


async def waiting(client: httpx.AsyncClient) -> tuple[str, Any]:
    """URL of a run that waits for outputs, and those."""
    url, _ = await begun(client, LONG)
    run = (await client.get(url)).json()
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return url, {"tool_outputs": [{"tool_call_id": call["id"], "output": "clear"} for call in calls]}


async def test_one_of_several_that_come_together_is_taken() -> None:
    async with in_process(App(AppConfig(core={"epoch": EPOCH_S})), headers=BETA) as client:
        assistant = (await client.post("/v1/assistants", json={"model": "gpt-4o-mini"})).json()["id"]
        thread = (await client.post("/v1/threads", json={"messages": LONG})).json()["id"]
        url = f"/v1/threads/{thread}/runs"
        answers = await asyncio.gather(*(client.post(url, json={"assistant_id": assistant}) for _ in range(3)))
        assert [answer.status_code for answer in answers] == [200, 400, 400]
        assert "already has an active run" in answers[1].text
        url, outputs = await waiting(client)
        answers = await asyncio.gather(*(client.post(f"{url}/submit_tool_outputs", json=outputs) for _ in range(3)))
        assert [answer.status_code for answer in answers] == [200, 400, 400]
        assert (await client.get(url)).json()["status"] == "completed"


async def test_a_run_that_is_cancelled_stays_so() -> None:
    async with in_process(App(AppConfig(core={"epoch": EPOCH_S})), headers=BETA) as client:
        url, outputs = await waiting(client)
        submitted, cancelled = await asyncio.gather(
            client.post(f"{url}/submit_tool_outputs", json=outputs), client.post(f"{url}/cancel")
        )
        assert (submitted.status_code, cancelled.status_code) == (400, 200)
        assert (await client.get(url)).json()["status"] == "cancelled"
