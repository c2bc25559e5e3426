"""The text format."""

from typing import Any

import pytest

from fakeai.core.stats import Stats
from fakeai.telemetry.prometheus import exposition
from fakeai_api.metrics import METRICS

pytestmark = [pytest.mark.unit, pytest.mark.metrics]


def row(**more: Any) -> dict[str, Any]:
    base = {"name": "requests_total", "instrument": "counter", "help": "Requests.", "labels": ["operation", "status"]}
    return {**base, "reads": "requests", **more}


def test_family() -> None:
    stats = Stats()
    stats.requests[("listModels", "200")] += 2
    stats.requests[("createFile", "400")] += 1
    assert exposition([row()], stats).splitlines() == [
        "# HELP requests_total Requests.",
        "# TYPE requests_total counter",
        'requests_total{operation="createFile",status="400"} 1',
        'requests_total{operation="listModels",status="200"} 2',
    ]


def test_value_without_labels() -> None:
    stats = Stats()
    stats.in_flight = 3
    text = exposition([row(name="in_flight", instrument="gauge", labels=[], reads="in_flight")], stats)
    assert text.endswith("\nin_flight 3\n")


def test_labels_are_escaped() -> None:
    stats = Stats()
    stats.requests[('a"b\\c\nd', "200")] += 1
    assert r'{operation="a\"b\\c\nd",status="200"} 1' in exposition([row()], stats)


@pytest.mark.parametrize(("amount", "text"), [(0.1 + 0.2, "0.3"), (1e15, "1e+15"), (123456789.0, "123456789")])
def test_numbers(amount: float, text: str) -> None:
    stats = Stats()
    stats.requests[("a", "200")] = amount
    assert exposition([row()], stats).endswith(f" {text}\n")


def test_every_metric_reads_a_field_and_has_its_labels() -> None:
    stats = Stats()
    for metric in METRICS:
        value = getattr(stats, metric["reads"])
        if isinstance(value, dict):
            value[tuple(metric["labels"])] += 1
    assert exposition(METRICS, stats).count("# TYPE") == len(METRICS)
