from pydantic import Field

from fakeai.config.section import Section


class RateLimitsConfig(Section):
    """What the x-ratelimit headers tell; nothing is refused."""

    requests_per_minute: int = Field(default=10_000, ge=1)
    tokens_per_minute: int = Field(default=2_000_000, ge=1)
