"""Applications with simulated hardware, in process and on a clock that only waiting moves."""

from typing import Any

import httpx

from fakeai.config import AppConfig
from fakeai.server.app import App
from fakeai.sim.request import SimRequest

EPOCH_S = 1_700_000_000.0
CHAT = "/v1/chat/completions"
MODEL = "llama-3.1-8b"


def app(kv_cache: dict[str, Any] | None = None, **cluster: Any) -> App:
    """One H100 with Llama 3.1 8B, unless told otherwise."""
    return App(AppConfig(core={"epoch": EPOCH_S}, cluster={"gpu": "h100-sxm"} | cluster, kv_cache=kv_cache or {}))


def requests_of(app: App) -> list[SimRequest]:
    """Filled with every request of the shared cluster that is over."""
    over: list[SimRequest] = []
    cluster, before = app.cluster, app.cluster.on_done

    def done(request: SimRequest) -> None:
        over.append(request)
        before(request)

    cluster.on_done = done
    return over


def chat(text: str, tokens: int = 8, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": MODEL, "messages": messages, "max_tokens": tokens, "ignore_eos": True} | more


def words(count: int, first: str = "tide") -> str:
    return " ".join([first] * count)


async def answered(client: httpx.AsyncClient, body: dict[str, Any], path: str = CHAT, **options: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body, **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def cached(answer: dict[str, Any]) -> int:
    found: int = answer["usage"]["prompt_tokens_details"]["cached_tokens"]
    return found
