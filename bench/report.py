"""The figures as a table for the terminal, and as a page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figures import Figure, shown

METHOD = """\
Each server is one process on one core; what asks it runs on the other. A figure is the median of the runs, beside it
the least and the greatest. Runs of what is compared take turns, and a ratio is taken within each turn. wrk with 32
connections makes the load, for streams a client of our own, whose own limit is the line "all in one send".
`bench/README.md` describes each measurement."""


def table(figures: Sequence[Figure]) -> str:
    rows = [_row(figure) for figure in figures]
    heads = ("what", "median", "least … greatest", "target", "")
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [heads, *rows]]
    return "\n".join(line.rstrip() for line in lines)


def write(path: Path, facts: Mapping[str, str], figures: Sequence[Figure], skipped: Mapping[str, str]) -> None:
    parts = ["# What was measured", _list(facts), METHOD]
    parts += [_verdict(figures), *(f"Left out: {name} ({reason})." for name, reason in skipped.items())]
    parts += ["## Against the targets", _markdown([figure for figure in figures if figure.target])]
    parts += ["## Everything else", _markdown([figure for figure in figures if not figure.target])]
    path.write_text("\n\n".join(parts) + "\n")


def _list(facts: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _verdict(figures: Sequence[Figure]) -> str:
    missed = [figure for figure in figures if figure.verdict == "MISSED"]
    if not missed:
        return "Every target is met."
    lines = [f"- {figure.name}: {shown(figure.median)} {figure.unit}, wanted {figure.target}" for figure in missed]
    return "\n".join(["Targets that are missed:", "", *lines])


def _markdown(figures: Sequence[Figure]) -> str:
    lines = ["| what | median | least … greatest | target | |", "|---|---|---|---|---|"]
    return "\n".join(lines + [f"| {' | '.join(_row(figure))} |" for figure in figures])


def _row(figure: Figure) -> tuple[str, str, str, str, str]:
    return (
        figure.name,
        f"{shown(figure.median)} {figure.unit}",
        f"{shown(min(figure.values))} … {shown(max(figure.values))}",
        str(figure.target) if figure.target else "",
        figure.verdict,
    )
