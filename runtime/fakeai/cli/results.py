"""Where results go: the terminal, JSON, and a page."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType

from fakeai.cli import FAILURE, tables
from fakeai.cli.runs import Impossible, Result
from fakeai.sim.distributions import BadSpec
from fakeai.sim.summary import VERSION

if TYPE_CHECKING:
    from fakeai.cli.simulate import Asked

_FILE_WIDTH = 500
"""Columns of a table that goes to a file or a pipe, where nothing may be cut off."""


def report(runs: Sequence[Result | Impossible], asked: "Asked") -> int:
    """Raises BadSpec if no run was possible."""
    results = [run for run in runs if isinstance(run, Result)]
    impossible = [run for run in runs if isinstance(run, Impossible)]
    if not results:
        raise BadSpec(f"{impossible[0].name}: {impossible[0].reason}")
    best = cheapest(results)
    to_stdout = asked.json == Path("-")
    if not asked.quiet and not to_stdout:
        _print(results, impossible, best, asked)
    if asked.json:
        text = json.dumps(_document(results, impossible, best), indent=2)
        if to_stdout:
            print(text)
        else:
            asked.json.write_text(text + "\n", encoding="utf-8")
    if asked.html:
        from fakeai.cli.page import page

        asked.html.write_text(page(results, impossible, best), encoding="utf-8")
    return FAILURE if asked.slo and best is None else 0


def cheapest(results: Sequence[Result]) -> Result | None:
    """Of those that meet the SLO: least cost per output token; where prices are not known, fewest GPUs."""
    good = [result for result in results if result.document["slo"] and result.document["slo"]["met"]]
    return min(good, key=_expense, default=None)


def _expense(result: Result) -> tuple[float, int, float]:
    cost = result.document["cost"]
    usd = cost["usd_per_million_output_tokens"]
    return float("inf") if usd is None else usd, cost["gpus"], result.document["latency"]["e2e_s"]["mean"]


def conclusion(results: Sequence[Result], best: Result | None, slo: str) -> str:
    if best is None:
        return f"None of {len(results)} meets {slo}."
    cost = best.document["cost"]
    price = f": {tables.usd(cost['usd_per_hour'])}/h" if cost["usd_per_hour"] is not None else ""
    return f"Cheapest that meets {slo}: {best.name}{price}, {cost['gpus']} GPU{'s' * (cost['gpus'] > 1)}."


def _document(results: Sequence[Result], impossible: Sequence[Impossible], best: Result | None) -> dict[str, Any]:
    if len(results) == 1 and not results[0].name:
        return results[0].document
    return {
        "version": VERSION,
        "runs": [{"name": result.name, "changes": result.said, **result.document} for result in results],
        "impossible": [{"name": run.name, "changes": run.said, "reason": run.reason} for run in impossible],
        "cheapest": best.name if best else None,
    }


def _print(results: Sequence[Result], impossible: Sequence[Impossible], best: Result | None, asked: "Asked") -> None:
    width = None if sys.stdout.isatty() else _FILE_WIDTH
    console = Console(width=width, highlight=False)
    parts: list[RenderableType]
    if not results[0].name:
        parts = [tables.title(results[0]), tables.subtitle(results[0]), "", *tables.single(results[0])]
    else:
        parts = [tables.side_by_side(results) if asked.compare else tables.sweep(results, console.width), ""]
        parts += [f"{run.name} is not possible: {run.reason}" for run in impossible]
        if asked.slo:
            parts.append(conclusion(results, best, asked.slo))
    for part in parts:
        console.print(part, markup=False)
