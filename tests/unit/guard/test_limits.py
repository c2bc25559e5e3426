import pytest

from fakeai.core.call import Tenant
from fakeai.guard.limits import Limits, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0ms"), (0.12, "120ms"), (1, "1s"), (8.64, "8.64s"), (360, "6m0s"), (61.5, "1m1.5s"), (3723, "1h2m3s")],
)
def test_durations_are_written_as_go_writes_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text.encode()


def test_a_bucket_empties_and_refills() -> None:
    limits = Limits(requests_per_minute=60, tokens_per_minute=600)
    first = dict(limits.spend(Tenant(), "gpt-4o", 100, 1000.0))
    assert first[b"x-ratelimit-remaining-requests"] == b"59"
    assert first[b"x-ratelimit-remaining-tokens"] == b"500"
    assert first[b"x-ratelimit-reset-requests"] == b"1s"
    assert first[b"x-ratelimit-reset-tokens"] == b"10s"
    later = dict(limits.spend(Tenant(), "gpt-4o", 0, 1005.0))
    assert later[b"x-ratelimit-remaining-tokens"] == b"550"


def test_nothing_goes_below_zero() -> None:
    headers = dict(Limits(1, 10).spend(Tenant(), "gpt-4o", 100, 0.0))
    assert headers[b"x-ratelimit-remaining-tokens"] == b"0"
    assert headers[b"x-ratelimit-reset-tokens"] == b"10m0s"


@pytest.mark.parametrize("other", [Tenant("b"), Tenant(organization="org-b"), Tenant(project="proj_b")])
def test_tenants_and_models_have_their_own_buckets(other: Tenant) -> None:
    limits = Limits(10, 100)
    limits.spend(Tenant(), "gpt-4o", 50, 0.0)
    assert dict(limits.spend(other, "gpt-4o", 0, 0.0))[b"x-ratelimit-remaining-tokens"] == b"100"
    assert dict(limits.spend(Tenant(), "gpt-4o-mini", 0, 0.0))[b"x-ratelimit-remaining-tokens"] == b"100"
