"""Metrics pages as text: Prometheus' format 0.0.4, and OpenMetrics 1.0.

Sources: prometheus.io/docs/instrumenting/exposition_formats, prometheus.io/docs/specs/om/open_metrics_spec.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from fakeai.core.metrics import Metric
from fakeai.telemetry.families import Family
from fakeai.telemetry.histogram import Counts
from fakeai.telemetry.snapshot import Snapshot

CONTENT_TYPE = "text/plain; version={version}; charset=utf-8"
OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_EXACT = 2.0**53
_TOTAL = "_total"


class Page:
    """Rows that one page shows. Keeps the part of each line before its value."""

    def __init__(self, rows: Iterable[Metric]) -> None:
        self.families = [Family(row) for row in rows]
        self._writers = [_Writer(family) for family in self.families]

    def text(self, snapshot: Snapshot, openmetrics: bool = False) -> str:
        lines: list[str] = []
        for writer in self._writers:
            writer.write(snapshot, lines, openmetrics)
        if openmetrics:
            lines.append("# EOF\n")
        return "".join(lines)

    def document(self, snapshot: Snapshot) -> list[dict[str, Any]]:
        """The same as JSON, families without series included."""
        return [_document(family, snapshot) for family in self.families]


class _Writer:
    def __init__(self, family: Family) -> None:
        self.family = family
        self._heads: dict[tuple[str, ...], list[str]] = {}
        metric = family.metric
        self._header = _header(metric, metric.name)
        self._openmetrics_header = _header(
            metric, metric.name.removesuffix(_TOTAL) if _is_counter(metric) else metric.name
        )

    def write(self, snapshot: Snapshot, lines: list[str], openmetrics: bool) -> None:
        start = len(lines)
        heads = self._heads
        for values, value in self.family.series(snapshot):
            head = heads.get(values)
            if head is None:
                head = heads[values] = self._head(values, value)
            if isinstance(value, Counts):
                lines += [f"{part}{count}\n" for part, count in zip(head, value.cumulative, strict=False)]
                lines.append(f"{head[-2]}{value.cumulative[-1]}\n{head[-1]}{shown(value.sum)}\n")
            else:
                lines.append(f"{head[0]}{shown(value)}\n")
        if len(lines) > start:
            lines.insert(start, self._openmetrics_header if openmetrics else self._header)

    def _head(self, values: tuple[str, ...], value: Any) -> list[str]:
        """Of the line; of a histogram those of its buckets, its count and its sum."""
        name = self.family.metric.name
        labels = ",".join(
            f'{label}="{text.translate(_ESCAPES)}"' for label, text in zip(self._names, values, strict=True)
        )
        end = f"{{{labels}}} " if labels else " "
        if not isinstance(value, Counts):
            return [name + end]
        before = f"{name}_bucket{{{labels}{',' if labels else ''}le="
        buckets = [f'{before}"{bound}"}} ' for bound in (*map(bound_text, value.bounds), "+Inf")]
        return [*buckets, f"{name}_count{end}", f"{name}_sum{end}"]

    @property
    def _names(self) -> tuple[str, ...]:
        return self.family.label_names


def _is_counter(metric: Metric) -> bool:
    return metric.instrument == "counter"


def _header(metric: Metric, name: str) -> str:
    text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {name} {text}\n# TYPE {name} {metric.instrument}\n"


def shown(value: float) -> str:
    """Whole numbers without a point, others with 15 significant digits."""
    if isinstance(value, int) or (-_EXACT < value < _EXACT and value == int(value)):
        return str(int(value))
    return f"{value:.15g}"


def bound_text(bound: float) -> str:
    """As Go and Prometheus' own client write a float: 0.5, 1.0, 1e+06."""
    if abs(bound) < 1e6:
        return repr(float(bound))
    mantissa, _, exponent = f"{bound:.15e}".partition("e+")
    return f"{mantissa.rstrip('0').rstrip('.')}e+{exponent}"


def _document(family: Family, snapshot: Snapshot) -> dict[str, Any]:
    metric = family.metric
    samples = [_sample(family.label_names, values, value) for values, value in family.series(snapshot)]
    about = {"name": metric.name, "type": metric.instrument, "unit": metric.unit, "help": metric.help}
    return about | {"samples": samples}


def _sample(names: Sequence[str], values: Sequence[str], value: Any) -> dict[str, Any]:
    labels = dict(zip(names, values, strict=True))
    if not isinstance(value, Counts):
        return {"labels": labels, "value": value}
    bounds = [*map(bound_text, value.bounds), "+Inf"]
    buckets = dict(zip(bounds, value.cumulative, strict=True))
    return {"labels": labels, "count": value.cumulative[-1], "sum": value.sum, "buckets": buckets}
