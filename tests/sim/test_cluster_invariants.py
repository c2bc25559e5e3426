"""What holds in any cluster under any load, whatever goes wrong."""

from collections import Counter
from itertools import pairwise
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.sim.blocks import BlockPool
from fakeai.sim.cluster import Cluster
from fakeai.sim.faults import Fault, Faults
from fakeai.sim.limits import Limits
from fakeai.sim.request import SimRequest, State
from fakeai.sim.speculative import Speculation
from fakeai.sim.worker import Worker
from tests.support.sim_cluster import BLOCK, Make, queued_tokens, request

pytestmark = [pytest.mark.unit, pytest.mark.sim]

BLOCKS = st.integers(12, 40)
LONGEST = 12 * BLOCK
"""Tokens of the longest sequence: what the smallest cache holds."""
MAX_EVENTS = 50_000

LIMITS = st.builds(
    Limits,
    max_num_seqs=st.integers(1, 8),
    max_num_batched_tokens=st.integers(8, 64),
    policy=st.sampled_from(["fcfs", "priority"]),
    chunked_prefill=st.booleans(),
    preemption=st.sampled_from(["recompute", "swap"]),
)
MAKES = st.builds(
    Make,
    blocks=BLOCKS,
    structure=st.sampled_from(["pool", "radix"]),
    tiers=st.booleans(),
    engine=st.sampled_from(["vllm", "sglang", "trtllm"]),
    limits=LIMITS,
    speculation=st.none() | st.builds(Speculation, draft_tokens=st.integers(1, 5), acceptance=st.just((0.7, 0.4))),
    max_loras=st.integers(1, 2),
    swap_s=st.sampled_from([0.0, 1e-4]),
)
FAULTS = st.lists(
    st.builds(
        lambda worker, kind, from_s, lasts_s, factor: Fault(
            worker, kind, from_s, from_s + lasts_s, 1 + 9 * factor if kind == "slow" else factor
        ),
        st.sampled_from(["worker-0", "worker-1", "prefill-0"]),
        st.sampled_from(["slow", "dead", "flaky"]),
        st.floats(0, 0.5),
        st.floats(0.01, 0.5),
        st.floats(0, 1),
    ),
    max_size=3,
)


@st.composite
def loads(draw: st.DrawFn) -> list[tuple[SimRequest, float]]:
    """Requests in order of arrival, and when each client goes away."""
    asked = []
    at_s = 0.0
    like = 1, 1, 0
    for number in range(draw(st.integers(1, 25))):
        at_s += draw(st.sampled_from([0.0, 0.0, 0.001, 0.02, 0.3]))
        prompt = draw(st.integers(1, LONGEST - 1))
        output = draw(st.integers(0, LONGEST - prompt))
        text = draw(st.integers(0, 2))
        if asked and draw(st.booleans()):
            prompt, output, text = like
        like = prompt, output, text
        one = request(
            prompt,
            output,
            id=number,
            at_s=at_s,
            text=text,
            priority=draw(st.integers(0, 2)),
            adapter=draw(st.sampled_from([None, None, "a", "b", "c"])),
            max_tokens=draw(st.none() | st.just(output or None)),
            prediction=draw(st.none() | st.just([3] * output)) if output else None,
        )
        asked.append((one, at_s + draw(st.sampled_from([inf, inf, 0.0, 0.005, 0.05, 0.4]))))
    return asked


class Watch:
    """Everything that happens in a cluster, one event at a time."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.over: Counter[str] = Counter()
        self.events = 0
        self.last_s = cluster.now_s
        self.counted: dict[str, tuple[float, ...]] = {}
        cluster.on_done = self.done

    def done(self, one: SimRequest) -> None:
        self.over[one.id] += 1
        assert one.is_over
        assert one.blocks == []

    def until(self, at_s: float) -> None:
        while self.cluster.next_s <= at_s and self.cluster.next_s != inf:
            self.events += 1
            assert self.events < MAX_EVENTS, "it goes in circles"
            self.cluster.advance(self.cluster.next_s)
            self.check()

    def check(self) -> None:
        assert self.cluster.now_s >= self.last_s
        self.last_s = self.cluster.now_s
        for worker in self.cluster.workers:
            assert isinstance(worker, Worker)
            scheduler, cache, stats = worker.scheduler, worker.cache, worker.stats
            assert scheduler.queued_tokens == queued_tokens(scheduler)
            admitted = scheduler.running + [entry[2] for entry in scheduler.loading]
            held = {block for one in admitted for block in one.blocks}
            assert cache.used_blocks == len(held) <= cache.capacity_blocks
            assert stats.used_blocks == cache.used_blocks
            if isinstance(cache, BlockPool):
                assert len(list(cache.free_queue())) + cache.used_blocks == cache.capacity_blocks
            assert len(admitted) <= scheduler.limits.max_num_seqs
            left = len(admitted) + len(scheduler.waiting)
            assert stats.arrived == stats.finished + stats.aborted + stats.failed + left
            assert worker.next_s < inf or not left, "somebody waits for nothing"
            if scheduler.adapters:
                assert len(scheduler.adapters_in_use) <= scheduler.adapters.max_loras
            counted = (
                stats.steps,
                stats.busy_s,
                stats.generated_tokens,
                stats.computed_prompt_tokens,
                stats.preemptions,
            )
            assert all(b >= a for a, b in zip(self.counted.get(worker.id, counted), counted, strict=True))
            self.counted[worker.id] = counted


def play(cluster: Cluster, load: list[tuple[SimRequest, float]]) -> Watch:
    watch = Watch(cluster)
    acts = [(one.arrival_s, 0, number) for number, (one, _) in enumerate(load)]
    acts += [(leaves_s, 1, number) for number, (_, leaves_s) in enumerate(load) if leaves_s != inf]
    for at_s, is_leaving, number in sorted(acts):
        watch.until(at_s)
        one = load[number][0]
        if is_leaving:
            cluster.cancel(one, at_s)
        else:
            cluster.submit(one, at_s)
        watch.check()
    watch.until(inf)
    return watch


def check_ends(watch: Watch, load: list[tuple[SimRequest, float]]) -> None:
    assert watch.over == Counter({one.id: 1 for one, _ in load})
    for worker in watch.cluster.workers:
        assert (worker.used_blocks, worker.running, worker.waiting, worker.queued_prefill_tokens) == (0, 0, 0, 0)
    for one, leaves_s in load:
        assert len(one.token_times) == one.produced_tokens <= one.output_tokens
        assert all(before <= after for before, after in pairwise(one.token_times))
        assert one.done_s >= one.arrival_s
        if one.state == State.FINISHED:
            assert one.produced_tokens == one.output_tokens
            assert one.arrival_s <= one.first_scheduled_s <= one.done_s
        if one.token_times:
            assert one.first_scheduled_s <= one.first_token_s == one.token_times[0]
            assert one.token_times[-1] <= one.done_s
        if leaves_s == inf:
            assert one.state != State.CANCELLED
        if one.state == State.CANCELLED:
            assert one.last_token_s <= leaves_s <= one.done_s


@settings(max_examples=60, deadline=None)
@given(
    make=MAKES,
    load=loads(),
    workers=st.integers(1, 3),
    readers=st.integers(0, 2),
    faults=FAULTS,
    migrates=st.booleans(),
    coalesces=st.booleans(),
    batch_window_s=st.sampled_from([0.0, 0.01, 0.3]),
)
def test_any_load_on_any_cluster(
    make: Make,
    load: list[tuple[SimRequest, float]],
    workers: int,
    readers: int,
    faults: list[Fault],
    migrates: bool,
    coalesces: bool,
    batch_window_s: float,
) -> None:
    front = {"coalesces": coalesces, "batch_window_s": batch_window_s}
    cluster = make.cluster(workers, readers, faults=Faults(faults), migrates=migrates, **front)
    watch = play(cluster, load)
    check_ends(watch, load)
    assert cluster.router.stats(cluster.now_s)["in_flight"] == 0
    if not faults:
        assert all(one.state in (State.FINISHED, State.CANCELLED) for one, _ in load)


@settings(max_examples=20, deadline=None)
@given(make=MAKES, load=loads(), cuts=st.lists(st.floats(0, 2), max_size=30), workers=st.integers(1, 3))
def test_advancing_in_pieces_changes_nothing(
    make: Make, load: list[tuple[SimRequest, float]], cuts: list[float], workers: int
) -> None:
    times: list[list[list[float]]] = []
    for pieces in ([], sorted(cuts)):
        cluster = make.cluster(workers, routing="least_loaded")
        again = [_again(one) for one, _ in load]
        left = list(pieces)
        for one in again:
            while left and left[0] <= one.arrival_s:
                cluster.advance(left.pop(0))
            cluster.submit(one, one.arrival_s)
        for cut_s in left:
            if cut_s > cluster.now_s:
                cluster.advance(cut_s)
        cluster.advance(inf)
        times.append([one.token_times for one in again])
    assert times[0] == times[1]


def _again(one: SimRequest) -> SimRequest:
    return SimRequest(
        one.id,
        one.arrival_s,
        one.prompt_tokens,
        one.output_tokens,
        one.hashes,
        adapter=one.adapter,
        priority=one.priority,
        max_tokens=one.max_tokens,
        prediction=one.prediction,
    )


@settings(max_examples=30, deadline=None)
@given(make=MAKES, load=loads())
def test_energy_is_power_over_time(make: Make, load: list[tuple[SimRequest, float]]) -> None:
    cluster = make.cluster()
    worker = cluster.workers[0]
    assert isinstance(worker, Worker)
    chips, booked = worker._chips, [0.0, 0.0]
    advance = chips.advance

    def watched(now_s: float, cost: object) -> None:
        advance(now_s, cost)  # type: ignore[arg-type]
        booked[0] += chips.power_w * max(0.0, now_s - booked[1])
        booked[1] = now_s

    chips.advance = watched  # type: ignore[method-assign]
    play(cluster, load)
    worker.observe(cluster.now_s)
    assert worker.gpus[0].energy_j == pytest.approx(booked[0])
