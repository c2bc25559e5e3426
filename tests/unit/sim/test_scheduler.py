"""Which tokens of which requests a step computes."""

import pytest

from fakeai.sim.limits import Limits
from fakeai.sim.request import SimRequest, State
from fakeai.sim.scheduler import Scheduler
from fakeai.sim.speculative import Speculation
from tests.support.sim_cluster import BLOCK, Make, finish, ids, queued_tokens, request, step

pytestmark = [pytest.mark.unit, pytest.mark.sim]


def added(make: Make, *requests: SimRequest) -> Scheduler:
    scheduler = make.scheduler()
    for one in requests:
        scheduler.add(one)
    return scheduler


def limits(**more: object) -> Limits:
    return Limits(**({"max_num_seqs": 8, "max_num_batched_tokens": 16} | more))  # type: ignore[arg-type]


def test_a_prompt_is_read_in_chunks_of_the_budget() -> None:
    one = request(40, 3)
    scheduler = added(Make(limits=limits()), one)
    chunks = []
    for at_s in range(3):
        batch = scheduler.schedule(at_s)
        assert batch is not None
        chunks.append((batch.prefill_tokens, batch.prefill_context_tokens, batch.prefill_pairs))
        assert scheduler.queued_tokens == queued_tokens(scheduler) == 39 - 16 * at_s
        scheduler.complete(at_s + 1.0)
    assert chunks == [(16, 0, 128.0), (16, 16, 16 * 24.0), (8, 32, 8 * 36.0)]
    assert one.token_times == [3.0]
    assert one.first_token_s == 3.0
    assert step(scheduler, 3.0) == []
    assert step(scheduler, 4.0) == [one]
    assert (one.state, one.token_times) == (State.FINISHED, [3.0, 4.0, 5.0])
    assert scheduler.stats.computed_prompt_tokens == 40
    assert scheduler.stats.generated_tokens == 3


def test_running_requests_go_first_and_prompts_take_the_rest() -> None:
    talking, reading = request(4, 9), request(30, 1)
    scheduler = added(Make(limits=limits()), talking)
    step(scheduler)
    scheduler.add(reading)
    batch = scheduler.schedule(1.0)
    assert batch is not None
    assert (batch.decode_seqs, batch.decode_context_tokens, batch.prefill_tokens) == (1, 4, 15)


def test_no_more_sequences_than_allowed() -> None:
    scheduler = added(Make(limits=limits(max_num_seqs=2)), *[request(2, 5) for _ in range(4)])
    step(scheduler)
    assert (len(scheduler.running), len(scheduler.waiting)) == (2, 2)
    assert finish(scheduler, 1.0) == 10.0


def test_without_chunks_a_prompt_waits_for_a_whole_budget() -> None:
    first, second, longest = request(10, 1), request(10, 1), request(40, 1)
    scheduler = added(Make(limits=limits(chunked_prefill=False)), first, second, longest)
    assert step(scheduler) == [first]
    assert scheduler.schedule(1.0)
    assert [(one, tokens) for one, tokens in scheduler.prefills] == [(second, 10), (longest, 6)]
    scheduler.complete(2.0)
    assert finish(scheduler, 2.0) == longest.last_token_s == 5.0


def test_order_of_arrival_and_of_priority() -> None:
    asked = [request(8, 1, id=name, priority=level) for name, level in (("a", 1), ("b", 0), ("c", 1), ("d", -1))]
    for order, said in (("fcfs", "abcd"), ("priority", "dbac")):
        scheduler = added(Make(limits=limits(policy=order, max_num_batched_tokens=8)), *asked)
        over: list[SimRequest] = []
        while len(over) < 4:
            over += step(scheduler)
        assert "".join(ids(over)) == said
        for one in asked:
            one.produced_tokens, one.token_times, one.computed_tokens = 0, [], 0


@pytest.mark.parametrize("order", ["fcfs", "priority"])
def test_when_blocks_run_out_the_last_one_is_computed_again(order: str) -> None:
    first, second = request(12, 8, id="first"), request(12, 8, id="second")
    scheduler = added(Make(blocks=8, limits=limits(policy=order, max_num_batched_tokens=64)), first, second)
    late = request(4, 1, id="late", at_s=1.0)
    step(scheduler)
    scheduler.add(late)
    at_s = 1.0
    while not scheduler.stats.preemptions:
        step(scheduler, at_s)
        at_s += 1.0
        if scheduler.stats.preemptions:
            break
    assert scheduler.queued_tokens == queued_tokens(scheduler)
    assert second.preemptions + late.preemptions >= 1
    assert first.preemptions == 0
    finish(scheduler, at_s)
    assert [len(one.token_times) for one in (first, second, late)] == [8, 8, 1]
    assert scheduler.stats.preemptions == second.preemptions + late.preemptions
    assert scheduler.stats.computed_prompt_tokens > 28, "what was lost is computed again"
    assert scheduler.cache.used_blocks == 0


def test_a_preempted_request_is_first_in_the_queue() -> None:
    first, second, third = request(12, 9), request(12, 9), request(30, 1)
    scheduler = added(Make(blocks=7, limits=limits(max_num_batched_tokens=64)), first, second, third)
    at_s = 0.0
    while not second.preemptions:
        scheduler.schedule(at_s)
        if not second.preemptions:
            scheduler.complete(at_s + 1)
        at_s += 1.0
    assert next(iter(scheduler.waiting)) is second
    assert second.state == State.WAITING
    assert second.blocks == []


def test_swapped_kv_comes_back_and_is_not_computed_again() -> None:
    first, second = request(12, 9), request(12, 9)
    make = Make(blocks=7, limits=limits(max_num_batched_tokens=64, preemption="swap"), swap_s=0.25)
    scheduler = added(make, first, second)
    finish_s = finish(scheduler)
    assert second.preemptions == 1
    assert scheduler.stats.computed_prompt_tokens == 24
    assert [len(one.token_times) for one in (first, second)] == [9, 9]
    assert first.last_token_s < finish_s == second.last_token_s
    carried = 12 + sum(at_s <= first.last_token_s for at_s in second.token_times) - 1
    resumed_s = next(at_s for at_s in second.token_times if at_s > first.last_token_s)
    assert resumed_s == first.last_token_s + 0.25 * carried + 1.0


@pytest.mark.parametrize("structure", ["pool", "radix"])
def test_prompts_that_do_not_fit_in_whole_wait_instead_of_preempting(structure: str) -> None:
    """The second finds half of its prompt in idle blocks: those count for it once, not twice."""
    make = Make(blocks=12, structure=structure, limits=limits(max_num_batched_tokens=12))
    scheduler = added(make, request(16, 1, text=7))
    finish(scheduler)
    holder = request(19, 5)
    scheduler.add(holder)
    step(scheduler), step(scheduler)
    scheduler.add(request(40, 1, text=7))
    finish(scheduler)
    assert scheduler.stats.preemptions == 0


def test_sglang_reads_before_it_speaks() -> None:
    talking, reading = request(4, 5), request(30, 2)
    scheduler = added(Make(engine="sglang", limits=limits()), talking)
    step(scheduler)
    scheduler.add(reading)
    kinds = []
    for at_s in range(1, 5):
        batch = scheduler.schedule(at_s)
        assert batch is not None
        kinds.append((batch.decode_seqs, batch.prefill_tokens))
        scheduler.complete(at_s + 1.0)
    assert kinds == [(0, 16), (0, 14), (2, 0), (1, 0)]


def test_trtllm_reserves_all_and_evicts_nobody() -> None:
    asked = [request(8, 16, max_tokens=16) for _ in range(5)]
    scheduler = added(Make(blocks=14, engine="trtllm", limits=limits()), *asked)
    step(scheduler)
    assert len(scheduler.running) == 2
    finish(scheduler)
    assert scheduler.stats.preemptions == 0
    same = [request(8, 16, max_tokens=16) for _ in range(5)]
    scheduler = added(Make(blocks=14, limits=limits()), *same)
    finish(scheduler)
    assert scheduler.stats.preemptions > 0, "where nothing is reserved, somebody must give way"


@pytest.mark.parametrize("structure", ["pool", "radix"])
@pytest.mark.parametrize("prompt", [7, 8, 9])
def test_a_hit_leaves_a_token_to_compute(structure: str, prompt: int) -> None:
    first, again = request(prompt, 1, text=1), request(prompt, 1, text=1)
    scheduler = added(Make(structure=structure), first)
    step(scheduler)
    scheduler.add(again)
    step(scheduler)
    assert again.cached_tokens == (prompt - 1) // BLOCK * BLOCK
    assert scheduler.stats.computed_prompt_tokens == 2 * prompt - again.cached_tokens
    assert (scheduler.stats.queried_tokens, scheduler.stats.hit_tokens) == (2 * prompt, again.cached_tokens)


def test_a_request_without_output_is_over_when_it_is_read() -> None:
    one = request(20, 0)
    scheduler = added(Make(limits=limits()), one)
    assert step(scheduler) == []
    assert step(scheduler) == [one]
    assert (one.state, one.token_times, one.first_token_s) == (State.FINISHED, [], -1.0)
    assert scheduler.queued_tokens == 0


def test_an_answer_after_a_load_has_a_first_token() -> None:
    """Nothing but the last token of the prompt is left to compute when the rest comes from host memory."""
    make = Make(blocks=6, tiers=True)
    first, other, again = request(9, 1, text=1), request(23, 1), request(9, 3, text=1)
    scheduler = added(make, first)
    finish(scheduler)
    scheduler.add(other)
    finish(scheduler)
    scheduler.add(again)
    assert scheduler.schedule(5.0) is None
    assert (len(scheduler.loading), again.cached_tokens) == (1, 8)
    finish(scheduler, 5.0)
    assert again.first_token_s == again.token_times[0] > 6.0
    assert len(again.token_times) == 3


def test_adapters_beyond_the_limit_wait_and_others_pass() -> None:
    asked = [request(4, 3, id=name, adapter=name[0] if name[0] != "-" else None) for name in ("a1", "b1", "a2", "-1")]
    scheduler = added(Make(max_loras=1), *asked)
    assert scheduler.schedule(0.0)
    assert ids(scheduler.running) == ["a1", "a2", "-1"]
    assert scheduler.delay_s == 2.5, "from disk, then from host memory"
    scheduler.complete(1.0)
    assert ids(list(scheduler.waiting)) == ["b1"]
    step(scheduler, 1.0), step(scheduler, 2.0)
    assert scheduler.schedule(3.0)
    assert (ids(scheduler.running), scheduler.delay_s) == (["b1"], 2.5)
    finish(scheduler, 4.0)


def test_those_passed_over_keep_their_order() -> None:
    names = ("a1", "b1", "c1", "b2")
    for order in ("fcfs", "priority"):
        asked = [request(4, 2, id=name, adapter=name[0]) for name in names]
        scheduler = added(Make(max_loras=1, limits=limits(policy=order)), *asked)
        scheduler.schedule(0.0)
        assert ids(list(scheduler.waiting)) == ["b1", "c1", "b2"]


def test_the_adapter_of_a_loading_request_stays() -> None:
    make = Make(blocks=6, tiers=True, max_loras=1)
    scheduler = added(make, request(9, 1, text=1))
    finish(scheduler)
    scheduler.add(request(23, 1))
    finish(scheduler)
    scheduler.add(request(9, 1, text=1, adapter="a"))
    scheduler.add(request(4, 1, adapter="b"))
    scheduler.schedule(5.0)
    assert len(scheduler.loading) == 1
    assert scheduler.running == []
    assert scheduler.adapters_in_use == {"a"}
    finish(scheduler, 5.0)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_speculation(share: float) -> None:
    asked = [request(5, 41) for _ in range(6)]
    scheduler = added(Make(blocks=200, speculation=Speculation(draft_tokens=3, acceptance=(share,))), *asked)
    steps_s = finish(scheduler)
    stats = scheduler.stats
    assert all(one.produced_tokens == len(one.token_times) == 41 for one in asked)
    assert stats.generated_tokens == 6 * 41
    assert stats.accepted_tokens == sum(stats.accepted_by_position) == sum(one.accepted_tokens for one in asked)
    assert stats.accepted_by_position == sorted(stats.accepted_by_position, reverse=True)
    assert stats.draft_tokens == sum(one.drafted_tokens for one in asked)
    if share == 1.0:
        assert steps_s == 11, "the first token, then four a step"
        assert stats.accepted_by_position == [60, 60, 60]
    if share == 0.0:
        assert (steps_s, stats.accepted_tokens, stats.accepted_by_position) == (41, 0, [])


def test_drafts_stay_in_the_budget() -> None:
    asked = [request(2, 20) for _ in range(4)]
    make = Make(limits=limits(max_num_batched_tokens=8), speculation=Speculation(draft_tokens=3, acceptance=(1.0,)))
    scheduler = added(make, *asked)
    step(scheduler)
    batch = scheduler.schedule(1.0)
    assert batch is not None
    assert batch.decode_tokens == 8
    scheduler.complete(2.0)
    assert sum(one.produced_tokens for one in asked) == 4 + 8
    finish(scheduler, 2.0)


def test_a_prediction_is_followed_as_far_as_it_is_right() -> None:
    """The client predicted the first ten tokens after the first, and nothing from there on."""
    predicted = [0, *range(10, 0, -1), *[0] * 9]
    one, plain = request(4, 20, prediction=predicted), request(4, 20)
    scheduler = added(Make(), one, plain)
    step(scheduler)
    step(scheduler)
    assert one.token_times == [1.0] + [1.0] * 11
    assert len(plain.token_times) == 2


def test_a_cancelled_request_goes_when_the_step_ends() -> None:
    one, other = request(4, 9), request(4, 9)
    scheduler = added(Make(), one, other)
    step(scheduler)
    scheduler.schedule(1.0)
    assert not scheduler.cancel(one, 1.5)
    assert scheduler.complete(2.0) == [one]
    assert (one.state, one.token_times, one.blocks) == (State.CANCELLED, [1.0], [])
    assert other.token_times == [1.0, 2.0]


def test_a_request_that_is_not_in_the_step_can_be_cancelled_too() -> None:
    """Under SGLang's rules a step that reads leaves those that speak out."""
    talking, reading = request(4, 9), request(40, 1)
    scheduler = added(Make(engine="sglang", limits=limits()), talking)
    step(scheduler)
    scheduler.add(reading)
    scheduler.schedule(1.0)
    assert scheduler.decodes == []
    scheduler.cancel(talking, 1.5)
    assert scheduler.complete(2.0) == [talking]


def test_a_victim_that_was_planned_before_is_planned_no_more() -> None:
    """Both give way in one step: the less urgent one, whose blocks are shared but for one, and then the one that needs
    two for its drafts."""
    planned = request(17, 3, text=3, priority=1)
    needy = request(19, 20, text=3, priority=0)
    drafts = Speculation(draft_tokens=5, acceptance=(0.0,))
    make = Make(blocks=6, limits=limits(policy="priority", max_num_batched_tokens=64), speculation=drafts)
    scheduler = added(make, planned)
    step(scheduler)
    scheduler.add(needy)
    step(scheduler, 1.0)
    assert scheduler.running == [planned, needy]
    scheduler.schedule(2.0)
    assert (planned.preemptions, needy.preemptions) == (1, 1)
    computing = scheduler.decodes + [chunk[0] for chunk in scheduler.prefills]
    assert computing
    assert all(one in scheduler.running for one in computing)
    scheduler.complete(3.0)
    assert scheduler.queued_tokens == queued_tokens(scheduler)


def test_what_is_carried_is_not_queued() -> None:
    one = request(30, 2)
    one.carried_tokens = 30
    scheduler = added(Make(), one)
    assert scheduler.queued_tokens == queued_tokens(scheduler) == 0
    batch = scheduler.schedule(0.0)
    assert batch is not None
    assert batch.prefill_tokens == 1
    assert scheduler.stats.queried_tokens == 0, "it did not look into the cache"


def test_a_reader_stops_when_the_prompt_is_read() -> None:
    one = request(30, 5)
    scheduler = Make().scheduler(reads_only=True)
    scheduler.add(one)
    assert step(scheduler) == [one]
    assert (one.state, one.token_times, one.produced_tokens) == (State.FINISHED, [], 0)
