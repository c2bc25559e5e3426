"""The metrics page in Prometheus' text format: each row of spec/metrics.yaml reads one field of Stats."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fakeai.core.stats import Stats

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


Row = Mapping[str, Any]
"""A metric of spec/metrics.yaml."""


def exposition(rows: Sequence[Row], stats: Stats) -> str:
    return "".join(line + "\n" for row in rows for line in _family(row, stats))


def _family(row: Row, stats: Stats) -> Iterator[str]:
    yield f"# HELP {row['name']} {row['help']}"
    yield f"# TYPE {row['name']} {row['instrument']}"
    value, names = getattr(stats, row["reads"]), row["labels"]
    samples = value.items() if isinstance(value, dict) else [((), value)]
    for values, amount in sorted(samples):
        labels = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in zip(names, values, strict=True))
        yield f"{row['name']}{{{labels}}} {amount:.15g}" if labels else f"{row['name']} {amount:.15g}"
