"""Uses what was generated from the invented next version; every answer is checked against its contract."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

import fakeai_api
from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support.clients import in_process

GADGET = {"name": "lamp", "shape": {"type": "disc", "radius": 1.5}}
COMMITTED = Path(__file__).parents[2] / "generated"


async def main() -> None:
    assert COMMITTED not in Path(fakeai_api.__file__).parents
    async with in_process(App(AppConfig(core={"epoch": 1_700_000_000}))) as client:
        for step in (lifecycle, union, recursion, form, renamed, committed):
            await step(client)
            print(step.__name__)


async def lifecycle(client: httpx.AsyncClient) -> None:
    made = [await _make(client, name=f"lamp {number}") for number in range(3)]
    url = f"/v1/gadgets/{made[0]['id']}"
    assert (await client.get(url)).json() == made[0]
    page = (await client.get("/v1/gadgets", params={"limit": "2"})).json()
    assert page["data"] == [made[2], made[1]]
    assert page["has_more"] is True
    rest = (await client.get("/v1/gadgets", params={"after": page["last_id"]})).json()
    assert rest["data"] == [made[0]]
    assert (await client.post(url, json={"metadata": {"a": "b"}})).json() == made[0] | {"metadata": {"a": "b"}}
    assert (await client.delete(url)).json()["deleted"] is True
    assert (await client.get(url)).status_code == 404
    for limit in ("0", "none"):
        await _refused(await client.get("/v1/gadgets", params={"limit": limit}), "limit")


async def union(client: httpx.AsyncClient) -> None:
    bar = {"type": "bar", "length": 3}
    assert (await _make(client, shape=bar))["shape"] == bar
    await _refused(await _post(client, shape={"type": "bar", "radius": 1.5}), "shape.length")
    await _refused(await _post(client, shape={"type": "ring", "radius": 1.5}), "shape.type")
    await _refused(await _post(client, name=""), "name")
    await _refused(await _post(client, colour="red"), "colour")


async def recursion(client: httpx.AsyncClient) -> None:
    parts = [{"name": "a", "parts": [{"name": "b", "parts": [{"name": "c"}]}]}]
    assert (await _make(client, parts=parts))["parts"] == parts
    await _refused(await _post(client, parts=[{"name": "a", "parts": [{"parts": []}]}]), "parts[0].parts[0].name")


async def form(client: httpx.AsyncClient) -> None:
    url, file = "/v1/gadget_pictures", {"file": ("a.png", b"\x89PNG", "image/png")}
    answer = await client.post(url, data={"caption": "a lamp"}, files=file)
    assert answer.status_code == 200, answer.text
    await _refused(await client.post(url, files=file), "caption")


async def renamed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/batches")).json()["data"] == []


async def committed(client: httpx.AsyncClient) -> None:
    """What did not change works as before; what is gone is gone."""
    headers = {"openai-beta": "assistants=v2"}
    made = await client.post("/v1/assistants", json={"model": "gpt-4o"}, headers=headers)
    assert made.json()["model"] == "gpt-4o"
    assert (await client.post("/v1/videos/characters")).status_code == 405


async def _post(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/v1/gadgets", json=GADGET | changes)


async def _make(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await _post(client, **changes)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    assert {name: made[name] for name in GADGET | changes} == GADGET | changes
    return made


async def _refused(answer: httpx.Response, param: str) -> None:
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == param, answer.text


if __name__ == "__main__":
    asyncio.run(main())
