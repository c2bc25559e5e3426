"""Breakers, ejection and drain, against what their publishers say of them."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fakeai.core.seeds import draws
from fakeai.sim.breaker import Breaker, BreakerOptions
from fakeai.sim.faults import Fault, Faults
from fakeai.sim.health import Health, HealthOptions
from fakeai.sim.outlier import OutlierOptions

pytestmark = [pytest.mark.unit, pytest.mark.sim]

NEVER = OutlierOptions(consecutive_failures=10**9)


def test_ten_failures_in_two_minutes_open_it() -> None:
    breaker = Breaker()
    for number in range(9):
        breaker.record(False, number * 13.0)
    assert breaker.state(104.0) == "closed"
    breaker.record(False, 119.0)
    assert breaker.state(119.0) == "open"


def test_failures_further_apart_do_not() -> None:
    breaker = Breaker()
    for number in range(50):
        breaker.record(False, number * 13.4)
    assert breaker.state(700.0) == "closed"


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(10):
        breaker.record(False, 0.0)
    return breaker


def test_half_open_after_a_minute_closed_after_three_successes() -> None:
    breaker = opened()
    assert breaker.state(59.9) == "open"
    assert breaker.state(60.0) == "half_open"
    for _ in range(2):
        breaker.record(True, 61.0)
    assert breaker.state(61.0) == "half_open"
    breaker.record(True, 62.0)
    assert breaker.state(62.0) == "closed"
    breaker.record(False, 63.0)
    assert breaker.state(63.0) == "closed", "old failures are forgotten"


def test_one_failure_opens_a_half_open_one_again() -> None:
    breaker = opened()
    breaker.record(True, 61.0)
    breaker.record(True, 61.0)
    breaker.record(False, 62.0)
    assert breaker.state(121.9) == "open"
    breaker.record(True, 123.0)
    breaker.record(True, 123.0)
    assert breaker.state(123.0) == "half_open", "successes are counted from the start"


class BreakerMachine(RuleBasedStateMachine):
    """Against a model that keeps the whole history and works the state out from it."""

    def __init__(self) -> None:
        super().__init__()
        self.options = BreakerOptions(failure_threshold=3, window_s=10, timeout_s=5, success_threshold=2)
        self.breaker = Breaker(self.options)
        self.now_s = 0.0
        self.history: list[tuple[float, bool]] = []

    @rule(seconds=st.sampled_from([0.5, 1.0, 3.0, 5.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(ok=st.booleans())
    def answer(self, ok: bool) -> None:
        self.history.append((self.now_s, ok))
        self.breaker.record(ok, self.now_s)

    def expected(self) -> str:
        failures: list[float] = []
        opened_s: float | None = None
        successes = 0
        for at_s, ok in self.history:
            if opened_s is None:
                failures = [failed_s for failed_s in failures if failed_s > at_s - 10] + ([] if ok else [at_s])
                if len(failures) >= 3:
                    opened_s, successes, failures = at_s, 0, []
            elif at_s >= opened_s + 5:
                successes += ok
                if not ok:
                    opened_s, successes = at_s, 0
                elif successes == 2:
                    opened_s = None
        if opened_s is None:
            return "closed"
        return "half_open" if self.now_s >= opened_s + 5 else "open"

    @invariant()
    def agrees(self) -> None:
        assert self.breaker.state(self.now_s) == self.expected()


TestBreakerMachine = BreakerMachine.TestCase


def fail(health: Health, worker: str, times: int, now_s: float, workers: int = 20) -> None:
    for _ in range(times):
        health.record(worker, False, now_s, workers)


def test_five_failures_in_a_row_eject_for_thirty_seconds_and_longer_each_time() -> None:
    health = Health(HealthOptions(breaker=BreakerOptions(failure_threshold=10**9)))
    fail(health, "w", 4, 1.0)
    health.record("w", True, 1.0, 20)
    fail(health, "w", 4, 1.0)
    assert health.available("w", 1.0)
    fail(health, "w", 1, 1.0)
    assert health.state("w", 1.0) == "ejected"
    assert health.state("w", 39.9) == "ejected", "back with the sweep at 40, the first after 31"
    assert health.available("w", 40.0)
    fail(health, "w", 5, 41.0)
    assert health.back_s("w", 41.0) == 110.0, "41 + 2 · 30, at the next sweep"
    fail(health, "w", 5, 300.0)
    assert health.back_s("w", 300.0) == 330.0, "many good sweeps took the count back"


def test_ejection_is_never_longer_than_the_limit() -> None:
    health = Health(HealthOptions(breaker=BreakerOptions(failure_threshold=10**9)))
    now_s = 0.0
    for _ in range(30):
        fail(health, "w", 5, now_s)
        assert health.back_s("w", now_s) - now_s <= 300 + 10
        now_s = health.back_s("w", now_s)


@pytest.mark.parametrize(
    ("workers", "always", "expected"), [(8, True, 1), (8, False, 0), (20, True, 2), (35, False, 3)]
)
def test_at_most_a_tenth_is_ejected(workers: int, always: bool, expected: int) -> None:
    health = Health(HealthOptions(BreakerOptions(failure_threshold=10**9), OutlierOptions(always_eject_one=always)))
    for number in range(workers):
        fail(health, f"w{number}", 20, 1.0, workers)
    assert sum(not health.available(f"w{number}", 1.0) for number in range(workers)) == expected


def test_breaker_drain_and_death() -> None:
    health = Health(HealthOptions(outlier=NEVER))
    assert health.is_clean
    fail(health, "w", 10, 0.0)
    assert (health.state("w", 1.0), health.available("w", 1.0)) == ("open", False)
    assert (health.state("w", 60.0), health.available("w", 60.0)) == ("half_open", True)
    health.drain("x")
    assert (health.state("x", 0.0), health.available("x", 0.0)) == ("draining", False)
    health.down("y", 0.0)
    assert (health.state("y", 0.0), health.back_s("y", 0.0)) == ("down", float("inf"))
    for worker in "wxy":
        health.up(worker, 1.0)
    assert health.is_clean


def test_faults_hold_between_their_edges() -> None:
    faults = Faults(
        [
            Fault("a", "slow", 10, 20, 3.0),
            Fault("a", "slow", 15, 30, 2.0),
            Fault("b", "dead", 5),
            Fault("a", "dead", 40, 50),
        ]
    )
    assert [faults.slowness("a", at_s) for at_s in (9.9, 10, 15, 20, 30)] == [1, 3, 6, 2, 1]
    assert [faults.is_dead("b", at_s) for at_s in (4.9, 5, 1e9)] == [False, True, True]
    assert [faults.is_dead("a", at_s) for at_s in (39, 40, 50)] == [False, True, False]
    assert faults.edges() == sorted([(10, "a"), (20, "a"), (15, "a"), (30, "a"), (5, "b"), (40, "a"), (50, "a")])


def test_a_flaky_worker_fails_its_share() -> None:
    faults, r = Faults([Fault("a", "flaky", 0, 100, 0.25)]), draws(4)
    failed = sum(faults.fails("a", 50.0, r) for _ in range(4000))
    assert failed / 4000 == pytest.approx(0.25, abs=0.03)
    assert not any(faults.fails("a", 100.0, r) or faults.fails("b", 50.0, r) for _ in range(50))


@pytest.mark.parametrize(
    "fault", [("slow", 0.0, 1.0, 0.5), ("flaky", 0.0, 1.0, 1.5), ("flaky", 0.0, 1.0, -0.1), ("dead", 2.0, 1.0, 1.0)]
)
def test_impossible_faults_are_refused(fault: tuple[str, float, float, float]) -> None:
    with pytest.raises(ValueError, match="w"):
        Fault("w", *fault)  # type: ignore[arg-type]
