"""Measures, prints a table, and returns 1 if a target is missed."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import machine, report
from bench.blocking import blocking
from bench.chats import chats, reads
from bench.figures import Figure
from bench.kinds import kinds
from bench.lateness import lateness
from bench.memory import memory
from bench.pacing import pacing
from bench.plan import Plan
from bench.simulation import simulation
from bench.starting import starting
from bench.streams import streams

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/RESULTS.md"

MEASUREMENTS: dict[str, Callable[[Plan], list[Figure]]] = {
    "chats": chats,
    "kinds": kinds,
    "streams": streams,
    "pacing": pacing,
    "lateness": lateness,
    "reads": reads,
    "starting": starting,
    "memory": memory,
    "blocking": blocking,
    "simulation": simulation,
}


def main() -> int:
    options = _options()
    load_at_start = machine.load_average()
    plan = Plan(machine.cores(), ROOT / ".cache/bench", options.quick)
    plan.folder.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, {plan.cores.load})
    figures: list[Figure] = []
    for name in options.only or MEASUREMENTS:
        started_s = time.perf_counter()
        figures += MEASUREMENTS[name](plan)
        print(f"{name}: {time.perf_counter() - started_s:.0f} s", file=sys.stderr)
    print(report.table(figures))
    for name, reason in plan.skipped.items():
        print(f"left out: {name} ({reason})")
    if options.write:
        report.write(RESULTS, machine.facts(load_at_start), figures, plan.skipped)
    return any(figure.verdict == "MISSED" for figure in figures)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed and memory against references.")
    parser.add_argument("--quick", action="store_true", help="two short runs of each: a look, not a result")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, help="this measurement; repeatable")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.relative_to(ROOT)}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
