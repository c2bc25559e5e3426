"""Windows against what one gets by keeping every value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.quantiles import ACCURACY
from fakeai.telemetry.windows import OTHER, SIZES_S, Retention, Windows, slope

T0_S = 36_000
NAMES = ("e2e_s", "tpot_s")
KEEP = {"1s": 3600, "1m": 60, "1h": 24}
LOOK_S = T0_S + 3_700
"""Some seconds are forgotten by then, and the hour has ended."""
Event = tuple[float, str, str, float, float | None, bool]
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 400_000).map(lambda ms: T0_S + ms / 1000),
        st.sampled_from(["m1", "m2"]),
        st.sampled_from(["a", "b"]),
        st.integers(1, 5_000).map(lambda ms: ms / 1000),
        st.none() | st.integers(1, 90).map(lambda ms: ms / 1000),
        st.booleans(),
    ),
    max_size=60,
).map(lambda events: sorted(events, key=lambda event: event[0]))


def filled(events: list[Event], **options: int) -> Windows:
    windows = Windows(Retention(*KEEP.values()), **options)
    for at_s, model, tenant, e2e_s, tpot_s, failed in events:
        windows.add((("model", model), ("tenant", tenant)), at_s, NAMES, (e2e_s, tpot_s), failed)
    return windows


@given(EVENTS, st.sampled_from([("model", "m1", 1), ("tenant", "b", 2)]), st.sampled_from(list(SIZES_S)))
def test_points_are_those_of_all_values(events: list[Event], of: tuple[str, str, int], size: str) -> None:
    dimension, key, place = of
    windows = filled(events)
    windows.advance(LOOK_S)
    points = windows.report(dimension, key, [size], points=True).get(size, {"points": []})["points"]
    mine = [event for event in events if event[place] == key]
    starts = sorted({int(event[0] // SIZES_S[size]) * SIZES_S[size] for event in mine})
    oldest_s = LOOK_S - SIZES_S[size] * (KEEP[size] + 1)
    kept = [start for start in starts if start >= oldest_s]
    assert [point["start_s"] for point in points] == kept
    for point in points:
        inside = [event for event in mine if point["start_s"] <= event[0] < point["start_s"] + SIZES_S[size]]
        assert (point["requests"], point["errors"]) == (len(inside), sum(event[5] for event in inside))
        values = sorted(event[3] for event in inside)
        facts = point["e2e_s"]
        assert (facts["count"], facts["min"], facts["max"]) == (len(values), values[0], values[-1])
        assert facts["mean"] == pytest.approx(sum(values) / len(values))
        assert facts["p50"] == pytest.approx(values[int(0.5 * (len(values) - 1))], rel=2 * ACCURACY)
        assert facts["p99"] == pytest.approx(values[int(0.99 * (len(values) - 1))], rel=2 * ACCURACY)
        assert ("tpot_s" in point) == any(event[4] is not None for event in inside)


@given(EVENTS)
def test_the_running_minute_and_the_full_ones_hold_every_request(events: list[Event]) -> None:
    windows = filled(events)
    now_s = (events[-1][0] if events else T0_S) + 1
    windows.advance(now_s)
    total = 0
    for dimension, key in windows.series():
        if dimension == "model":
            report = windows.report(dimension, key, ["1m"], points=True)["1m"]
            total += sum(point["requests"] for point in report["points"])
            total += report["running"]["requests"] if report["running"] else 0
    assert total == len(events)


def event(at_s: float, e2e_s: float = 1.0, model: str = "m1") -> Event:
    return (at_s, model, "a", e2e_s, None, False)


def test_what_is_old_is_forgotten() -> None:
    windows = Windows(Retention(seconds=2, minutes=2, hours=2))
    for second in range(10):
        windows.add((("model", "m1"),), T0_S + second, NAMES, (1.0, None), False)
    windows.advance(T0_S + 10)
    report = windows.report("model", "m1", ["1s"], points=True)["1s"]
    assert [point["start_s"] - T0_S for point in report["points"]] == [7, 8, 9]
    windows.advance(T0_S + 4 * 3600)
    assert windows.series() == []
    assert windows.report("model", "m1", ["1s"], points=True) == {}


def test_keys_beyond_the_limit_are_other_until_others_are_forgotten() -> None:
    windows = filled([event(T0_S, model=f"m{number}") for number in range(6)], max_keys=2)
    assert [key for dimension, key in windows.series() if dimension == "model"] == ["m0", "m1", OTHER]
    windows.advance(T0_S + 1)
    assert windows.report("model", OTHER, ["1s"], points=False)["1s"]["latest"]["requests"] == 4
    windows.advance(T0_S + 1e6)
    windows.add((("model", "m9"),), T0_S + 1e6, NAMES, (1.0, None), False)
    assert windows.series() == [("model", "m9")]


def test_late_values_are_counted_all_the_same() -> None:
    windows = filled([event(T0_S + 10)])
    windows.add((("model", "m1"), ("tenant", "a")), T0_S + 3, NAMES, (2.0, None), True)
    windows.advance(T0_S + 11)
    latest = windows.report("model", "m1", ["1s"], points=False)["1s"]["latest"]
    assert (latest["requests"], latest["errors"], latest["e2e_s"]["max"]) == (2, 1, 2.0)


def test_trend_of_a_line_is_its_slope() -> None:
    windows = filled([event(T0_S + second, e2e_s=1 + second / 3600) for second in range(20)])
    windows.advance(T0_S + 20)
    trends = windows.report("model", "m1", ["1s"], points=False)["1s"]["trend_per_hour"]
    assert trends["e2e_s"] == pytest.approx(1.0)
    assert trends["requests_per_s"] == pytest.approx(0.0)


def test_the_trend_of_a_rate_knows_silence() -> None:
    windows = filled([event(T0_S), event(T0_S), event(T0_S + 2)])
    windows.advance(T0_S + 3)
    trends = windows.report("model", "m1", ["1s"], points=False)["1s"]["trend_per_hour"]
    assert trends["requests_per_s"] == pytest.approx(3600 * np.polyfit([0, 1, 2], [2, 0, 1], 1)[0])


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-50, 50)), min_size=2, max_size=10, unique_by=lambda p: p[0]))
def test_slope_is_that_of_least_squares(points: list[tuple[int, int]]) -> None:
    xs, ys = zip(*points, strict=True)
    assert slope(points) == pytest.approx(np.polyfit(xs, ys, 1)[0], abs=1e-9)


def test_outliers_are_far_from_the_median() -> None:
    events = [event(T0_S + second, e2e_s=1 + 0.01 * (second % 3)) for second in range(12)] + [event(T0_S + 12, e2e_s=5)]
    windows = filled(events)
    windows.advance(T0_S + 13)
    (outlier,) = windows.report("model", "m1", ["1s"], points=False)["1s"]["outliers"]
    assert (outlier["name"], outlier["start_s"], outlier["mean"]) == ("e2e_s", T0_S + 12, 5)
    assert outlier["deviations"] > 100


def test_completion_rate_leaves_errors_and_the_running_second_out() -> None:
    windows = Windows()
    for second in range(120):
        windows.add((("operation", "x"),), T0_S + second, ("request_s",), (1.0,), second % 2 == 0)
    windows.advance(T0_S + 120)
    assert windows.completed_per_s("operation", T0_S + 120) == pytest.approx(0.5, abs=0.02)
    assert windows.completed_per_s("model", T0_S + 120) == 0
