"""The metrics page in Prometheus' text format: each row of spec/metrics.yaml reads one field of Stats."""

from collections.abc import Iterator

from fakeai_api.metrics import METRICS

from fakeai.core.stats import Stats

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def exposition(stats: Stats) -> str:
    return "".join(line + "\n" for row in METRICS for line in _family(row, stats))


def _family(row: dict[str, object], stats: Stats) -> Iterator[str]:
    yield f"# HELP {row['name']} {row['help']}"
    yield f"# TYPE {row['name']} {row['instrument']}"
    value = getattr(stats, str(row["reads"]))
    names = row["labels"]
    assert isinstance(names, list)
    samples = value.items() if isinstance(value, dict) else [((), value)]
    for values, amount in sorted(samples):
        labels = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in zip(names, values, strict=True))
        yield f"{row['name']}{{{labels}}} {amount:.15g}" if labels else f"{row['name']} {amount:.15g}"
