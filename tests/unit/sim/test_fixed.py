"""Due times of a server of fixed speed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.jitter import Jittered
from fakeai.core.seeds import draws
from fakeai.sim.fixed import FixedLatency

pytestmark = [pytest.mark.unit, pytest.mark.sim]

SECONDS = st.floats(min_value=0, max_value=60)
SHARES = st.floats(min_value=0, max_value=1)


@given(SECONDS, SECONDS, SHARES, st.integers(0, 500), st.integers(0, 2**32))
def test_times_never_fall(ttft_s: float, itl_s: float, jitter: float, tokens: int, seed: int) -> None:
    latency = FixedLatency(Jittered(ttft_s, jitter), Jittered(itl_s, jitter))
    times = latency.token_times(1000.0, tokens, draws(seed))
    assert len(times) == tokens
    assert times == sorted(times)
    assert all(at >= 1000.0 for at in times)


def test_without_jitter_they_are_exact() -> None:
    latency = FixedLatency(Jittered(0.5, 0), Jittered(0.1, 0))
    assert latency.token_times(0.0, 4, draws(1)) == pytest.approx([0.5, 0.6, 0.7, 0.8])


def test_means_are_kept() -> None:
    latency = FixedLatency(Jittered(0.2, 0.1), Jittered(0.01, 0.2))
    times = latency.token_times(0.0, 20_001, draws(7))
    assert (times[-1] - times[0]) / 20_000 == pytest.approx(0.01, rel=0.01)


@pytest.mark.parametrize(("ttft_s", "itl_s"), [(0, 0), (1, 0), (0, 1)])
def test_is_zero(ttft_s: float, itl_s: float) -> None:
    assert FixedLatency(Jittered(ttft_s, 0), Jittered(itl_s, 0)).is_zero == (ttft_s + itl_s == 0)
