"""What spec/metrics may say, and how it is refused when it says something else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from fakeai_generator.expressions import label, reading
from fakeai_generator.metrics import emit_metrics

ROW = {"name": "a_total", "instrument": "counter", "unit": "x", "help": "A.", "reads": "running"}
GROUP = {"from": "workers", "labels": {"model": "model"}}


def emitted(tmp_path: Path, *documents: dict[str, Any]) -> dict[str, Any]:
    """The profiles of the emitted module."""
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / "buckets.yaml").write_text("few: [1, 2]")
    for number, document in enumerate(documents):
        (folder / f"{number}.yaml").write_text(yaml.safe_dump(document))
    space: dict[str, Any] = {}
    exec(emit_metrics(tmp_path)["metrics.py"], space)
    return space["PROFILES"]


def profile(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"profile": "p", "metrics": [{**GROUP, "rows": list(rows)}], **more}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("running", "s.running"),
        (1, "1"),
        ("a - b * 2", "s.a - s.b * 2"),
        ("ratio(a, b + c)", "ratio(s.a, s.b + s.c)"),
        ("floor(ratio(a, 2))", "floor(ratio(s.a, 2))"),
    ],
)
def test_expressions(text: str, code: str) -> None:
    assert reading(text) == f"lambda s: {code}"


@pytest.mark.parametrize("text", ["a.b", "a[0]", "open(a)", "a if b else c", "a +", "lambda: 1", "a and b", "a.b(c)"])
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ValueError, match=r"expression|only names"):
        reading(text)


def test_labels() -> None:
    assert (label("model"), label("stats.block_size"), label("=0")) == ("k.model", "s.block_size", "'0'")
    with pytest.raises(ValueError, match="label value"):
        label("other.model")


def test_a_profile_takes_over_what_its_base_has(tmp_path: Path) -> None:
    other = {**ROW, "name": "b_total"}
    child = {"profile": "q", "base": "p", "without": ["b_total"], "renamed": {"a_total": "old_total"}}
    profiles = emitted(tmp_path, profile(ROW, other), {**child, "without_labels": ["model"], "metrics": []})
    assert [row.name for row in profiles["p"]] == ["a_total", "b_total"]
    assert [(row.name, row.labels.names) for row in profiles["q"]] == [("old_total", ())]


def test_rows_with_equal_labels_share_them(tmp_path: Path) -> None:
    first, second = emitted(tmp_path, profile(ROW, {**ROW, "name": "b_total"}))["p"]
    assert first.labels is second.labels


def test_buckets_by_name_list_and_length(tmp_path: Path) -> None:
    names = {"h": "few", "i": [3], "j": "1-2-5"}
    rows = [{**ROW, "name": name, "instrument": "histogram", "buckets": buckets} for name, buckets in names.items()]
    document = {"profile": "p", "metrics": [{**GROUP, "from": "requests", "rows": rows}]}
    assert [row.buckets for row in emitted(tmp_path, document)["p"]] == [(1.0, 2.0), (3.0,), None]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "unknown or missing: colour"),
        ({"reads": "running +"}, "no expression"),
        ({"instrument": "summary"}, "instrument is one of"),
        ({"buckets": "few"}, "histograms have buckets, and only they"),
        ({"instrument": "histogram"}, "histograms have buckets, and only they"),
        ({"instrument": "histogram", "buckets": "none"}, "none"),
        ({"name": "a"}, "ends in _total"),
        ({"labels": ["model"]}, "tables list the names"),
        ({"by": ["x", "y"], "reads": {"1": "running"}}, "a value for each label"),
    ],
)
def test_a_row_that_is_wrong_stops_the_generator(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        emitted(tmp_path, profile({**ROW, **change}))
    assert "metrics, p, a" in str(caught.value)


def test_a_name_that_comes_twice_stops_the_generator(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="twice: a_total"):
        emitted(tmp_path, profile(ROW, ROW))
