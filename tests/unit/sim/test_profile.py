"""What is recognised of a workload."""

import pytest

from fakeai.core.seeds import draws, unit
from fakeai.sim.profile import Profile
from tests.support.workers import routed_request

pytestmark = [pytest.mark.unit, pytest.mark.sim]


def play(profile: Profile, rate_per_s: float, from_s: float, until_s: float, seed: int = 1) -> None:
    r = draws(seed)
    for number in range(round(rate_per_s * (until_s - from_s))):
        at_s = from_s + number / rate_per_s
        base = round(unit(r) * 1e12)
        profile.arrived(routed_request("r", range(base, base + 10)), at_s)


def test_a_steady_rate_is_recognised_and_predicted() -> None:
    profile = Profile()
    play(profile, 20.0, 0.0, 95.0)
    assert profile.rate_per_s(95.0) == pytest.approx(20.0, rel=0.02)
    assert profile.predicted_rate_per_s(95.0) == pytest.approx(20.0, rel=0.02)


def test_a_trend_is_carried_on() -> None:
    profile = Profile()
    for window in range(12):
        play(profile, 10.0 + 5.0 * window, window * 10.0, window * 10.0 + 10.0)
    assert profile.predicted_rate_per_s(120.0) == pytest.approx(10.0 + 5.0 * 12, rel=0.15)
    assert profile.predicted_rate_per_s(120.0) > profile.rate_per_s(120.0)


def test_silence_is_predicted_after_silence() -> None:
    profile = Profile()
    play(profile, 50.0, 0.0, 60.0)
    assert profile.rate_per_s(1e7) == 0
    assert profile.predicted_rate_per_s(1e7) == pytest.approx(0.0, abs=1e-6)


def test_lengths_are_means_of_the_last_window() -> None:
    profile = Profile()
    assert profile.output_tokens(0.0) == 256
    for number in range(100):
        profile.arrived(routed_request("r", range(number, number + 20)), number * 0.1)
        profile.finished(30, number * 0.1)
    assert profile.prompt_tokens(9.99) == 320
    assert profile.output_tokens(9.99) == 30
    assert profile.prompt_tokens(1000.0) == 0
    assert profile.output_tokens(1000.0) == 30, "the last mean known"


def test_the_share_of_prefixes_seen_before() -> None:
    profile = Profile()
    for number in range(200):
        shared = list(range(64))
        own = [10_000 + number * 100 + block for block in range(32)]
        profile.arrived(routed_request("r", shared + own), number * 0.04)
    assert profile.prefix_share(8.0) == pytest.approx(64 / 96, rel=0.02)
    nothing = Profile()
    play(nothing, 20.0, 0.0, 8.0)
    assert nothing.prefix_share(8.0) == 0


def test_memory_is_bounded() -> None:
    profile = Profile()
    play(profile, 1000.0, 0.0, 100.0)
    assert len(profile._young) + len(profile._old) <= profile.options.remembered_prefixes
