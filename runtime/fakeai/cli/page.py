"""Results as one page that needs no network: tables in HTML, plots by an embedded Plotly."""

import json
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from fakeai import __version__
from fakeai.cli import tables
from fakeai.cli.runs import Impossible, Result
from fakeai.sim.slo import STATISTICS

PLOTTED = 10
"""Runs whose curves are drawn: of more than that nobody can tell the colours apart."""

_TILES = ("Requests/s", "Output tokens/s", "Cache hit rate", "Engine busy", "Energy", "Cost per million tokens")
_BEST = ' class="best"'


def page(results: Sequence[Result], impossible: Sequence[Impossible], best: Result | None) -> str:
    """Raises ImportError without plotly."""
    from plotly.offline import get_plotlyjs

    single = not results[0].name
    filled = {
        "title": escape(tables.title(results[0]) if single else f"{len(results)} deployments compared"),
        "about": _about(results),
        "lead": _tiles(results[0]) if single else _results(results, impossible, best),
        "rest": _facts(results[0]) if single else _comparison(results),
        "version": escape(__version__),
        "data": _script(_data(results, best)),
        "plotly": get_plotlyjs(),
    }
    text = files("fakeai.cli").joinpath("page.html").read_text(encoding="utf-8")
    head, *parts = text.split("{{")
    for part in parts:
        name, _, rest = part.partition("}}")
        head += filled[name] + rest
    return head


def _about(results: Sequence[Result]) -> str:
    first = results[0].document
    lines = [tables.subtitle(results[0]) if not results[0].name else tables.title(results[0])]
    alike = all(result.document["workload"] == first["workload"] for result in results)
    said = ", ".join(first["workload"]) + ("" if alike else " and as the table says")
    lines.append(f"Workload: {said}; seed {first['seed']}")
    return "\n".join(f'<p class="soft">{escape(line)}</p>' for line in lines)


def _tiles(result: Result) -> str:
    latency = result.document["latency"]
    tiles = {
        "Time to first token, p99": tables.seconds(latency["ttft_s"]["p99"]),
        "Between tokens, p99": tables.seconds(latency["itl_s"]["p99"]),
    }
    for name in _TILES:
        section, key, write = tables.FACTS[name]
        tiles[name] = write(result.document[section][key])
    boxes = "".join(
        f'<div class="tile"><span>{escape(name)}</span><b>{value}</b></div>' for name, value in tiles.items()
    )
    latencies = _table(["Latency", *STATISTICS], tables.latency_rows(result))
    return f'<div class="tiles">{boxes}</div><h2>In numbers</h2>{latencies}'


def _facts(result: Result) -> str:
    rows = tables.fact_rows([result])
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    return f'<dl class="facts">{items}</dl>'


def _results(results: Sequence[Result], impossible: Sequence[Impossible], best: Result | None) -> str:
    heads, rows = tables.sweep_rows(results)
    marked = [index for index, result in enumerate(results) if result is best]
    lines = [f"{run.name} is not possible: {run.reason}" for run in impossible]
    notes = "".join(f'<p class="soft note">{escape(line)}</p>' for line in lines)
    return f"<h2>Results</h2>{_table(heads, rows, marked)}{notes}"


def _comparison(results: Sequence[Result]) -> str:
    """Too many runs would not fit on a page side by side."""
    shown = results[:PLOTTED]
    return _table(["", *(result.name for result in shown)], tables.fact_rows(shown))


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]], marked: Sequence[int] = ()) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join(
        f"<tr{_BEST if index in marked else ''}>{''.join(map(_cell, row))}</tr>" for index, row in enumerate(rows)
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    kind = "good" if text == "met" else "bad" if text.startswith("missed: ") else ""
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def _data(results: Sequence[Result], best: Result | None) -> dict[str, Any]:
    slo = results[0].document["slo"]
    limits = slo["limits_s"].items() if slo else ()
    return {
        "runs": [_run(result, result in _drawn(results, best)) for result in results],
        "slo": [{"measure": f"{name.partition('_')[0]}_s", "seconds": seconds} for name, seconds in limits],
    }


def _drawn(results: Sequence[Result], best: Result | None) -> list[Result]:
    """The best is among them."""
    first = list(results[:PLOTTED])
    return first if best is None or best in first else [*first[:-1], best]


def _run(result: Result, drawn: bool) -> dict[str, Any]:
    document = result.document
    return {
        "name": result.name,
        "curves": _rounded(result.curves) if drawn else {},
        "series": _rounded(result.series) if drawn else {},
        "usd": document["cost"]["usd_per_million_output_tokens"],
        "ttft_p99_s": document["latency"]["ttft_s"]["p99"],
        "met": document["slo"]["met"] if document["slo"] else None,
    }


def _rounded(columns: dict[str, list[float]]) -> dict[str, list[float]]:
    """Seven digits are more than a plot shows."""
    return {name: [float(f"{value:.7g}") for value in values] for name, values in columns.items()}


def _script(value: Any) -> str:
    """JSON that cannot end its script element."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
