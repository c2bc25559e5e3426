import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.config.latency import LatencyConfig, parse_latency
from fakeai.core.jitter import Jittered


@pytest.mark.parametrize(
    ("text", "mean_s", "jitter"),
    [("20", 0.02, 0), ("20:5", 0.02, 0.05), ("0", 0, 0), ("1.5:100", 0.0015, 1), ("20:", 0.02, 0), (20, 0.02, 0)],
)
def test_milliseconds_and_percent(text: object, mean_s: float, jitter: float) -> None:
    assert parse_latency(text) == Jittered(mean_s, jitter)


@pytest.mark.parametrize("text", ["", "fast", "20:5:1", "20ms", "-1", "20:-1", "20:101", "nan", "inf", "20:nan"])
def test_anything_else_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="MEAN:JITTER"):
        parse_latency(text)


@given(st.integers(0, 100_000), st.integers(0, 100))
def test_what_is_shown_can_be_read_again(mean_ms: int, percent: int) -> None:
    shown = LatencyConfig(ttft=f"{mean_ms}:{percent}").model_dump(mode="json")["ttft"]
    spec = parse_latency(shown)
    assert (round(spec.mean_s * 1e3, 6), round(spec.jitter * 100, 6)) == (mean_ms, percent)
    pattern = LatencyConfig.model_json_schema()["properties"]["ttft"]["pattern"]
    assert re.fullmatch(pattern, shown)
