"""Who follows a request live, and how often that wakes somebody."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from fakeai.core.clock import RealClock
from fakeai.sim.driver import Driver, Flow
from fakeai.sim.request import SimRequest
from tests.support.sim_cluster import Make, request

pytestmark = [pytest.mark.unit, pytest.mark.sim]

TOKENS = 60


def begun() -> tuple[Driver, SimRequest, Flow]:
    driver, one = Driver(Make().cluster(), RealClock(speed=5)), request(8, TOKENS)
    flow = Flow(driver, [one])
    driver.submit([one])
    return driver, one, flow


async def test_news_that_are_taken_wake_nobody_but_the_last() -> None:
    driver, one, flow = begun()
    taken: list[int] = []
    is_moving: list[bool] = []
    advance = driver.cluster.advance

    def watched(until_s: float) -> None:
        is_moving.append(True)
        advance(until_s)
        is_moving.clear()

    def take() -> bool:
        assert not is_moving, "the cluster must not be met half way"
        taken.append(one.produced_tokens)
        return True

    driver.cluster.advance, flow.take = watched, take  # type: ignore[method-assign]
    woken = [one.produced_tokens async for _ in _news(flow)]
    assert woken == [TOKENS]
    assert 0 < len(taken) < TOKENS
    assert taken == sorted(set(taken))


async def test_who_cannot_take_is_woken() -> None:
    _, one, flow = begun()
    flow.take = lambda: one.produced_tokens % 2 == 0
    woken = [one.produced_tokens async for _ in _news(flow)]
    assert woken[-1] == TOKENS
    assert len(woken) > 1
    assert all(tokens % 2 for tokens in woken[:-1])


async def test_an_error_reaches_who_waits_and_not_the_cluster() -> None:
    driver, _, failing = begun()
    other = request(8, TOKENS)
    flow = Flow(driver, [other])
    driver.submit([other])
    failing.take = lambda: bool(1 / 0)
    with pytest.raises(ZeroDivisionError):
        await failing.more()
    await asyncio.wait_for(flow.known(), 10)
    assert other.produced_tokens == TOKENS


async def _news(flow: Flow) -> AsyncIterator[None]:
    while await flow.more():
        yield
