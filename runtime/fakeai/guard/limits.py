"""Rate limits as OpenAI reports them: token buckets for requests and tokens per minute, for each project and model.

A bucket holds a minute's worth and refills evenly. Nothing is refused: the headers tell a client what would be left.
"""

from dataclasses import dataclass

from fakeai.core.call import Header, Tenant

MINUTE_S = 60.0
MAX_BUCKETS = 4096
"""The bucket filled longest ago is forgotten first: it is the fullest."""


@dataclass(slots=True)
class Bucket:
    """`level` of `limit` was left at `at_s`; it may be below 0."""

    limit: int
    level: float
    at_s: float
    limit_header: Header

    def take(self, amount: float, now_s: float) -> tuple[int, float]:
        """What remains, and the seconds until the bucket is full again."""
        limit = self.limit
        level = self.level + (now_s - self.at_s) * limit / MINUTE_S
        self.level = level = (level if level < limit else limit) - amount
        self.at_s = now_s
        return int(level) if level > 0 else 0, (limit - level) * MINUTE_S / limit


class Limits:
    def __init__(self, requests_per_minute: int, tokens_per_minute: int) -> None:
        self._limits = requests_per_minute, tokens_per_minute
        self._buckets: dict[tuple[str, str, str, str], tuple[Bucket, Bucket]] = {}

    def spend(self, tenant: Tenant, model: str, tokens: int, now_s: float) -> list[Header]:
        """Accounts for one request and returns its x-ratelimit headers."""
        key = tenant.namespace, tenant.organization, tenant.project, model
        buckets = self._buckets.pop(key, None)
        if buckets is None:
            buckets = self._new(now_s)
        self._buckets[key] = buckets
        requests, spent = buckets
        if len(self._buckets) > MAX_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        requests_left, requests_reset_s = requests.take(1, now_s)
        tokens_left, tokens_reset_s = spent.take(tokens, now_s)
        return [
            requests.limit_header,
            spent.limit_header,
            (b"x-ratelimit-remaining-requests", b"%d" % requests_left),
            (b"x-ratelimit-remaining-tokens", b"%d" % tokens_left),
            (b"x-ratelimit-reset-requests", duration(requests_reset_s)),
            (b"x-ratelimit-reset-tokens", duration(tokens_reset_s)),
        ]

    def _new(self, now_s: float) -> tuple[Bucket, Bucket]:
        requests, tokens = self._limits
        return (
            Bucket(requests, requests, now_s, (b"x-ratelimit-limit-requests", b"%d" % requests)),
            Bucket(tokens, tokens, now_s, (b"x-ratelimit-limit-tokens", b"%d" % tokens)),
        )


def duration(seconds: float) -> bytes:
    """As Go writes durations, in whole milliseconds: 120ms, 8.64s, 6m0s, 1h2m3s."""
    ms = round(seconds * 1000)
    if ms < 1000:
        return b"%dms" % ms
    minutes, ms = divmod(ms, 60_000)
    text = b"%.5gs" % (ms / 1000)
    if not minutes:
        return text
    hours, minutes = divmod(minutes, 60)
    return b"%dh%dm%b" % (hours, minutes, text) if hours else b"%dm%b" % (minutes, text)
