"""Requests are begun in turns of the event loop, in order."""

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


async def test_requests_of_a_turn_are_begun_together() -> None:
    seen = await begun_in_each_turn(leaving=3)
    assert seen[0] == []
    assert seen[1] == [0, 1, 2, 4]


async def test_those_beyond_the_budget_wait_for_the_next_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(number * turns.BUDGET_S * 0.6 for number in range(100))
    monkeypatch.setattr(turns, "monotonic", lambda: next(seconds))
    seen = await begun_in_each_turn()
    assert seen[1:4] == [[0, 1], [0, 1, 2, 3], [0, 1, 2, 3, 4]]


async def test_who_comes_later_is_begun_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "BUDGET_S", -1.0)
    made, begun = Turns(), list[int]()
    made.begin(Request(0, begun), None)  # type: ignore[arg-type]
    made.begin(Request(1, begun), None)  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert begun == [0]
    made.begin(Request(2, begun), None)  # type: ignore[arg-type]
    for _ in range(3):
        await asyncio.sleep(0)
    assert begun == [0, 1, 2]
