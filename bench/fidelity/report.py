"""Tables of errors by engine, GPU and metric; records for other programs; a plot."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Record:
    """One row, predicted in one way."""

    row: int
    """Line of the CSV without its header, from 1; 0 for a recorded run."""
    engine: str
    gpu: str
    model: str
    metric: str
    measured: float
    predicted: float
    way: str
    """physics or profile: as shipped; held-pair or held-row: by a fit that never saw it."""
    run: str = ""
    """Name of a recorded run."""

    @property
    def error(self) -> float:
        """Absolute relative."""
        return abs(self.predicted / self.measured - 1)


def table(title: str, records: Sequence[Record]) -> str:
    """Per engine, GPU and metric, then per metric; median and 90th percentile of the absolute relative error."""
    groups: dict[tuple[str, str, str], list[float]] = {}
    for record in records:
        for key in (
            (record.engine, record.gpu, record.metric),
            ("all", "all", record.metric),
            *([("all", "all", "throughput + ITL")] if record.metric in ("itl_ms", "output_tok_s_total") else []),
        ):
            groups.setdefault(key, []).append(record.error)
    lines = [title, f"{'engine':8} {'gpu':18} {'metric':20} {'rows':>5} {'median':>8} {'p90':>8}"]
    for (engine, gpu, metric), errors in sorted(groups.items(), key=lambda item: (item[0][0] == "all", item[0])):
        median, high = np.median(errors), np.percentile(errors, 90)
        lines.append(f"{engine:8} {gpu:18} {metric:20} {len(errors):5} {median:8.1%} {high:8.1%}")
    return "\n".join(lines) + "\n"


def write_json(path: Path, records: Iterable[Record]) -> None:
    """One entry a row; `predicted` is as shipped, with the profile where the combination has one."""
    rows: dict[tuple[int, str, str], dict[str, Any]] = {}
    for record in records:
        entry = asdict(record)
        way, predicted = entry.pop("way"), entry.pop("predicted")
        name = record.run if record.row == 0 else ""
        row = rows.setdefault((record.row, name, record.metric), {**entry, "predicted": predicted, "ways": {}})
        row["ways"][way] = predicted
    for row in rows.values():
        ways = row["ways"]
        row["predicted"] = ways.get("profile", ways.get("physics"))
    path.write_text(json.dumps(list(rows.values()), indent=0) + "\n", encoding="utf-8")


def plot(path: Path, records: Sequence[Record]) -> None:
    """Predicted against measured, a panel a metric, on logarithmic axes; dashed lines are 30 % off."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    metrics = [m for m in ("output_tok_s_total", "itl_ms", "ttft_ms") if any(r.metric == m for r in records)]
    figure, panels = pyplot.subplots(1, len(metrics), figsize=(4.2 * len(metrics), 4.2), squeeze=False)
    for panel, metric in zip(panels[0], metrics, strict=True):
        for engine in sorted({r.engine for r in records}):
            own = [r for r in records if r.metric == metric and r.engine == engine]
            panel.plot([r.measured for r in own], [r.predicted for r in own], ".", ms=3, alpha=0.5, label=engine)
        values = [r.measured for r in records if r.metric == metric]
        ends = np.array([min(values), max(values)])
        for factor, style in ((1.0, "k-"), (1.3, "k--"), (0.7, "k--")):
            panel.plot(ends, ends * factor, style, lw=0.6)
        panel.set(xscale="log", yscale="log", xlabel="measured", ylabel="predicted", title=metric)
        panel.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=80, metadata={"Software": None} if path.suffix == ".png" else None)
