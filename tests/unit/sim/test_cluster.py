"""Workers behind a router: refusal, death, hand-over, and replicas that differ."""

from dataclasses import replace
from math import inf

import pytest

from fakeai.core.jitter import Jittered
from fakeai.core.stats import WorkerStats
from fakeai.sim.blocks import BlockPool
from fakeai.sim.cluster import Cluster
from fakeai.sim.faults import Fault, Faults
from fakeai.sim.fixed import FixedLatency
from fakeai.sim.limits import Limits
from fakeai.sim.paced import PacedWorker
from fakeai.sim.profile import Profile
from fakeai.sim.request import SimRequest, State
from fakeai.sim.router import Router
from fakeai.sim.routing import policy
from tests.support.sim_cluster import BLOCK, DEPLOYMENT, HARDWARE, Make, request

pytestmark = [pytest.mark.unit, pytest.mark.sim]


def collected(cluster: Cluster) -> list[SimRequest]:
    over: list[SimRequest] = []
    cluster.on_done = over.append
    return over


def test_a_full_queue_refuses_and_says_when_to_come_again() -> None:
    cluster = Make(limits=Limits(max_num_seqs=1)).cluster(1, max_queued=2)
    over = collected(cluster)
    asked = [request(8, 200) for _ in range(5)]
    refusals = [cluster.submit(one, 0.0) for one in asked]
    assert [refusal is None for refusal in refusals] == [True, True, True, False, False]
    assert refusals[-1] is not None
    assert (refusals[-1].reason, refusals[-1].retry_after_s) == ("overloaded", 1.0)
    assert over == asked[3:]
    assert {one.state for one in over} == {State.FAILED}
    cluster.advance(inf)
    assert len(over) == 5


def test_the_time_to_come_again_follows_the_rate_of_completions() -> None:
    cluster = Make(limits=Limits(max_num_seqs=1)).cluster(1)
    for _ in range(60):
        cluster.submit(request(8, 150), 0.0)
    cluster.advance(20.0)
    left_s = cluster.drain_s
    assert cluster.waiting > 0
    waiting = cluster.waiting
    cluster.advance(inf)
    assert left_s == pytest.approx((cluster.now_s - 20.0) * waiting / (waiting + 0.5), rel=0.35)


@pytest.mark.parametrize("migrates", [True, False])
def test_requests_of_a_dead_worker(migrates: bool) -> None:
    cluster = Make().cluster(2, migrates=migrates)
    over = collected(cluster)
    asked = [request(20, 40) for _ in range(6)]
    for one in asked:
        cluster.submit(one, 0.0)
    cluster.advance(0.1)
    lost = [one for one in asked if one.worker == "worker-0"]
    said = [list(one.token_times) for one in lost]
    assert len(lost) == 3
    assert all(said)
    cluster.kill("worker-0")
    if migrates:
        assert {one.worker for one in lost} == {"worker-1"}
    cluster.advance(inf)
    assert sorted(one.id for one in over) == sorted(one.id for one in asked)
    for one, times in zip(lost, said, strict=True):
        assert one.state == (State.FINISHED if migrates else State.FAILED)
        assert one.token_times[: len(times)] == times, "what was said is said"
        assert len(one.token_times) == (40 if migrates else len(times))
    dead = cluster.workers[0].stats
    assert (dead.arrived, dead.failed, dead.finished) == (3, 3, 0)
    assert cluster.router.stats(cluster.now_s)["in_flight"] == 0


def test_a_client_that_left_before_its_worker_died_gets_no_other() -> None:
    cluster = Make().cluster(2)
    over = collected(cluster)
    one = request(20, 40)
    cluster.submit(one, 0.0)
    cluster.cancel(one, 1e-4)
    assert over == [], "the step is under way"
    cluster.kill("worker-0")
    assert over == [one]
    cluster.advance(inf)
    assert (one.state, one.token_times, over) == (State.CANCELLED, [], [one])
    assert cluster.workers[0].stats.aborted == 1


def test_no_worker_is_left_and_then_one_is() -> None:
    cluster = Make().cluster(1)
    cluster.kill("worker-0")
    refusal = cluster.submit(request(4, 1), 1.0)
    assert refusal is not None
    assert refusal.reason == "no_worker"
    cluster.revive("worker-0")
    one = request(4, 1)
    assert cluster.submit(one, 2.0) is None
    cluster.advance(inf)
    assert one.state == State.FINISHED


def test_ties_are_decided_alike_however_the_cluster_is_advanced() -> None:
    orders = []
    for piece_s in (0.001, 0.01, inf):
        cluster = Make().cluster(3)
        over = collected(cluster)
        for number in range(9):
            cluster.submit(request(8, 5 + number // 3, id=number), 0.0)
        while len(over) < 9:
            cluster.advance(cluster.now_s + piece_s)
        orders.append([(one.id, one.done_s) for one in over])
    assert len({at_s for _, at_s in orders[0]}) == 3, "those on different workers end together"
    assert orders[0] == orders[1] == orders[2]


def test_faults_come_and_go() -> None:
    faults = Faults([Fault("worker-0", "slow", 1.0, 2.0, 8.0), Fault("worker-0", "dead", 3.0, 4.0)])
    cluster = Make().cluster(1, faults=faults)
    took_s = []
    for at_s in (0.0, 1.0, 2.0, 3.0, 4.0):
        one = request(4, 2)
        cluster.submit(one, at_s)
        cluster.advance(at_s + 0.9)
        took_s.append(one.done_s - at_s if one.state == State.FINISHED else inf)
    assert took_s[1] == pytest.approx(8 * took_s[0])
    assert took_s[2] == pytest.approx(took_s[0])
    assert took_s[3] == inf
    assert took_s[4] == pytest.approx(took_s[0])


def test_a_fault_that_ends_does_not_bring_back_what_somebody_killed() -> None:
    cluster = Make().cluster(1, faults=Faults([Fault("worker-0", "slow", 1.0, 2.0, 8.0)]))
    cluster.kill("worker-0")
    refusal = cluster.submit(request(4, 1), 3.0)
    assert refusal is not None
    assert refusal.reason == "no_worker"


def test_a_flaky_worker_counts_what_it_failed() -> None:
    cluster = Make().cluster(1, faults=Faults([Fault("worker-0", "flaky", factor=1.0)]))
    over = collected(cluster)
    one = request(4, 2)
    assert cluster.submit(one, 0.0) is None
    assert (one.state, over) == (State.FAILED, [one])
    assert (cluster.workers[0].stats.arrived, cluster.workers[0].stats.failed) == (1, 1)


def test_kv_is_handed_over_after_the_prompt_is_read() -> None:
    cluster = Make().cluster(1, 1)
    one = request(40, 9)
    cluster.submit(one, 0.0)
    reader, speaker = cluster.readers[0], cluster.speakers[0]
    while not speaker.stats.arrived:
        assert one.token_times == []
        cluster.advance(cluster.next_s)
    arrived_s = cluster.now_s
    cluster.advance(inf)
    assert (reader.stats.computed_prompt_tokens, reader.stats.generated_tokens) == (40, 0)
    assert (speaker.stats.computed_prompt_tokens, speaker.stats.generated_tokens) == (1, 9)
    assert reader.stats.transfer_bytes == 40 * 131_072.0
    assert one.first_scheduled_s == 0.0
    assert arrived_s < one.first_token_s
    assert len(one.token_times) == 9
    assert speaker.stats.hit_tokens == 0


def test_a_client_leaves_while_its_kv_is_on_its_way() -> None:
    cluster = Make().cluster(1, 1)
    over = collected(cluster)
    one = request(40, 9)
    cluster.submit(one, 0.0)
    while one.worker is not None:
        cluster.advance(cluster.next_s)
    cluster.cancel(one, cluster.now_s)
    cluster.advance(inf)
    assert (over, one.state, cluster.speakers[0].stats.arrived) == ([one], State.CANCELLED, 0)


def test_replicas_on_different_chips() -> None:
    slower = replace(DEPLOYMENT, gpu=HARDWARE.gpu("a100-40g-sxm"))
    make = Make()
    cluster = Cluster(
        [make.worker("fast"), make.worker("slow", deployment=slower)], Router(policy("round_robin", Profile()))
    )
    asked = [request(30, 20), request(30, 20)]
    for one in asked:
        cluster.submit(one, 0.0)
    cluster.advance(inf)
    assert [one.worker for one in asked] == ["fast", "slow"]
    assert asked[0].done_s < asked[1].done_s


def test_what_a_cancelled_load_held_is_free_for_others_at_once() -> None:
    cluster = Make(blocks=8, tiers=True).cluster()
    first, flush = request(25, 1, text=1), request(29, 1)
    cluster.submit(first, 0.0)
    cluster.submit(flush, 1.0)
    loads, waits = request(25, 1, text=1), request(29, 1)
    cluster.submit(loads, 2.0)
    cluster.submit(waits, 2.0)
    worker = cluster.workers[0]
    assert (worker.stats.deferred, waits.first_scheduled_s) == (1, -1.0)
    cluster.cancel(loads, 2.00001)
    assert waits.first_scheduled_s == 2.00001
    cluster.advance(inf)
    assert waits.state == State.FINISHED


def paced(ttft_s: float, itl_s: float, workers: int = 1, blocks: int = 64) -> Cluster:
    made = []
    for number in range(workers):
        stats = WorkerStats()
        latency = FixedLatency(Jittered(ttft_s), Jittered(itl_s))
        made.append(PacedWorker(f"worker-{number}", BlockPool(blocks, BLOCK, stats=stats), stats, latency))
    return Cluster(made, Router(policy("round_robin", Profile())))


def test_an_instant_worker_answers_on_arrival() -> None:
    cluster = paced(0, 0)
    over = collected(cluster)
    one = request(9, 3)
    cluster.submit(one, 5.0)
    assert (over, one.token_times, one.done_s) == ([one], [5.0] * 3, 5.0)
    assert cluster.workers[0].used_blocks == 0


def test_a_fixed_worker_says_all_times_on_arrival() -> None:
    cluster = paced(0.5, 0.1)
    over = collected(cluster)
    one, leaves = request(9, 3), request(9, 9)
    cluster.submit(one, 1.0)
    cluster.submit(leaves, 1.0)
    assert one.token_times == pytest.approx([1.5, 1.6, 1.7])
    cluster.cancel(leaves, 1.65)
    assert (leaves.state, leaves.produced_tokens) == (State.CANCELLED, 2)
    cluster.advance(inf)
    assert over == [leaves, one]
    stats = cluster.workers[0].stats
    assert (stats.generated_tokens, stats.finished, stats.aborted, stats.running) == (5, 1, 1, 0)


def test_a_paced_answer_can_be_found_by_the_next_turn() -> None:
    cluster = paced(0, 0)
    cluster.submit(request(9, 20, text=4), 0.0)
    turn = request(33, 1, text=4)
    cluster.submit(turn, 1.0)
    assert turn.cached_tokens == 28


def test_a_paced_worker_dies_in_the_middle_of_an_answer() -> None:
    cluster = paced(0.5, 0.1, 2)
    one, early = request(9, 5), request(9, 5)
    cluster.submit(one, 0.0)
    cluster.advance(0.65)
    cluster.submit(request(1, 1), 0.65)
    cluster.submit(early, 0.65)
    cluster.kill("worker-0")
    assert one.token_times[:2] == pytest.approx([0.5, 0.6])
    cluster.advance(inf)
    assert one.token_times == pytest.approx([0.5, 0.6, 1.15, 1.25, 1.35])
    assert (one.state, one.worker, one.first_token_s) == (State.FINISHED, "worker-1", 0.5)
    assert early.first_token_s == early.token_times[0] == pytest.approx(1.15)


def test_a_prompt_beyond_a_paced_cache_is_served_all_the_same() -> None:
    cluster = paced(0.1, 0.1, blocks=2)
    one = request(50, 2)
    cluster.submit(one, 0.0)
    cluster.advance(inf)
    assert (one.state, len(one.token_times), cluster.workers[0].stats.computed_prompt_tokens) == (State.FINISHED, 2, 50)
