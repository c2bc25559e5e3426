"""Synthetic requests: rates, lengths, turns and prefixes, by seed; and specs that are wrong."""

from itertools import pairwise
from math import inf
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.request import SimRequest, State
from fakeai.sim.synthetic import Synthetic
from fakeai.sim.workload import BadSpec, keys, with_key, workload

pytestmark = [pytest.mark.unit, pytest.mark.sim]
BLOCK = 16


def source(text: str, seed: int = 1, number: int = 0) -> Synthetic:
    return Synthetic(workload(text), seed, number, BLOCK)


def served(made: Synthetic, service_s: float = 1.0) -> list[SimRequest]:
    """All requests, each over `service_s` after it came."""
    requests: list[SimRequest] = []
    live: list[SimRequest] = []
    while live or made.next_s < inf:
        if live and live[0].arrival_s + service_s <= made.next_s:
            request = live.pop(0)
            request.state = State.FINISHED
            made.done(request, request.arrival_s + service_s)
        else:
            live.append(made.take().request)
            requests.append(live[-1])
    return requests


def gaps(requests: list[SimRequest]) -> list[float]:
    return [after.arrival_s - before.arrival_s for before, after in pairwise(requests)]


def variation(text: str) -> float:
    between = gaps(served(source(text)))
    return pstdev(between) / fmean(between)


@pytest.mark.parametrize("text", ["poisson:rate=20", "gamma:rate=20,burstiness=0.5", "constant:rate=20"])
def test_open_loops_keep_their_rate(text: str) -> None:
    requests = served(source(f"{text},requests=6000"))
    assert len(requests) == 6000
    assert 6000 / requests[-1].arrival_s == pytest.approx(20, rel=0.05)


def test_burstiness_is_the_shape_of_the_gaps() -> None:
    assert variation("constant:rate=5,requests=4000") == pytest.approx(0, abs=1e-6)
    assert variation("poisson:rate=5,requests=4000") == pytest.approx(1, rel=0.06)
    assert variation("gamma:rate=5,burstiness=0.25,requests=4000") == pytest.approx(2, rel=0.1)
    assert variation("gamma:rate=5,burstiness=4,requests=4000") == pytest.approx(0.5, rel=0.06)


def test_a_ramp_rises_in_a_straight_line_and_stays() -> None:
    times = [request.arrival_s for request in served(source("ramp:rate=0..20,over=200,duration=300"))]
    assert sum(at_s < 100 for at_s in times) == pytest.approx(500, rel=0.15)
    assert sum(100 <= at_s < 200 for at_s in times) == pytest.approx(1500, rel=0.1)
    assert sum(at_s >= 200 for at_s in times) == pytest.approx(2000, rel=0.1)


def test_a_ramp_can_fall() -> None:
    times = [request.arrival_s for request in served(source("ramp:rate=20..1,over=100,duration=100"))]
    assert sum(at_s < 50 for at_s in times) > 2 * sum(at_s >= 50 for at_s in times)


def test_a_closed_loop_keeps_its_users_busy() -> None:
    requests = served(source("closed:concurrency=8,requests=80"), service_s=2.0)
    assert [request.arrival_s for request in requests] == [2.0 * (index // 8) for index in range(80)]


def test_users_think_before_they_ask_again() -> None:
    requests = served(source("closed:concurrency=1,think=3,requests=4"), service_s=2.0)
    assert [request.arrival_s for request in requests] == [0, 5, 10, 15]


def test_a_turn_says_what_was_said_and_more() -> None:
    requests = served(source("sessions:rate=0.01,turns=4,think=5,prompt=100,output=60,requests=12"))
    sessions: dict[str | None, list[SimRequest]] = {}
    for request in requests:
        sessions.setdefault(request.session, []).append(request)
    for turns in sessions.values():
        assert [turn.prompt_tokens for turn in turns] == [100, 260, 420, 580][: len(turns)]
        assert gaps(turns) == pytest.approx([6.0] * (len(turns) - 1))
        for before, after in pairwise(turns):
            said = (before.prompt_tokens + before.output_tokens) // BLOCK
            assert list(before.hashes.first(said)) == list(after.hashes.first(said))


def test_a_session_ends_when_its_request_fails() -> None:
    made = source("sessions:rate=1,turns=5,requests=100,duration=2")
    first = made.take().request
    first.state = State.FAILED
    made.done(first, 5.0)
    assert first.session not in {request.session for request in served(made)}


def shared_blocks(one: SimRequest, other: SimRequest) -> int:
    both = zip(one.hashes.first(200), other.hashes.first(200), strict=True)
    return next((index for index, (mine, theirs) in enumerate(both) if mine != theirs), 200)


def test_a_group_shares_its_prefix_and_nothing_else() -> None:
    requests = served(source("poisson:rate=10,groups=3,prefix=1000,prompt=50,requests=60"))
    assert {request.prompt_tokens for request in requests} == {1050}
    shared = {shared_blocks(one, other) for one, other in pairwise(requests)}
    assert shared == {0, 1000 // BLOCK}
    assert len({tuple(request.hashes.first(10)) for request in requests}) == 3


def test_skew_prefers_some_groups() -> None:
    requests = served(source("poisson:rate=10,groups=10,skew=1,prefix=64,requests=2000"))
    by_group: dict[int, int] = {}
    for request in requests:
        group = request.hashes.first(1)[0]
        by_group[group] = by_group.get(group, 0) + 1
    shares = sorted((count / 2000 for count in by_group.values()), reverse=True)
    harmonic = sum(1 / rank for rank in range(1, 11))
    assert shares[0] == pytest.approx(1 / harmonic, rel=0.15)
    assert shares[-1] == pytest.approx(0.1 / harmonic, rel=0.5)


def test_lengths() -> None:
    requests = served(source("poisson:rate=10,prompt=lognormal:800:0.6,output=50..150,requests=4000"))
    assert fmean(request.prompt_tokens for request in requests) == pytest.approx(800, rel=0.05)
    assert {50, 150} >= {min(r.output_tokens for r in requests), max(r.output_tokens for r in requests)}


def told(requests: list[SimRequest]) -> list[tuple[str, float, int, int, list[int]]]:
    return [(r.id, r.arrival_s, r.prompt_tokens, r.output_tokens, list(r.hashes.first(8))) for r in requests]


@given(st.integers(0, 2**40), st.sampled_from(["poisson:rate=3", "closed:concurrency=3", "sessions:rate=1,turns=1..4"]))
def test_the_seed_tells_everything(seed: int, text: str) -> None:
    text += ",prompt=normal:100:30,output=exponential:20,requests=20"
    assert told(served(source(text, seed))) == told(served(source(text, seed)))
    assert told(served(source(text, seed))) != told(served(source(text, seed + 1)))
    assert told(served(source(text, seed))) != told(served(source(text, seed, number=1)))


def test_what_a_request_says_does_not_depend_on_how_fast_it_is_served() -> None:
    text = "closed:concurrency=4,prompt=10..1000,requests=50"
    slow, fast = served(source(text), 5.0), served(source(text), 0.1)
    assert [request.prompt_tokens for request in slow] == [request.prompt_tokens for request in fast]


def test_it_begins_and_ends_when_it_is_told() -> None:
    times = [request.arrival_s for request in served(source("constant:rate=1,start=100,duration=10"))]
    assert times == [100 + index for index in range(1, 11)]


def test_labels() -> None:
    text = "constant:rate=1,requests=1,model=m,tenant=t,adapter=a,priority=-2,max_tokens=9"
    request = source(text).take().request
    assert (request.model, request.tenant, request.adapter) == ("m", "t", "a")
    assert (request.priority, request.max_tokens) == (-2, 9)


def test_progress_and_ends() -> None:
    made = source("constant:rate=1,requests=4")
    assert (made.progress, made.ends) == (0, True)
    made.take()
    assert made.progress == 0.25
    assert not source("constant:rate=1").ends


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("poison:rate=1", "unknown kind 'poison'; did you mean poisson?"),
        ("", "unknown kind ''"),
        ("poisson", "poisson needs rate="),
        ("poisson:rate", "expected key=value, got 'rate'"),
        ("poisson:rate=0", "rate=0: expected more than 0"),
        ("poisson:rate=x", "rate=x: 'x' is not a number"),
        ("poisson:rate=1,ptompt=3", "unknown key 'ptompt'; did you mean prompt?"),
        ("poisson:rat=1", "unknown key 'rat'; did you mean rate?"),
        ("poisson:rate=1,rate=2", "rate is given twice"),
        ("poisson:rate=1,concurrency=3", "poisson has no concurrency="),
        ("poisson:rate=1,burstiness=3", "poisson has no burstiness="),
        ("ramp:rate=1..2", "ramp needs over="),
        ("ramp:rate=1,over=3", "expected rate=FIRST..LAST"),
        ("closed:concurrency=0", "concurrency=0: expected a whole number of at least 1"),
        ("poisson:rate=1,prompt=normal:3", "prompt=normal:3: 'normal:3': expected normal:MEAN:DEVIATION"),
        ("poisson:rate=1,groups=3", "groups= needs prefix="),
        ("poisson:rate=1,requests=1.5", "requests=1.5: expected a whole number of at least 1"),
    ],
)
def test_a_wrong_spec_is_quoted_where_it_is_wrong(text: str, said: str) -> None:
    with pytest.raises(BadSpec) as error:
        workload(text)
    assert said in str(error.value)
    assert str(error.value).startswith("workload ")


def test_a_key_can_be_said_otherwise() -> None:
    assert with_key("poisson:rate=1,prompt=5", "rate", "7") == "poisson:rate=7,prompt=5"
    assert with_key("poisson:rate=1", "prompt", "9") == "poisson:rate=1,prompt=9"
    assert {"rate", "concurrency", "prompt", "tenant"} <= set(keys())
