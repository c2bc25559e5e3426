from math import isfinite
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from fakeai.config.section import Section
from fakeai.core.jitter import Jittered

_FORM = "expected MEAN or MEAN:JITTER in milliseconds and percent, such as 20 or 20:5"


def parse_latency(value: Any) -> Any:
    """20:5 is 20 ms give or take 5 %. Raises ValueError."""
    if isinstance(value, Jittered):
        return value
    mean, _, jitter = str(value).partition(":")
    try:
        mean_ms, percent = float(mean), float(jitter or 0)
    except ValueError:
        raise ValueError(_FORM) from None
    if not (isfinite(mean_ms) and mean_ms >= 0 and 0 <= percent <= 100):
        raise ValueError(f"{_FORM}; MEAN is at least 0 and JITTER from 0 to 100")
    return Jittered(mean_ms / 1e3, percent / 100)


LatencySpec = Annotated[
    Jittered,
    BeforeValidator(parse_latency),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?(:\d+(\.\d+)?)?$", "examples": ["20", "20:5"]}),
]


class LatencyConfig(Section):
    ttft: LatencySpec = Field(default="0", validate_default=True)
    """Time to first token."""
    itl: LatencySpec = Field(default="0", validate_default=True)
    """Time between tokens."""
