"""The text format."""

from typing import Any

import pytest
from prometheus_client.utils import floatToGoString

from fakeai.core.metrics import Labels, Metric
from fakeai.telemetry.prometheus import Page, bound_text, shown
from fakeai.telemetry.snapshot import Snapshot
from tests.unit.telemetry.records import registry

pytestmark = [pytest.mark.unit, pytest.mark.metrics]


def row(**more: Any) -> Metric:
    labels = Labels(("operation", "status"), lambda key, stats: key)
    base = {
        "name": "requests_total",
        "instrument": "counter",
        "unit": "requests",
        "help": "Requests.",
        "source": "http",
    }
    return Metric(**{**base, "labels": labels, "field": "requests", **more})


def text_of(metric: Metric, requests: dict[tuple[str, str], float], openmetrics: bool = False) -> str:
    found = registry()
    found.stats.requests.update(requests)
    found.stats.in_flight = 3
    return Page([metric]).text(Snapshot(found), openmetrics)


def test_family() -> None:
    assert text_of(row(), {("listModels", "200"): 2, ("createFile", "400"): 1}).splitlines() == [
        "# HELP requests_total Requests.",
        "# TYPE requests_total counter",
        'requests_total{operation="createFile",status="400"} 1',
        'requests_total{operation="listModels",status="200"} 2',
    ]


def test_family_in_openmetrics() -> None:
    assert text_of(row(), {("listModels", "200"): 2}, openmetrics=True).splitlines() == [
        "# HELP requests Requests.",
        "# TYPE requests counter",
        'requests_total{operation="listModels",status="200"} 2',
        "# EOF",
    ]


def test_family_without_series_is_left_out() -> None:
    assert text_of(row(), {}) == ""


def test_value_without_labels() -> None:
    gauge = row(name="in_flight", instrument="gauge", labels=Labels((), lambda key, stats: key), field="in_flight")
    assert text_of(gauge, {}).endswith("\nin_flight 3\n")


def test_labels_are_escaped() -> None:
    assert r'{operation="a\"b\\c\nd",status="200"} 1' in text_of(row(), {('a"b\\c\nd', "200"): 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1 + 0.2, "0.3"), (3.0, "3"), (7, "7"), (123456789.0, "123456789"), (1e18, "1e+18"), (-2.5, "-2.5")],
)
def test_numbers(value: float, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize("bound", [0.0, 0.001, 0.3, 1.0, 7680.0, 131072.0, 1e6, 2097152.0, 1.1e6, 5e9])
def test_bounds_are_written_as_prometheus_writes_them(bound: float) -> None:
    assert bound_text(bound) == floatToGoString(bound)


def test_the_same_as_json() -> None:
    found = registry()
    found.stats.requests["listModels", "200"] += 2
    (family,) = Page([row()]).document(Snapshot(found))
    assert (family["name"], family["type"]) == ("requests_total", "counter")
    assert family["samples"] == [{"labels": {"operation": "listModels", "status": "200"}, "value": 2.0}]
