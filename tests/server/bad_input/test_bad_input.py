"""Malformed requests, a table of them a family, and the errors that clients match on."""

from collections.abc import Awaitable, Callable

import httpx
import orjson
import pytest

from fakeai.server.app import App
from tests.server.bad_input import chat, chat_schemas, conversations, responses, smaller, threads, worlds
from tests.server.bad_input.row import Row
from tests.support.assistants import BETA
from tests.support.clients import in_process

pytestmark = [pytest.mark.service]

Build = Callable[[httpx.AsyncClient], Awaitable[worlds.World]]
TABLES: dict[str, tuple[str, Build, dict[str, Row]]] = {
    "chat's JSON": (chat.PATH, worlds.nothing, chat.JSON_ROWS),
    "chat": (chat.PATH, worlds.nothing, chat.ROWS),
    "chat's tools": (chat.PATH, worlds.nothing, chat.TOOL_ROWS),
    "chat's schemas": (chat.PATH, worlds.nothing, chat_schemas.ROWS),
    "response's JSON": (responses.PATH, worlds.responses, responses.JSON_ROWS),
    "response": (responses.PATH, worlds.responses, responses.ROWS),
    "response's items": (responses.PATH, worlds.responses, responses.ITEM_ROWS),
    "response's tools": (responses.PATH, worlds.responses, responses.TOOL_ROWS),
    "response that is kept": (responses.PATH, worlds.responses, responses.KEPT_ROWS),
    "conversation": (conversations.PATH, worlds.responses, conversations.ROWS),
    "assistant": (threads.PATH, worlds.threads, threads.ASSISTANT_ROWS),
    "thread": (threads.THREADS, worlds.threads, threads.THREAD_ROWS),
    "run": (threads.THREADS, worlds.threads, threads.RUN_ROWS),
    "embedding": (smaller.PATH, worlds.nothing, smaller.EMBEDDING_ROWS),
    "moderation": (smaller.MODERATIONS, worlds.nothing, smaller.MODERATION_ROWS),
    "completion": (smaller.COMPLETIONS, worlds.nothing, smaller.COMPLETION_ROWS),
}
CASES = [
    pytest.param(path, build, row, id=f"{table}: {name}")
    for table, (path, build, rows) in TABLES.items()
    for name, row in rows.items()
]


@pytest.mark.parametrize(("path", "build", "row"), CASES)
async def test_a_malformed_request_is_refused(app: App, path: str, build: Build, row: Row) -> None:
    async with in_process(app, headers=BETA) as client:
        world = await build(client)
        answer = await client.request(
            row.method,
            _named(row.path or path, world),
            content=_bytes(row, world),
            headers={} if row.body is None else {"content-type": row.content_type},
        )
    error = answer.json().get("error", {})
    told = (answer.status_code, error.get("type"), error.get("code"), error.get("param"))
    assert told == (row.status, row.type, row.code, row.param), answer.text[:500]
    assert _named(row.says, world) in error["message"]


def _bytes(row: Row, world: worlds.World) -> bytes:
    if isinstance(row.body, bytes):
        return row.body
    return b"" if row.body is None else _named(orjson.dumps(row.body).decode(), world).encode()


def _named(text: str, world: worlds.World) -> str:
    for name, id in world.items():
        text = text.replace(f"<{name}>", id)
    return text
