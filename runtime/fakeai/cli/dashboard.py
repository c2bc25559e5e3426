"""The view of `fakeai metrics`: tables of what /metrics/json and /metrics/windows say."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fakeai.core.metrics import ratio

Document = dict[str, Any]
MOST_ROWS = 12
"""Of a table; a screen is not endless."""


def still(found: Document, base_url: str) -> int:
    Console().print(view(found, base_url))
    return 0


def live(look: Callable[[], Document], base_url: str, interval_s: float) -> int:
    """Until Ctrl-C. Raises OSError if the server goes away."""
    with Live(view(look(), base_url), screen=True, auto_refresh=False) as screen:
        while True:
            time.sleep(interval_s)
            screen.update(view(look(), base_url), refresh=True)


def view(found: Document, base_url: str) -> RenderableType:
    metrics, windows = found["metrics"], found["windows"]["by"]
    head = Text(f"{base_url}   {metrics['in_flight']} in flight   {metrics['answered']:,.0f} answered   ")
    head.append(f"{metrics['completed_per_s']:,.1f} a second over the last minute")
    tables = (_operations(windows), _models(windows), _workers(metrics), _gpus(metrics), _errors(metrics))
    return Group(head, *(table for table in tables if table.row_count))


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _operations(windows: Document) -> Table:
    table = _table("Operations, this minute and the last", "operation", "requests", "errors", "p50 ms", "p99 ms")
    for name, slot in _latest(windows.get("operation", {})):
        table.add_row(name, f"{slot['requests']:,}", f"{slot['errors']:,}", *_ms(slot, "request_s", ("p50", "p99")))
    return table


def _models(windows: Document) -> Table:
    columns = ("requests", "TTFT p50 ms", "p99", "per token p50 ms", "p99", "end to end p50 ms", "p99")
    table = _table("Models, this minute and the last", "model", *columns)
    for name, slot in _latest(windows.get("model", {})):
        times = (cell for quantity in ("ttft_s", "tpot_s", "e2e_s") for cell in _ms(slot, quantity, ("p50", "p99")))
        table.add_row(name, f"{slot['requests']:,}", *times)
    return table


_FRESHEST = (("1m", "running"), ("1m", "latest"), ("1s", "latest"), ("1s", "running"))


def _latest(series: Document) -> Iterator[tuple[str, Document]]:
    """The running minute if it has anything, else the last full one; what came a moment ago is in its second only."""
    slots = {
        name: next(filter(None, (report[size][slot] for size, slot in _FRESHEST)), None)
        for name, report in series.items()
    }
    found = [(name, slot) for name, slot in slots.items() if slot]
    return iter(sorted(found, key=lambda each: -each[1]["requests"])[:MOST_ROWS])


def _ms(slot: Document, name: str, shares: Sequence[str]) -> list[str]:
    return [f"{slot[name][share] * 1e3:,.1f}" if name in slot else "-" for share in shares]


def _workers(metrics: Document) -> Table:
    table = _table("Workers", "worker", "model", "queue", "batch", "KV use", "cache hits", "tokens out")
    for worker in metrics["workers"][:MOST_ROWS]:
        kv_usage = ratio(worker["used_blocks"], worker["capacity_blocks"])
        hits = ratio(worker["hit_tokens"], worker["queried_tokens"])
        counts = (f"{worker['waiting']:,}", f"{worker['running']:,}", f"{kv_usage:.1%}", f"{hits:.1%}")
        table.add_row(worker["worker"], worker["model"], *counts, f"{worker['generated_tokens']:,}")
    return table


def _gpus(metrics: Document) -> Table:
    table = _table("Chips", "chip", "name", "W", "°C", "busy", "tensor", "memory", "GiB used")
    for gpu in metrics["gpus"][:MOST_ROWS]:
        shares = (f"{gpu[name]:.0%}" for name in ("utilization", "tensor_active", "dram_active"))
        gib = f"{gpu['mem_used_bytes'] / 2**30:.1f}"
        name = gpu["name"] or gpu["gpu"]
        table.add_row(str(gpu["index"]), name, f"{gpu['power_w']:.0f}", f"{gpu['temperature_c']:.0f}", *shares, gib)
    return table


def _errors(metrics: Document) -> Table:
    table = _table("Errors", "of", "types", "lately", "failing")
    for error in metrics["errors"][:MOST_ROWS]:
        types = ", ".join(f"{kind} {amount:,}" for kind, amount in error["types"].items())
        table.add_row(error["name"], types, f"{error['ratio']:.0%}", "yes" if error["failing"] else "no")
    return table
