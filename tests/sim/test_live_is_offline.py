"""What a live driver logs, replayed on virtual time, gives exactly the same token times."""

import asyncio
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.core.clock import Clock, RealClock, VirtualClock
from fakeai.sim.cluster import Cluster
from fakeai.sim.driver import Driver, Flow
from fakeai.sim.limits import Limits
from fakeai.sim.request import SimRequest, State
from tests.support.sim_cluster import Make, request

pytestmark = [pytest.mark.unit, pytest.mark.sim]

MAKE = Make(blocks=40, limits=Limits(max_num_seqs=4, max_num_batched_tokens=24))
SPEED = 2.0

Front = dict[str, Any]
"""What stands in front of the router."""

CLIENTS = st.lists(
    st.tuples(
        st.floats(0, 0.15),
        st.integers(1, 60) | st.just(30),
        st.integers(1, 40) | st.just(20),
        st.none() | st.floats(0, 0.1),
    ),
    min_size=1,
    max_size=12,
)


FRONTS: st.SearchStrategy[Front] = st.sampled_from([{}, {"coalesces": True, "batch_window_s": 0.02}])


def cluster(start_s: float, readers: int, front: Front) -> Cluster:
    return MAKE.cluster(2, readers, routing="least_loaded", start_s=start_s, **front)


async def client(driver: Driver, after_s: float, one: SimRequest, patience_s: float | None) -> list[float]:
    """Returns the times it saw, as it saw them."""
    await asyncio.sleep(after_s)
    flow = Flow(driver, [one])
    driver.submit([one])
    seen: list[float] = []

    async def read() -> None:
        while await flow.more():
            seen.extend(one.token_times[len(seen) :])

    try:
        await asyncio.wait_for(read(), patience_s)
    except TimeoutError:
        flow.close()
        # It goes when the step under way ends, and says so.
        while one.done_s < 0:
            await flow._event()
    return seen


def replay(log: list[dict[str, Any]], start_s: float, readers: int, front: Front) -> dict[str, SimRequest]:
    again: dict[str, SimRequest] = {}
    offline = cluster(start_s, readers, front)
    for row in log:
        if "submit" in row:
            was = row["submit"]
            one = again[was.id] = SimRequest(was.id, row["at_s"], was.prompt_tokens, was.output_tokens, was.hashes)
            offline.submit(one, row["at_s"])
        else:
            offline.cancel(again[row["cancel"].id], row["at_s"])
    offline.advance(inf)
    return again


End = tuple[State, list[float], float]


async def lived(
    clock: Clock, clients: list[tuple[float, int, int, float | None]], readers: int, front: Front
) -> tuple[list[End], list[End]]:
    """How each request ended live, and how the log of that says so offline."""
    log: list[dict[str, Any]] = []
    start_s = clock.now()
    driver = Driver(cluster(start_s, readers, front), clock, log.append)
    asked = [request(prompt, output, text=prompt % 2) for _, prompt, output, _ in clients]
    waits = [client(driver, row[0], one, row[3]) for row, one in zip(clients, asked, strict=True)]
    seen = await asyncio.gather(*waits)
    again = replay(log, start_s, readers, front)
    for one, times in zip(asked, seen, strict=True):
        assert one.is_over
        assert times == one.token_times[: len(times)]
        if one.state == State.FINISHED:
            assert len(one.token_times) == one.output_tokens
    return [_end(one) for one in asked], [_end(again[one.id]) for one in asked]


def _end(request: SimRequest) -> End:
    return request.state, request.token_times, request.done_s


@settings(max_examples=8, deadline=None)
@given(clients=CLIENTS, readers=st.integers(0, 1), front=FRONTS)
def test_on_a_real_clock(clients: list[tuple[float, int, int, float | None]], readers: int, front: Front) -> None:
    live, offline = asyncio.run(lived(RealClock(SPEED), clients, readers, front))
    assert live == offline


@settings(max_examples=20, deadline=None)
@given(clients=CLIENTS, readers=st.integers(0, 1), front=FRONTS)
def test_on_a_virtual_clock(clients: list[tuple[float, int, int, float | None]], readers: int, front: Front) -> None:
    at_once = [(0.0, prompt, output, None) for _, prompt, output, _ in clients]
    live, offline = asyncio.run(lived(VirtualClock(100.0, 0.01), at_once, readers, front))
    assert live == offline


def test_a_refused_choice_takes_the_others_back() -> None:
    async def run() -> None:
        clock = VirtualClock(0.0)
        made = MAKE.cluster(1, max_queued=2)
        driver = Driver(made, clock)
        first = [request(40, 2) for _ in range(4)]
        refusal = driver.submit(first)
        assert refusal is not None
        assert refusal.reason == "overloaded"
        made.advance(inf)
        states = [one.state for one in first]
        assert states[:2] == [State.CANCELLED] * 2
        assert states.count(State.FAILED) == 1
        assert made.waiting == made.workers[0].running == made.workers[0].used_blocks == 0

    asyncio.run(run())
