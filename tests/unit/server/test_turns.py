"""Bursts of requests are spread over turns of the event loop, in order."""

import asyncio
from typing import Any

import pytest

from fakeai.server import turns
from fakeai.server.turns import Turns

pytestmark = pytest.mark.unit


class Request:
    def __init__(self, number: int, begun: list[int], leaves: bool = False) -> None:
        self.number = number
        self.begun = begun
        self.disconnected = leaves

    def begin(self, app: Any) -> None:
        self.begun.append(self.number)


async def begun_in_each_turn(leaving: int = -1) -> list[list[int]]:
    made, begun, seen = Turns(), list[int](), list[list[int]]()
    for number in range(5):
        made.begin(Request(number, begun, number == leaving), None)  # type: ignore[arg-type]
    for _ in range(7):
        seen.append(begun.copy())
        await asyncio.sleep(0)
    return seen


async def test_requests_within_the_budget_are_begun_at_once() -> None:
    assert (await begun_in_each_turn())[0] == [0, 1, 2, 3, 4]


async def test_others_wait_for_the_next_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """One a turn if each takes the whole budget; those that left meanwhile are not begun."""
    seconds = iter(number * turns.BUDGET_S * 0.6 for number in range(100))
    monkeypatch.setattr(turns, "monotonic", lambda: next(seconds))
    seen = await begun_in_each_turn(leaving=3)
    assert seen[0] == [0, 1]
    assert seen[1] == [0, 1, 2]
    assert seen[-1] == [0, 1, 2, 4]


async def test_who_comes_later_is_begun_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "BUDGET_S", -1.0)
    made, begun = Turns(), list[int]()
    for number in range(3):
        made.begin(Request(number, begun), None)  # type: ignore[arg-type]
    assert begun == [0]
    monkeypatch.undo()
    made.begin(Request(3, begun), None)  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert begun == [0, 1, 2, 3]
