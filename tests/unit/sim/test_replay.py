"""The offline driver over a cluster of fixed speed."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.replay import Replay
from fakeai.sim.request import SimRequest, State
from fakeai.sim.series import CAPACITY, Series
from fakeai.sim.source import Source
from fakeai.sim.synthetic import Synthetic
from fakeai.sim.traces import Reading, Trace, TraceError
from fakeai.sim.workload import workload
from tests.support.stub_cluster import StubCluster

pytestmark = [pytest.mark.unit, pytest.mark.sim]


def made(*texts: str) -> list[Source]:
    return [Synthetic(workload(text), 5, number, 16) for number, text in enumerate(texts)]


def replayed(cluster: StubCluster, *texts: str, **more: float) -> list[SimRequest]:
    over: list[SimRequest] = []
    Replay(cluster, made(*texts), [over.append], **more).run()  # type: ignore[arg-type]
    return over


@given(
    st.lists(
        st.sampled_from(
            [
                "poisson:rate=3,requests=30,output=1..40",
                "closed:concurrency=5,requests=25,think=exponential:2",
                "sessions:rate=1,turns=1..4,think=0.5,requests=20,prompt=10",
                "gamma:rate=4,burstiness=0.3,duration=8,start=3",
            ]
        ),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_every_request_is_submitted_in_order_and_ends_once(texts: list[str], sampled: bool) -> None:
    cluster, over = StubCluster(), []
    replay = Replay(cluster, made(*texts), [over.append], Series() if sampled else None)
    replay.run()
    assert len({request.id for request in over}) == len(over) == len(cluster.submitted) == replay.arrived
    assert all(request.state == State.FINISHED for request in over)
    assert all(before.arrival_s <= after.arrival_s for before, after in pairwise(cluster.submitted))
    assert replay.unfinished == 0
    assert cluster.now_s >= max(request.done_s for request in over)


def test_sources_merge_by_time() -> None:
    over = replayed(StubCluster(0, 0), "constant:rate=1,requests=3,output=1", "constant:rate=2,requests=3,output=1")
    assert [request.id for request in over] == ["1-0", "0-0", "1-1", "1-2", "0-1", "0-2"]


def test_a_closed_loop_is_fed_by_what_ends() -> None:
    cluster = StubCluster(0.1, 0.1)
    over = replayed(cluster, "closed:concurrency=4,requests=40,output=10")
    assert cluster.most_live == 4
    assert over[-1].done_s == pytest.approx(10 * 1.0)


def test_limit_and_duration() -> None:
    assert len(replayed(StubCluster(), "poisson:rate=10", limit=17)) == 17
    assert len(replayed(StubCluster(), "constant:rate=10", duration_s=2.05)) == 20


def test_clients_go_away(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    row = '{{"at_s": {}, "prompt_tokens": 9, "output_tokens": 100, "cancel_at_s": {}}}\n'
    path.write_text(row.format(0, 0.6) + row.format(1, 50))
    over: list[SimRequest] = []
    Replay(StubCluster(0.1, 0.1), [Trace(path, 1, 0, 16, Reading())], [over.append]).run()
    assert [(request.state, request.done_s) for request in over] == [
        (State.CANCELLED, pytest.approx(0.6)),
        (State.FINISHED, pytest.approx(11)),
    ]


def test_what_is_longer_than_the_context_fails_or_is_cut() -> None:
    cluster, over = StubCluster(), []
    source = made("constant:rate=1,requests=60,prompt=900..1100,output=50")
    Replay(cluster, source, [over.append], longest=1000).run()
    for request in over:
        assert (request.state == State.FAILED) == (request.prompt_tokens >= 1000)
        if request.state == State.FINISHED:
            assert request.produced_tokens == min(50, 1000 - request.prompt_tokens)
    assert {request.state for request in over} == {State.FAILED, State.FINISHED}
    assert {request.produced_tokens for request in over} > {0, 50}
    assert len(cluster.submitted) < len(over) == 60


def test_users_whose_requests_fail_do_not_hammer() -> None:
    over = replayed(StubCluster(), "closed:concurrency=2,duration=5,prompt=2000", longest=1000)
    assert [request.arrival_s for request in over] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_failed_requests_reach_the_sinks() -> None:
    over = replayed(StubCluster(longest=500), "constant:rate=1,requests=8,prompt=400..600")
    assert {request.state for request in over} == {State.FINISHED, State.FAILED}
    assert len(over) == 8


def test_a_bad_row_in_the_middle_ends_the_run(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"at_s": 0, "prompt_tokens": 9, "output_tokens": 1}\n' * 2 + "oops\n")
    with pytest.raises(TraceError, match=":3: not valid JSON"):
        Replay(StubCluster(), [Trace(path, 1, 0, 16, Reading())], []).run()


def test_progress_rises_to_the_whole() -> None:
    told: list[tuple[float, int]] = []
    sources = made("closed:concurrency=4,requests=1024,output=1")
    Replay(StubCluster(), sources, [], progress=lambda share, done, now_s: told.append((share, done))).run()
    assert [done for _, done in told] == [256, 512, 768, 1024]
    assert told == sorted(told)
    assert told[-1][0] == 1


def test_the_series_stays_small_and_ends_with_the_run() -> None:
    series = Series()
    over: list[SimRequest] = []
    replay = Replay(StubCluster(), made("poisson:rate=0.5,requests=500,output=5"), [over.append], series)
    replay.run()
    columns = series.columns()
    assert 100 < len(columns["at_s"]) <= CAPACITY
    assert columns["at_s"] == sorted(columns["at_s"])
    assert columns["at_s"][-1] == pytest.approx(over[-1].done_s)
    assert columns["finished"][-1] == columns["arrived"][-1] == 500
    assert columns["output_tokens"][-1] == 2500
    for name in ("arrived", "finished", "output_tokens", "energy_j"):
        assert columns[name] == sorted(columns[name])


def test_sampling_changes_nothing() -> None:
    text = "sessions:rate=2,turns=3,think=1,requests=60,output=1..50"
    over: list[list[tuple[str, float]]] = [[], []]
    for ended, series in zip(over, (None, Series()), strict=True):
        Replay(
            StubCluster(),
            made(text),
            [lambda r, ended=ended: ended.append((r.id, r.done_s))],
            series,  # type: ignore[misc]
        ).run()
    assert over[0] == over[1]
