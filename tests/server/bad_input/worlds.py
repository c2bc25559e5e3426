"""Objects for malformed requests to be about: name in a row, between < and >, → id."""

from typing import Any

import httpx

WEATHER: Any = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
World = dict[str, str]


async def threads(client: httpx.AsyncClient) -> World:
    """An idle thread with a message, one whose run waits for the output of a tool, one whose run is over."""

    async def made(path: str, **body: Any) -> Any:
        return (await client.post(path, json=body)).json()

    assistant = (await made("/v1/assistants", model="gpt-4o-mini", tools=[WEATHER]))["id"]
    gone = (await made("/v1/assistants", model="gpt-4o-mini"))["id"]
    idle, busy, over, lost = [(await made("/v1/threads"))["id"] for _ in range(4)]
    message = (await made(f"/v1/threads/{idle}/messages", role="user", content="x"))["id"]
    waiting = await made(f"/v1/threads/{busy}/runs", assistant_id=assistant, tool_choice="required")
    done = await made(f"/v1/threads/{over}/runs", assistant_id=assistant, tool_choice="none")
    while waiting["status"] != "requires_action" or done["status"] != "completed":
        waiting = (await client.get(f"/v1/threads/{busy}/runs/{waiting['id']}")).json()
        done = (await client.get(f"/v1/threads/{over}/runs/{done['id']}")).json()
    for path in (f"assistants/{gone}", f"threads/{lost}"):
        await client.delete(f"/v1/{path}")
    (call,) = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    return {
        **{"assistant": assistant, "gone assistant": gone, "idle": idle, "busy": busy, "over": over, "gone": lost},
        **{"message": message, "waiting": waiting["id"], "done": done["id"], "call": call["id"]},
    }


async def responses(client: httpx.AsyncClient) -> World:
    """A conversation and responses: kept, not kept, deleted, and one whose call has no output."""

    async def asked(**body: Any) -> Any:
        return (await client.post("/v1/responses", json={"model": "gpt-4o", "input": "x"} | body)).json()

    tool = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
    kept, gone, unkept = await asked(), await asked(), await asked(store=False)
    calling = await asked(tools=[tool], tool_choice="required")
    conversation, lost = [(await client.post("/v1/conversations", json={})).json()["id"] for _ in range(2)]
    for path in (f"responses/{gone['id']}", f"conversations/{lost}"):
        await client.delete(f"/v1/{path}")
    return {
        **{"kept": kept["id"], "gone": gone["id"], "unkept": unkept["id"], "calling": calling["id"]},
        **{"call": calling["output"][0]["call_id"], "conversation": conversation, "gone conversation": lost},
    }


async def nothing(client: httpx.AsyncClient) -> World:
    return {}
