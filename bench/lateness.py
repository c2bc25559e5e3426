"""Whether tokens leave when simulated hardware has computed them, with many streams in one batch."""

import re
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import uvloop

from bench import subjects
from bench.figures import Figure, at_most
from bench.pacing import SPREAD_S, STREAMS, token_times
from bench.plan import Plan, interleaved
from bench.process import Running, running
from bench.prompts import new_chats
from bench.wire import ask, request

MEDIAN, P99 = at_most(2.0), at_most(20.0)

_OPTIONS = ("--gpu", "h100-sxm", "--model", "llama-3.1-8b", "--max-num-seqs", "512")
_BUCKET = re.compile(r'fakeai_sim_lateness_seconds_bucket\{.*?le="([^"]+)"\} (\d+)')

Buckets = list[tuple[float, float]]
"""(upper bound in seconds, writes up to it)."""


@dataclass(frozen=True, slots=True)
class Found:
    median_ms: float
    p99_ms: float
    itl_median_ms: float
    itl_p99_ms: float
    cpu_us: float
    """Of the server, a token."""


def lateness(plan: Plan) -> list[Figure]:
    tokens = 150 if plan.quick else 300
    with running(subjects.fakeai(*_OPTIONS, name="fakeai-simulated"), plan.cores.server, plan.folder) as server:
        ask(server, new_chats(1, 2, stream=True)[0])
        found = interleaved(plan.runs, {"": partial(_trial, server, tokens)})[""]
    title = f"{STREAMS} streams on simulated hardware"
    return [
        Figure(f"{title}: lateness, median", "ms", [one.median_ms for one in found], MEDIAN),
        Figure(f"{title}: lateness, p99", "ms", [one.p99_ms for one in found], P99),
        Figure(f"{title}: ITL seen, median", "ms", [one.itl_median_ms for one in found]),
        Figure(f"{title}: ITL seen, p99", "ms", [one.itl_p99_ms for one in found]),
        Figure(f"{title}: server's core", "µs/token", [one.cpu_us for one in found]),
    ]


def _trial(server: Running, tokens: int) -> Found:
    before, cpu_s = _written(server), server.cpu_s()
    times = uvloop.run(token_times(server.port, new_chats(STREAMS, tokens, stream=True), SPREAD_S))
    cpu_s = server.cpu_s() - cpu_s
    if any(len(one) != tokens for one in times):
        raise RuntimeError(f"{server.name}: streams have {sorted({len(one) for one in times})} tokens, not {tokens}")
    late = [(bound_s, count - less) for (bound_s, count), (_, less) in zip(_written(server), before, strict=True)]
    gaps_ms = sorted((later - earlier) * 1e3 for one in times for earlier, later in pairwise(one))
    return Found(
        _quantile_s(late, 0.5) * 1e3,
        _quantile_s(late, 0.99) * 1e3,
        gaps_ms[len(gaps_ms) // 2],
        gaps_ms[len(gaps_ms) * 99 // 100],
        cpu_s / (STREAMS * tokens) * 1e6,
    )


def _written(server: Running) -> Buckets:
    page = ask(server, request("GET", "/metrics?profile=fakeai")).body.decode()
    return [(float(bound_s), float(count)) for bound_s, count in _BUCKET.findall(page)]


def _quantile_s(buckets: Buckets, share: float) -> float:
    """As Prometheus has it: values are even between the bounds of a bucket."""
    rank, below_s, less = share * buckets[-1][1], 0.0, 0.0
    for bound_s, count in buckets:
        if count >= rank:
            return (
                below_s if bound_s == float("inf") else below_s + (bound_s - below_s) * (rank - less) / (count - less)
            )
        below_s, less = bound_s, count
    return below_s
