"""Request bodies, and clients that go away."""

import asyncio
from typing import Any

import pytest

from fakeai.core.errors import ApiError
from fakeai.server.asgi import ClientGone, Watcher, read_all

pytestmark = pytest.mark.unit


def receiving(*messages: dict[str, Any]) -> Any:
    waiting = list(messages)

    async def receive() -> Any:
        return waiting.pop(0)

    return receive


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize("parts", [[b""], [b"abc"], [b"a", b"b", b"c"], [b"", b"abc", b""]])
async def test_parts_are_joined(parts: list[bytes]) -> None:
    messages = [part(body, number < len(parts) - 1) for number, body in enumerate(parts)]
    assert await read_all(receiving(*messages), {}, 100) == b"".join(parts)


@pytest.mark.parametrize("parts", [[b"x" * 11], [b"x" * 6, b"x" * 5], [b"x" * 6, b"x" * 5, b""]])
async def test_too_large(parts: list[bytes]) -> None:
    messages = [part(body, number < len(parts) - 1) for number, body in enumerate(parts)]
    with pytest.raises(ApiError) as caught:
        await read_all(receiving(*messages), {}, 10)
    assert caught.value.status == 413


async def test_too_large_by_its_own_account_is_not_read() -> None:
    with pytest.raises(ApiError, match="11 bytes"):
        await read_all(receiving(), {"content-length": "11"}, 10)


@pytest.mark.parametrize("length", ["", "x", "-5", "²"])
async def test_a_length_that_is_none_is_ignored(length: str) -> None:
    assert await read_all(receiving(part(b"abc")), {"content-length": length}, 10) == b"abc"


@pytest.mark.parametrize("before", [[], [part(b"a", more=True)]])
async def test_client_gone(before: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientGone):
        await read_all(receiving(*before, {"type": "http.disconnect"}), {}, 10)


async def test_departure_cancels_the_task_that_watches() -> None:
    departure = Watcher(receiving(part(b"late"), {"type": "http.disconnect"}))

    async def answer() -> None:
        departure.watch()
        departure.watch()
        await asyncio.Future()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(answer())
    assert departure.is_gone


async def test_nobody_is_cancelled_after_close() -> None:
    departure = Watcher(receiving({"type": "http.disconnect"}))
    departure.watch()
    departure.close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not departure.is_gone
