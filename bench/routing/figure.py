"""The published case and the simulated one side by side, and the case in which routing hardly matters."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.routing.case import LLM_D, PUBLISHED_TTFT_P90_S
from bench.routing.run import Result

COLORS = {"precise": "#0b7a75", "approximate": "#d98e04", "load": "#b3261e", "random": "#5f5f6b"}

Results = Mapping[str, Sequence[Result]]
"""Strategy → result of each stage, then of all."""


def draw(case: Results, control: Results, path: Path) -> None:
    # Equal results give equal bytes: no date, ids from a fixed salt, text as text.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "routing", "font.size": 9}):
        figure = Figure(figsize=(11, 3.8), layout="constrained")
        published, simulated, small = figure.subplots(1, 3, width_ratios=[3, 3, 2])
        rates = [stage.rate_per_s for stage in LLM_D.stages]
        for strategy, color in COLORS.items():
            published.plot(rates, PUBLISHED_TTFT_P90_S[strategy], color=color, marker=".", label=strategy)
            measured = [result.ttft_p90_s for result in case[strategy][:-1]]
            simulated.plot(rates, measured, color=color, marker=".", label=strategy)
        _style(published, "Published: llm-d, 8 × 2 H100, Qwen3-32B")
        _style(simulated, "Simulated: the same cluster and requests")
        published.set_ylabel("p90 time to first token, s")
        published.legend(frameon=False)
        _bars(small, control)
        figure.savefig(path, metadata={"Date": None})


def _style(axes: Axes, title: str) -> None:
    axes.set_title(title)
    axes.set_yscale("log")
    axes.set_ylim(0.01, 300)
    axes.set_xlabel("requests per second, by stage")
    axes.grid(alpha=0.25)


def _bars(axes: Axes, control: Results) -> None:
    names = list(control)
    shares = [100 * control[name][-1].hit_share for name in names]
    bars = axes.bar(names, shares, color=[COLORS["random"], COLORS["precise"]], width=0.6)
    axes.bar_label(bars, [f"{share:.1f} %" for share in shares])
    axes.set_ylim(0, 110)
    axes.set_ylabel("prompt tokens found in cache, %")
    axes.set_title("Control: prefix fits everywhere")
