"""What telemetry is told of requests that end in different ways."""

import pytest

from fakeai.engine.records import About, record_of
from fakeai.sim.request import SimRequest
from tests.support.sim_cluster import Make, request

pytestmark = [pytest.mark.unit, pytest.mark.sim]
ABOUT = About("chat_completions", "stop", False, 1)


def record_error(one: SimRequest) -> tuple[str, str]:
    record = record_of(one, ABOUT)
    return record.finish_reason, record.error


def test_a_request_that_ends_by_itself_has_its_reason() -> None:
    cluster = Make().cluster()
    one = request(40, 3)
    cluster.submit(one, 0.0)
    cluster.advance(100.0)
    assert record_error(one) == ("stop", "")
    assert len(record_of(one, ABOUT).token_times) == 3


def test_a_worker_that_dies_alone_loses_its_requests() -> None:
    cluster = Make().cluster()
    one = request(40, 300)
    cluster.submit(one, 0.0)
    cluster.kill("worker-0")
    assert record_error(one) == ("error", "worker_lost")


def test_a_refused_request_never_had_a_worker() -> None:
    cluster = Make().cluster(max_queued=1)
    asked = [request(40, 300) for _ in range(400)]
    refused = [one for one in asked if cluster.submit(one, 0.0)]
    assert refused
    assert {record_error(one) for one in refused} == {("error", "overloaded")}


def test_a_cancelled_request_is_aborted() -> None:
    cluster = Make().cluster()
    one = request(40, 300)
    cluster.submit(one, 0.0)
    cluster.cancel(one, 0.0)
    cluster.advance(100.0)
    assert record_error(one) == ("abort", "")
