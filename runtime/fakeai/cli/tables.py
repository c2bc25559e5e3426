"""Results as text for the terminal."""

from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table

from fakeai.cli.runs import Result
from fakeai.sim.slo import STATISTICS

LATENCIES = {
    "ttft_s": "Time to first token",
    "itl_s": "Between tokens (ITL)",
    "tpot_s": "Per output token (TPOT)",
    "e2e_s": "End to end (E2E)",
    "queue_s": "In the queue",
}


def seconds(value: float | None) -> str:
    if value is None:
        return "–"
    if value < 1:
        return f"{value * 1e3:.4g} ms"
    return f"{value:.4g} s" if value < 1e4 else f"{value:,.0f} s"


def amount(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


def usd(value: float | None) -> str:
    return "–" if value is None else f"${value:,.2f}" if value >= 1 else f"${value:.3g}"


FACTS: dict[str, tuple[str, str, Callable[[Any], str]]] = {
    "Requests finished": ("requests", "finished", amount),
    "Requests failed": ("requests", "failed", amount),
    "Requests cancelled": ("requests", "cancelled", amount),
    "Requests never served": ("requests", "unfinished", amount),
    "Requests coalesced": ("requests", "coalesced", amount),
    "Rows skipped": ("requests", "skipped_rows", amount),
    "Preemptions": ("requests", "preemptions", amount),
    "Requests/s": ("throughput", "requests_per_s", amount),
    "Prompt tokens/s": ("throughput", "prompt_tokens_per_s", amount),
    "Output tokens/s": ("throughput", "output_tokens_per_s", amount),
    "Output tokens/s per GPU": ("throughput", "output_tokens_per_s_per_gpu", amount),
    "Cache hit rate": ("cache", "hit_rate", percent),
    "Engine busy": ("utilization", "busy", percent),
    "KV cache in use, mean": ("utilization", "kv_usage_mean", percent),
    "KV cache in use, most": ("utilization", "kv_usage_max", percent),
    "Compute busy": ("utilization", "compute", percent),
    "Memory busy": ("utilization", "memory", percent),
    "Model FLOPs utilization": ("utilization", "model_flops", percent),
    "Energy": ("energy", "total_j", lambda j: "–" if j is None else f"{amount(j / 3600)} Wh"),
    "Energy per output token": ("energy", "per_output_token_j", lambda j: "–" if j is None else f"{j:.3g} J"),
    "Mean power": ("energy", "mean_power_w", lambda w: "–" if w is None else f"{amount(w)} W"),
    "GPUs": ("cost", "gpus", amount),
    "Cost per hour": ("cost", "usd_per_hour", usd),
    "Cost of the run": ("cost", "usd", usd),
    "Cost per million tokens": ("cost", "usd_per_million_tokens", usd),
    "Cost per million output tokens": ("cost", "usd_per_million_output_tokens", usd),
}
"""Name → section and key of the document, and how the value is written."""
_ONLY_IF_ANY = ("Requests failed", "Requests cancelled", "Requests never served", "Requests coalesced", "Rows skipped")


def title(result: Result) -> str:
    parts = []
    for part in result.document["deployment"]:
        if part["gpu"] is None:
            parts.append(f"{part['replicas']} × fixed latency")
            continue
        ways = " ".join(f"{way}{part[way]}" for way in ("tp", "pp", "dp", "ep") if part[way] > 1)
        chips = part["tp"] * part["pp"] * part["dp"]
        times = f"{part['replicas']} × " if part["replicas"] > 1 else ""
        on = f"{chips} × {part['gpu']}" if chips > 1 else part["gpu"]
        parts.append(f"{times}{part['model']} on {on}{f' ({ways})' if ways else ''}, {part['engine']}")
    return "; ".join(parts)


def subtitle(result: Result) -> str:
    requests, duration_s = result.document["requests"]["total"], result.document["duration_s"]
    speed = f": {duration_s / result.wall_s:,.0f} × real time" if result.wall_s else ""
    virtual, real = seconds(duration_s), seconds(result.wall_s)
    return f"{requests:,} requests in {virtual} of virtual time, simulated in {real}{speed}"


def latency_rows(result: Result) -> list[list[str]]:
    latency = result.document["latency"]
    return [
        [name, *(seconds(latency[key][statistic]) for statistic in STATISTICS)]
        for key, name in LATENCIES.items()
        if latency[key]["count"]
    ]


def fact_rows(results: Sequence[Result]) -> list[list[str]]:
    """A line a fact, a cell a result; facts that are nought everywhere and of interest only otherwise are left out."""
    rows = []
    for name, (section, key, shown) in FACTS.items():
        values = [result.document[section][key] for result in results]
        if any(values) or name not in _ONLY_IF_ANY:
            rows.append([name, *map(shown, values)])
    judged = [result.document["slo"] for result in results]
    if judged[0]:
        rows.append(["Good requests", *(percent(slo["good_share"]) for slo in judged)])
        rows.append(["Goodput requests/s", *(amount(slo["goodput_requests_per_s"]) for slo in judged)])
        rows.append(["SLO", *map(verdict, judged)])
    return rows


def verdict(slo: dict[str, Any]) -> str:
    return "met" if slo["met"] else f"missed: {', '.join(slo['missed'])}"


def single(result: Result) -> list[Table]:
    latency = _table("", *STATISTICS)
    facts = _table("", "")
    for row in latency_rows(result):
        latency.add_row(*row)
    for row in fact_rows([result]):
        facts.add_row(*row)
    return [latency, facts] if latency.row_count else [facts]


def side_by_side(results: Sequence[Result]) -> Table:
    table = _table("", *(result.name for result in results))
    for key, name in LATENCIES.items():
        for statistic in ("mean", "p50", "p99"):
            cells = [seconds(result.document["latency"][key][statistic]) for result in results]
            table.add_row(f"{name}, {statistic}", *cells)
    for row in fact_rows(results):
        table.add_row(*row)
    return table


SWEPT: dict[str, Callable[[dict[str, Any]], str]] = {
    "TTFT p50": lambda found: seconds(found["latency"]["ttft_s"]["p50"]),
    "TTFT p99": lambda found: seconds(found["latency"]["ttft_s"]["p99"]),
    "ITL p50": lambda found: seconds(found["latency"]["itl_s"]["p50"]),
    "ITL p99": lambda found: seconds(found["latency"]["itl_s"]["p99"]),
    "E2E p99": lambda found: seconds(found["latency"]["e2e_s"]["p99"]),
    "req/s": lambda found: amount(found["throughput"]["requests_per_s"]),
    "output tok/s": lambda found: amount(found["throughput"]["output_tokens_per_s"]),
    "hit rate": lambda found: percent(found["cache"]["hit_rate"]),
    "busy": lambda found: percent(found["utilization"]["busy"]),
    "failed": lambda found: amount(found["requests"]["failed"]),
    "GPUs": lambda found: amount(found["cost"]["gpus"]),
    "$/h": lambda found: usd(found["cost"]["usd_per_hour"]),
    "$/M output": lambda found: usd(found["cost"]["usd_per_million_output_tokens"]),
}


def sweep_rows(results: Sequence[Result], columns: Sequence[str] = tuple(SWEPT)) -> tuple[list[str], list[list[str]]]:
    """Headings and a row for each result; what was swept comes first, or the name of what was compared."""
    swept = [key for key in results[0].said if all(key in result.said for result in results)]
    with_slo = ["SLO"] if results[0].document["slo"] else []
    rows = []
    for result in results:
        cells = [result.said[key] for key in swept] or [result.name]
        cells += [verdict(result.document["slo"]) for _ in with_slo]
        rows.append(cells + [SWEPT[name](result.document) for name in columns])
    return [*(swept or ["run"]), *with_slo, *columns], rows


def sweep(results: Sequence[Result], width: int) -> Table:
    """As many columns as fit: the least important go first."""
    columns = list(SWEPT)
    for name in ("", *_LEAST_IMPORTANT):
        columns = [column for column in columns if column != name]
        heads, rows = sweep_rows(results, columns)
        widths = [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]
        if sum(widths) + 2 * len(widths) <= width:
            break
    table = _table(*heads)
    for row in rows:
        table.add_row(*row)
    return table


_LEAST_IMPORTANT = ("ITL p50", "TTFT p50", "busy", "failed", "E2E p99", "hit rate", "req/s", "GPUs", "$/h")


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, head in enumerate(heads):
        table.add_column(head, justify="right" if index else "left", no_wrap=not index)
    return table
