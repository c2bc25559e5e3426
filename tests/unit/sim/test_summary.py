"""The document of a run against brute force over its requests."""

from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.quantiles import ACCURACY
from fakeai.core.specs import ModelSpec
from fakeai.core.stats import GpuStats
from fakeai.sim.deployment import Deployment
from fakeai.sim.distributions import BadSpec
from fakeai.sim.identity import NamedText
from fakeai.sim.request import SimRequest, State
from fakeai.sim.slo import SHARES, Slo, slo
from fakeai.sim.summary import Summary
from tests.support.stub_cluster import GPU, StubWorker

pytestmark = [pytest.mark.unit, pytest.mark.sim]
GAP = st.floats(0.001, 2)


@st.composite
def ended(draw: st.DrawFn) -> SimRequest:
    """A request that is over, in any way that a cluster may end it."""
    gaps = draw(st.lists(GAP, max_size=12))
    request = SimRequest("r", draw(st.floats(0, 100)), draw(st.integers(1, 5000)), len(gaps), NamedText(1, 16))
    request.state = draw(st.sampled_from([State.FINISHED, State.FINISHED, State.FAILED, State.CANCELLED]))
    request.preemptions = draw(st.integers(0, 3))
    request.cached_tokens = draw(st.integers(0, request.prompt_tokens - 1))
    at_s = request.first_scheduled_s = request.arrival_s + draw(GAP)
    for gap_s in gaps:
        at_s += gap_s
        request.token_times.append(at_s)
    request.produced_tokens = len(gaps)
    if gaps:
        request.first_token_s = request.token_times[0]
    request.done_s = at_s
    return request


REQUESTS = st.lists(ended(), max_size=25)


def brute_force(requests: list[SimRequest]) -> dict[str, list[float]]:
    done = [request for request in requests if request.state == State.FINISHED]
    times = [request.token_times for request in done]
    return {
        "ttft_s": [request.token_times[0] - request.arrival_s for request in done if request.token_times],
        "itl_s": [after - before for of_one in times for before, after in pairwise(of_one)],
        "tpot_s": [(of_one[-1] - of_one[0]) / (len(of_one) - 1) for of_one in times if len(of_one) > 1],
        "e2e_s": [request.done_s - request.arrival_s for request in done],
        "queue_s": [request.first_scheduled_s - request.arrival_s for request in done],
    }


def summary(requests: list[SimRequest], limits: Slo | None = None) -> Summary:
    found = Summary(limits)
    for request in requests:
        found.add(request)
    return found


@given(REQUESTS)
def test_latencies(requests: list[SimRequest]) -> None:
    latency = summary(requests).latency()
    for measure, values in brute_force(requests).items():
        found = latency[measure]
        assert found["count"] == len(values)
        if values:
            assert found["mean"] == pytest.approx(fmean(values), rel=1e-6, abs=1e-8)
            assert found["max"] == pytest.approx(max(values))
            for name, share in SHARES.items():
                true = sorted(values)[int(share * (len(values) - 1))]
                assert found[name] == pytest.approx(true, rel=2 * ACCURACY, abs=1e-8)


@given(REQUESTS)
def test_counts_and_rates(requests: list[SimRequest]) -> None:
    found = summary(requests).document([StubWorker()])
    done = [request for request in requests if request.state == State.FINISHED]
    assert found["requests"] == {
        "total": len(requests),
        "finished": len(done),
        "failed": sum(request.state == State.FAILED for request in requests),
        "cancelled": sum(request.state == State.CANCELLED for request in requests),
        "preemptions": sum(request.preemptions for request in requests),
        "coalesced": 0,
    }
    assert found["tokens"]["prompt"] == sum(request.prompt_tokens for request in done)
    assert found["tokens"]["cached"] == sum(request.cached_tokens for request in done)
    assert found["tokens"]["output"] == sum(request.produced_tokens for request in requests)
    if requests:
        duration_s = max(r.done_s for r in requests) - min(r.arrival_s for r in requests)
        assert found["duration_s"] == pytest.approx(duration_s)
        assert found["throughput"]["requests_per_s"] == pytest.approx(len(done) / duration_s)
    else:
        assert found["throughput"]["requests_per_s"] is None


@given(REQUESTS, st.sampled_from(["ttft_p99=1", "itl_p50=0.5", "itl_mean=1,e2e_max=4", "tpot_p90=700ms,queue_mean=1"]))
def test_goodput_counts_requests_that_keep_the_limits_by_themselves(requests: list[SimRequest], said: str) -> None:
    limits = slo(said)
    good = 0
    for request in requests:
        alone = {name: sorted(values) for name, values in brute_force([request]).items()}
        kept = [
            fmean(alone[f"{measure}_s"] or [0]) <= limit
            if statistic == "mean"
            else (alone[f"{measure}_s"] or [0])[int(SHARES.get(statistic, 1) * (len(alone[f"{measure}_s"] or [0]) - 1))]
            <= limit
            for (measure, statistic), limit in limits.limits.items()
        ]
        good += request.state == State.FINISHED and all(kept)
    judged = summary(requests, limits).document([StubWorker()])["slo"]
    assert judged["good_requests"] == good


def request(ttft_s: float, state: State = State.FINISHED) -> SimRequest:
    found = SimRequest("r", 0, 10, 2, NamedText(1, 16))
    found.state, found.produced_tokens = state, 2
    found.token_times = [ttft_s, ttft_s + 0.02]
    found.first_token_s = ttft_s
    found.done_s = found.last_token_s
    return found


def test_an_slo_is_met_or_says_what_is_missed() -> None:
    fast = [request(0.1)] * 99
    assert summary([*fast, request(9.0)], slo("ttft_p95=0.5")).document([])["slo"]["met"]
    judged = summary([*fast, request(9.0)], slo("ttft_max=0.5,itl_p99=0.05")).document([])["slo"]
    assert (judged["met"], judged["missed"], judged["good_requests"]) == (False, ["ttft_max"], 99)


def test_failures_miss_an_slo() -> None:
    requests = [request(0.1)] * 95 + [request(0.1, State.FAILED)] * 5
    assert summary(requests, slo("ttft_p99=1")).document([])["slo"]["missed"] == ["failed"]
    assert summary(requests, slo("ttft_p99=1,failed=0.05")).document([])["slo"]["met"]
    assert summary([], slo("ttft_p99=1")).document([])["slo"]["missed"] == ["failed"]


def test_what_the_chips_did() -> None:
    worker = StubWorker()
    worker.deployment = Deployment(ModelSpec("test-model"), GPU, tp=2)
    worker.gpus = [GpuStats("test-gpu", "w", index, energy_j=500.0) for index in range(2)]
    worker.stats.busy_s, worker.stats.compute_s, worker.stats.flops = 5.0, 4.0, 2e15
    worker.stats.queried_tokens, worker.stats.hit_tokens = 1000, 250
    last = request(9.98)
    found = summary([request(1.0), last]).document([worker])
    assert found["duration_s"] == pytest.approx(10)
    assert found["utilization"]["busy"] == pytest.approx(0.5)
    assert found["utilization"]["compute"] == pytest.approx(0.2)
    assert found["utilization"]["model_flops"] == pytest.approx(2e15 / (10 * 2 * 1e15))
    assert found["cache"]["hit_rate"] == 0.25
    assert found["energy"] == pytest.approx({"total_j": 1000, "per_output_token_j": 250, "mean_power_w": 100})
    assert found["cost"]["usd_per_hour"] == 7.2
    assert found["cost"]["usd"] == pytest.approx(0.02)
    assert found["cost"]["usd_per_million_output_tokens"] == pytest.approx(5000)
    assert found["throughput"]["output_tokens_per_s_per_gpu"] == pytest.approx(0.2)


@pytest.mark.parametrize("said", ["ttft=1", "ttft_p98=1", "tft_p99=1", "ttft_p99=fast", "ttft_p99", "", "failed=x"])
def test_a_wrong_slo_is_quoted(said: str) -> None:
    with pytest.raises(BadSpec):
        slo(said)


def test_seconds_and_milliseconds() -> None:
    assert slo("ttft_p99=0.5,itl_p99=50ms,e2e_mean=2s").limits == {
        ("ttft", "p99"): 0.5,
        ("itl", "p99"): 0.05,
        ("e2e", "mean"): 2.0,
    }
