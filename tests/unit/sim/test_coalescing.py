"""Identical requests are computed once, and each of them ends as if it had been alone."""

from math import inf

import pytest

from fakeai.core.jitter import Jittered
from fakeai.core.stats import WorkerStats
from fakeai.sim.blocks import BlockPool
from fakeai.sim.cluster import Cluster
from fakeai.sim.fixed import FixedLatency
from fakeai.sim.hashing import TokenHashes, TraceHashes
from fakeai.sim.paced import PacedWorker
from fakeai.sim.profile import Profile
from fakeai.sim.request import BlockHashes, SimRequest, State
from fakeai.sim.router import Router
from fakeai.sim.routing import policy
from tests.support.sim_cluster import BLOCK, Make, request

pytestmark = [pytest.mark.unit, pytest.mark.sim]

PROMPT, OUTPUT = 18, 30


def twin(at_s: float = 0.0) -> SimRequest:
    return request(PROMPT, OUTPUT, text=7, at_s=at_s)


def alone() -> list[float]:
    """Token times of one that nobody follows."""
    cluster, one = Make().cluster(), twin()
    cluster.submit(one, 0.0)
    cluster.advance(inf)
    return one.token_times


def test_a_follower_gets_the_tokens_of_its_leader_from_its_arrival_on() -> None:
    cluster = Make().cluster(coalesces=True)
    over: list[SimRequest] = []
    cluster.on_done = over.append
    times = alone()
    late_s = (times[9] + times[10]) / 2
    leader, follower = twin(), twin(late_s)
    woken: list[int] = []
    follower.notify = lambda: woken.append(follower.produced_tokens)
    cluster.submit(leader, 0.0)
    cluster.submit(follower, late_s)
    assert (follower.produced_tokens, woken) == (10, [10])
    cluster.advance(inf)
    assert leader.token_times == times
    assert follower.token_times == [late_s] * 10 + times[10:]
    assert woken == list(range(10, OUTPUT + 1))
    assert over == [leader, follower]
    assert {one.state for one in over} == {State.FINISHED}
    assert follower.first_scheduled_s == follower.first_token_s == late_s
    assert follower.worker == leader.worker
    assert [one.cached_tokens for one in over] == [0, (PROMPT - 1) // BLOCK * BLOCK]
    assert [one.coalesced for one in over] == [False, True]
    stats = cluster.workers[0].stats
    assert (stats.arrived, stats.generated_tokens, stats.computed_prompt_tokens) == (1, OUTPUT, PROMPT)
    later = twin(cluster.now_s)
    cluster.submit(later, cluster.now_s)
    assert not later.coalesced, "there is nobody left to follow"


def test_who_leaves_disturbs_nobody_else() -> None:
    cluster = Make().cluster(coalesces=True)
    times = alone()
    leader, second, third = twin(), twin(), twin()
    for one in (leader, second, third):
        cluster.submit(one, 0.0)
    left_s = (times[4] + times[5]) / 2
    cluster.cancel(leader, left_s)
    cluster.cancel(third, times[11])
    assert (leader.state, leader.token_times, leader.done_s) == (State.CANCELLED, times[:5], left_s)
    cluster.advance(inf)
    assert (second.state, second.token_times) == (State.FINISHED, times)
    assert third.token_times == times[:12]


def test_the_last_one_that_leaves_ends_the_computation() -> None:
    cluster = Make().cluster(coalesces=True)
    times = alone()
    pair = [twin(), twin()]
    for one in pair:
        cluster.submit(one, 0.0)
    for one in pair:
        cluster.cancel(one, times[3])
    late = twin(times[3])
    cluster.submit(late, times[3])
    assert not late.coalesced, "what nobody wants is not to be followed"
    cluster.cancel(late, times[3])
    cluster.advance(inf)
    assert [one.token_times for one in pair] == [times[:4], times[:4]]
    assert cluster.workers[0].used_blocks == cluster.workers[0].running == 0
    assert cluster.now_s < times[-1]


@pytest.mark.parametrize("migrates", [True, False])
def test_all_meet_the_fate_of_their_worker(migrates: bool) -> None:
    cluster = Make().cluster(2, coalesces=True, migrates=migrates)
    times = alone()
    pair = [twin(), twin()]
    for one in pair:
        cluster.submit(one, 0.0)
    cluster.advance(times[3])
    cluster.kill("worker-0")
    cluster.advance(inf)
    assert pair[0].token_times == pair[1].token_times
    assert pair[0].token_times[:4] == times[:4]
    expected = (State.FINISHED, "worker-1", OUTPUT) if migrates else (State.FAILED, "worker-0", 4)
    assert [(one.state, one.worker, one.produced_tokens) for one in pair] == [expected] * 2


def test_refusing_the_first_refuses_nobody_after_it() -> None:
    cluster = Make().cluster(coalesces=True)
    cluster.router.health.drain("worker-0")
    refused = twin()
    assert cluster.submit(refused, 0.0) is not None
    assert refused.state == State.FAILED
    cluster.router.health.up("worker-0", 0.0)
    assert cluster.submit(twin(), 0.0) is None


def test_where_token_times_are_given() -> None:
    latency = FixedLatency(Jittered(0.1), Jittered(0.02))
    stats = WorkerStats()
    worker = PacedWorker("worker-0", BlockPool(64, BLOCK, stats=stats), stats, latency)
    cluster = Cluster([worker], Router(policy("round_robin", Profile())), coalesces=True)
    pair = [twin(), twin(0.15)]
    for one in pair:
        cluster.submit(one, one.arrival_s)
    cluster.cancel(pair[0], 0.2)
    cluster.advance(inf)
    first, second = pair
    assert second.token_times == pytest.approx([0.15] * 3 + [0.1 + 0.02 * number for number in range(3, OUTPUT)])
    assert (first.state, first.produced_tokens) == (State.CANCELLED, 6)


def coalesced(one: SimRequest, other: SimRequest) -> bool:
    cluster = Make().cluster(coalesces=True)
    cluster.submit(one, 0.0)
    cluster.submit(other, 0.0)
    return other.coalesced


def hashed(ids: list[int], salt: str = "") -> TokenHashes:
    return TokenHashes(ids, BLOCK, salt=salt)


def of(hashes: BlockHashes, **more: int) -> SimRequest:
    return SimRequest("x", 0.0, 5, 2, hashes, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (of(hashed([1, 2, 3, 4, 5, 6, 7])), True),
        (of(hashed([1, 2, 3, 4, 5, 6, 8])), False),
        (of(hashed([1, 2, 3, 4, 5, 6, 7], salt="b")), False),
        (of(hashed([1, 2, 3, 4, 5, 6, 7]), priority=1), False),
        (SimRequest("x", 0.0, 4, 3, hashed([1, 2, 3, 4, 5, 6, 7])), False),
    ],
)
def test_only_requests_with_all_tokens_equal(other: SimRequest, expected: bool) -> None:
    assert coalesced(of(hashed([1, 2, 3, 4, 5, 6, 7])), other) is expected


def test_answers_that_a_trace_does_not_tell_are_not_equal() -> None:
    said, unsaid = ([TraceHashes([1, 2], 4, 8, total, number, BLOCK) for number in (1, 2)] for total in (7, 9))
    assert coalesced(*map(of, said))
    assert not coalesced(*map(of, unsaid))
