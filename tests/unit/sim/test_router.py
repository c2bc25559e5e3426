"""A policy at work: availability, outcomes, learning, experiments and the pages."""

from collections import Counter

import pytest

from fakeai.core.seeds import draws, unit
from fakeai.sim.decision import Policy
from fakeai.sim.policies.adaptive import Adaptive, AdaptiveOptions
from fakeai.sim.profile import Profile
from fakeai.sim.request import SimRequest, State
from fakeai.sim.router import NoWorker, Router
from fakeai.sim.routing import policy
from tests.support.workers import FakeWorker, fake_workers, routed_request

pytestmark = [pytest.mark.unit, pytest.mark.sim]


def router(name: str = "round_robin", seed: int = 0, kept: int = 1000, **options: object) -> Router:
    profile = Profile()
    return Router(policy(name, profile, options), profile=profile, seed=seed, kept=kept)


def end(routes: Router, request: SimRequest, now_s: float, state: State = State.FINISHED, ttft_s: float = 0.1) -> None:
    request.state = state
    request.first_token_s = now_s if state == State.FINISHED and request.first_token_s < 0 else request.first_token_s
    request.produced_tokens = 10
    routes.done(request, now_s)


def test_a_worker_that_fails_gets_no_more_requests_until_it_is_tried_again() -> None:
    routes, workers = router(), fake_workers(3)
    seen: Counter[str] = Counter()
    for number in range(300):
        request = routed_request(f"r{number}")
        at_s = number * 0.1
        worker = routes.route(request, workers, at_s)
        seen[worker] += 1
        end(routes, request, at_s + 0.05, State.FAILED if worker == "w1" else State.FINISHED)
    assert seen["w1"] == 5, "five failures in a row eject it"
    states = {worker["id"]: worker["state"] for worker in routes.stats(30.0)["workers"]}
    assert states == {"w0": "available", "w1": "ejected", "w2": "available"}


def test_nobody_there() -> None:
    routes, workers = router(), fake_workers(2)
    with pytest.raises(NoWorker) as none:
        routes.route(routed_request(), [], 0.0)
    assert none.value.retry_after_s == 60
    for worker in workers:
        routes.health.drain(worker.id)
    with pytest.raises(NoWorker):
        routes.route(routed_request(), workers, 0.0)
    routes.health.up("w1", 0.0)
    assert routes.route(routed_request(), workers, 0.0) == "w1"
    assert routes.stats(0.0)["refused"] == 2


def test_retry_after_is_when_a_breaker_is_half_open() -> None:
    routes, workers = router(), fake_workers(1)
    for _ in range(10):
        # Ejected after five, it fails five more that were sent before.
        routes.health.record("w0", False, 100.0, 1)
    with pytest.raises(NoWorker) as none:
        routes.route(routed_request(), workers, 130.0)
    assert none.value.retry_after_s == pytest.approx(30.0)


def test_requests_are_conserved() -> None:
    routes, workers = router("least_loaded"), fake_workers(4)
    requests = [routed_request(f"r{number}", range(4)) for number in range(100)]
    for request in requests:
        routes.route(request, workers, 0.0)
    for number, request in enumerate(requests[:90]):
        end(routes, request, 1.0, [State.FINISHED, State.FAILED, State.CANCELLED][number % 3])
    stats = routes.stats(1.0)
    totals = {name: sum(worker[name] for worker in stats["workers"]) for name in ("finished", "failed", "cancelled")}
    assert totals == {"finished": 30, "failed": 30, "cancelled": 30}
    assert (stats["routed"], stats["in_flight"]) == (100, 10)
    assert sum(worker["requests"] for worker in stats["workers"]) == 100
    end(routes, requests[0], 2.0)
    assert routes.stats(2.0)["in_flight"] == 10, "what is over is over"


@pytest.mark.parametrize("name", ["adaptive", "ab_test"])
def test_learners_forget_requests_that_are_over(name: str) -> None:
    routes, workers = router(name), fake_workers(2)
    for number in range(60):
        request = routed_request(f"r{number}", range(3))
        routes.route(request, workers, number * 1.0)
        if number % 4:
            end(routes, request, number + 0.5, [State.FINISHED, State.FAILED, State.CANCELLED][number % 3])
        else:
            routes.route(request, workers, number + 0.5)
            end(routes, request, number + 0.6)
        for worker in workers:
            routes.health.up(worker.id, number + 0.7)
    kept = routes.policy._expected if name == "adaptive" else routes.policy._arm_of  # type: ignore[attr-defined]
    assert kept == {}


def test_a_request_handed_over_is_one_arrival() -> None:
    routes, workers = router(), fake_workers(2)
    request = routed_request("r", range(10))
    routes.route(request, workers, 0.0)
    request.worker, request.state = None, State.WAITING
    routes.done(request, 1.0)
    request.carried_tokens = request.prompt_tokens
    routes.route(request, workers, 1.0)
    request.state, request.produced_tokens = State.FINISHED, 40
    routes.done(request, 2.0)
    assert routes.profile.rate_per_s(2.0) == 0.1
    assert routes.profile.output_tokens(2.0) == 40


def test_decisions_explain_themselves() -> None:
    routes = router("kv_aware", kept=3)
    workers = [FakeWorker("a", used_blocks=5), FakeWorker("b", used_blocks=2)]
    for number in range(5):
        routes.route(routed_request(f"r{number}", range(2)), workers, number * 1.0)
    decisions = routes.decisions()
    assert [decision["request"] for decision in decisions] == ["r4", "r3", "r2"]
    assert decisions[0] == {
        "number": 5,
        "at": 4.0,
        "request": "r4",
        "prompt_tokens": 32,
        "policy": "kv_aware",
        "arm": None,
        "worker": "b",
        "reason": "least cost",
        "scores": [
            {
                "worker": "a",
                "terms": {
                    "cost": 7, "prefill_blocks": 2, "decode_blocks": 5, "credit_blocks": 0, "active_requests": 0
                },
            },
            {
                "worker": "b",
                "terms": {
                    "cost": 4, "prefill_blocks": 2, "decode_blocks": 2, "credit_blocks": 0, "active_requests": 0
                },
            },
        ],
    }  # fmt: skip
    assert len(routes.decisions(2)) == 2


def test_decisions_of_one_tenant() -> None:
    routes, workers = router(), fake_workers(2)
    for number in range(6):
        request = routed_request(f"r{number}")
        request.tenant = "mine" if number % 2 else "theirs"
        routes.route(request, workers, 0.0)
    assert [decision["request"] for decision in routes.decisions(tenant="mine")] == ["r5", "r3", "r1"]


def bandit(made: Policy, profile: Profile, actual_s: dict[str, float], from_s: float, seed: int) -> Counter[str]:
    """300 requests, one a second, whose answers take as long as their worker takes."""
    routes, workers, r = Router(made, profile=profile, seed=seed), fake_workers(3), draws(seed)
    seen: Counter[str] = Counter()
    for number in range(300):
        request = routed_request(f"r{from_s}-{number}", prompt_tokens=100)
        at_s = from_s + number
        worker = routes.route(request, workers, at_s)
        seen[worker] += 1
        end(routes, request, at_s + actual_s[worker] * (0.8 + 0.4 * unit(r)))
    return seen


@pytest.mark.parametrize("seed", range(5))
def test_the_bandit_finds_the_best_worker_and_notices_when_it_is_another(seed: int) -> None:
    profile = Profile()
    made = Adaptive(AdaptiveOptions(), profile)
    before = bandit(made, profile, {"w0": 0.6, "w1": 0.2, "w2": 0.6}, 0.0, seed)
    assert before["w1"] > 200
    after = bandit(made, profile, {"w0": 0.2, "w1": 0.9, "w2": 0.9}, 300.0, seed)
    assert after["w0"] > 180


def test_the_bandit_shuns_failures() -> None:
    profile = Profile()
    made, workers = Adaptive(AdaptiveOptions(), profile), fake_workers(2)
    routes = Router(made, profile=profile)
    seen: Counter[str] = Counter()
    for number in range(200):
        request = routed_request(f"r{number}", prompt_tokens=100)
        worker = routes.route(request, workers, float(number))
        seen[worker] += 1
        # Every third of w0's requests fails: too few in a row for an ejection.
        failed = worker == "w0" and seen["w0"] % 3 == 0
        end(routes, request, number + 0.2, State.FAILED if failed else State.FINISHED)
    assert seen["w1"] > 3 * seen["w0"]


def experiment(slow_s: float, seed: int = 0, requests: int = 400) -> dict[str, dict[str, object]]:
    routes = router("ab_test", seed=seed, arms={"round_robin": 3.0, "random": 1.0})
    workers, r = fake_workers(2), draws(seed + 100)
    for number in range(requests):
        request = routed_request(f"r{number}")
        routes.route(request, workers, float(number))
        arm = routes.decisions(1)[0]["arm"]
        end(routes, request, number + (slow_s if arm == "random" else 0.2) + 0.1 * unit(r))
    found = routes.stats(float(requests))["experiment"]
    assert isinstance(found, dict)
    return found


def test_arms_have_their_shares() -> None:
    arms = experiment(0.2)["arms"]
    assert {name: arm["requests"] for name, arm in arms.items()} == {  # type: ignore[index]
        "round_robin": pytest.approx(300, abs=30),
        "random": pytest.approx(100, abs=30),
    }


def test_a_difference_is_significant_and_none_is_not() -> None:
    compared = experiment(0.3)["comparisons"]["random"]
    assert compared["significant"] == ["ttft", "latency"]  # type: ignore[index]
    assert compared["latency_ratio"] == pytest.approx(0.35 / 0.25, rel=0.05)  # type: ignore[index]
    false_alarms = sum(
        "latency" in experiment(0.2, seed, 100)["comparisons"]["random"]["significant"]  # type: ignore[index]
        for seed in range(60)
    )
    # Expected: 3 of 60 at the 5 % level; more than 9 happen once in 1,700 times.
    assert false_alarms <= 9


def test_a_session_has_one_arm() -> None:
    routes, workers = router("ab_test"), fake_workers(2)
    for number in range(100):
        routes.route(routed_request(f"r{number}", session=f"s{number % 5}"), workers, 0.0)
    arms: dict[int, set[str]] = {}
    for decision in routes.decisions():
        arms.setdefault(int(decision["request"][1:]) % 5, set()).add(decision["arm"])
    assert all(len(names) == 1 for names in arms.values())


def test_impossible_experiments_are_refused() -> None:
    for arms in ({}, {"random": 0.0}, {"random": -1.0, "session": 2.0}, {"ab_test": 1.0}):
        with pytest.raises(ValueError, match="A/B test"):
            policy("ab_test", Profile(), {"arms": arms})
