import math

import pytest

from fakeai.core.operation import Document, Lifecycle, State
from fakeai.state.lifecycle import Course

pytestmark = pytest.mark.unit

JOB = Lifecycle(
    "status",
    (
        State("queued", 0.0, clear=("result",)),
        State("running", 2.0, set_time="started_at", clear=("result",)),
        State("done", 10.0, set_time="finished_at"),
    ),
    {"cancelJob": State("cancelled", 0.0, set_time="cancelled_at", clear=("result", "expires_at"))},
)


def job() -> Document:
    faked = {"status": "failed", "result": "r", "started_at": 7, "finished_at": 8, "cancelled_at": 9, "expires_at": 5}
    return dict(faked)


def at(course: Course, now_s: float) -> Document:
    document = job()
    course.apply(document, now_s)
    return document


def test_states_follow_the_clock() -> None:
    course = Course(JOB, created_s=1000.5, speed=1.0)
    blank = {"result": None, "started_at": None, "finished_at": None, "cancelled_at": None, "expires_at": 5}
    assert at(course, 1000.5) == {"status": "queued", **blank}
    assert at(course, 1002.4)["status"] == "queued"
    assert at(course, 1002.5) == {"status": "running", **blank, "started_at": 1002}
    ended = {"status": "done", **blank, "result": "r", "started_at": 1002, "finished_at": 1010}
    assert at(course, 1010.5) == ended == at(course, 99999.0)


def test_speed_divides_the_times() -> None:
    course = Course(JOB, created_s=1000.0, speed=2.0)
    assert at(course, 1001.0)["started_at"] == 1001
    assert at(course, 1005.0)["finished_at"] == 1005


def test_immediate_is_infinite_speed() -> None:
    document = at(Course(JOB, created_s=1000.0, speed=math.inf), 1000.0)
    assert (document["status"], document["started_at"], document["finished_at"]) == ("done", 1000, 1000)


def test_speed_does_not_shorten_a_lifetime() -> None:
    lease = Lifecycle("status", (State("starting", 0.0), State("running", 5.0), State("expired", 600.0)))
    course = Course(lease, created_s=1000.0, speed=math.inf)
    assert at(course, 1000.0)["status"] == "running"
    assert at(course, 1599.0)["status"] == "running"
    assert at(course, 1600.0)["status"] == "expired"


def test_an_action_fixes_its_state_for_good() -> None:
    course = Course(JOB, created_s=1000.0, speed=1.0)
    assert course.enter("cancelJob", 1003.0)
    cancelled = {
        "status": "cancelled",
        "result": None,
        "started_at": 1002,
        "finished_at": None,
        "cancelled_at": 1003,
        "expires_at": None,
    }
    assert at(course, 1003.0) == cancelled == at(course, 5000.0)
    assert course.enter("cancelJob", 1009.0)
    assert at(course, 5000.0) == cancelled


def test_an_unknown_action_changes_nothing() -> None:
    course = Course(JOB, created_s=1000.0, speed=1.0)
    assert not course.enter("explodeJob", 1003.0)
    assert at(course, 1003.0)["status"] == "running"


def test_fields_that_the_object_lacks_are_not_cleared_into_it() -> None:
    document: Document = {"status": "x"}
    Course(JOB, created_s=0.0, speed=1.0).apply(document, 0.0)
    assert document == {"status": "queued"}
