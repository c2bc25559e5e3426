"""Cost of metrics in process: `python -m bench.telemetry`. Targets are those of the serving simulation's design."""

import gc
import gzip
import time
from collections import deque
from collections.abc import Callable
from statistics import median

from bench.figures import Figure, at_most
from bench.report import table
from fakeai.core.seeds import Draw, derive, draws, unit
from fakeai.core.stats import RequestRecord, Stats, WorkerLabels, WorkerStats
from fakeai.telemetry.prometheus import Page
from fakeai.telemetry.registry import FOLD_AT, Registry, chosen
from fakeai.telemetry.snapshot import Snapshot
from fakeai_api.metrics import PROFILES

RUNS = 5
REQUESTS = 3_000
WORKERS = 15
"""With as many engines /metrics has 5,000 series."""
PER_SECOND = 200


def main() -> None:
    figures = [
        _figure("hand-over", "µs a request", 1e6, lambda: _hand_over_s(_records(160, jitter=0.0)), 5),
        _figure("folding, 160 tokens", "µs a request", 1e6, lambda: _folding_s(_records(160, jitter=0.0)), 25),
        _figure("folding, 160 tokens, erratic", "µs a request", 1e6, lambda: _folding_s(_records(160, jitter=1.0)), 25),
        _figure("folding, 16 tokens", "µs a request", 1e6, lambda: _folding_s(_records(16, jitter=0.0)), 25),
        _figure("HTTP answer, counted and folded", "µs an answer", 1e6, _answers_s, 25),
    ]
    registry = _registry()
    for record in _records(160, jitter=1.0):
        registry.record(record)
    page = Page(chosen(PROFILES, ("vllm", "fakeai")))
    text = page.text(Snapshot(registry))
    series = sum(not line.startswith("#") for line in text.splitlines())
    figures += [
        _figure(f"scrape, {series:,} series", "ms", 1e3, lambda: _timed(lambda: page.text(Snapshot(registry))), 5),
        _figure("packing that page", "ms", 1e3, lambda: _timed(lambda: gzip.compress(text.encode(), 1)), 10),
    ]
    print(table(figures))


def _figure(name: str, unit_: str, factor: float, measure: Callable[[], float], bound: float) -> Figure:
    values = [measure() * factor for _ in range(RUNS)]
    return Figure(name, unit_, values, at_most(bound))


def _registry() -> Registry:
    workers = [(WorkerLabels("m", f"w{i}", str(i)), WorkerStats(capacity_blocks=1000)) for i in range(WORKERS)]
    return Registry(Stats(), PROFILES, lambda: 2e9, workers=lambda: workers)


def _records(tokens: int, jitter: float) -> list[RequestRecord]:
    r = draws(derive("telemetry", tokens))
    return [_record(number, tokens, jitter, r) for number in range(REQUESTS)]


def _record(number: int, tokens: int, jitter: float, r: Draw) -> RequestRecord:
    """jitter 0: steps grow slowly and every 23rd holds a prompt; 1: every step is another."""
    arrived_s = 1e9 + number / PER_SECOND
    scheduled_s = arrived_s + 0.05 * unit(r)
    first_s = scheduled_s + 0.2 * unit(r)
    base_s = 0.012 + 0.004 * unit(r)
    times = [first_s]
    for token in range(tokens - 1):
        steady_s = base_s + 1e-6 * token + 0.02 * (token % 23 == 0)
        times.append(times[-1] + steady_s + jitter * 0.02 * unit(r))
    return RequestRecord(
        model="m",
        tenant=f"t{number % 3}",
        endpoint="chat_completions",
        worker=f"w{number % WORKERS}",
        prompt_tokens=10 + r() % 4000,
        cached_tokens=0,
        output_tokens=tokens,
        arrived_s=arrived_s,
        scheduled_s=scheduled_s,
        first_token_s=first_s,
        last_token_s=times[-1],
        done_s=times[-1],
        finish_reason="stop",
        stream=number % 2 == 0,
        token_times=times,
    )


def _hand_over_s(records: list[RequestRecord]) -> float:
    """What most requests pay: only every FOLD_AT-th finds enough gathered."""
    times = []
    for start in range(0, len(records), FOLD_AT):
        registry = _registry()
        some = records[start : start + FOLD_AT - 1]
        times.append(_timed(lambda: deque(map(registry.record, some), maxlen=0)) / len(some))  # noqa: B023
    return median(times)


def _folding_s(records: list[RequestRecord]) -> float:
    registry = _registry()

    def hand_over() -> None:
        for record in records:
            registry.record(record)
        registry.fold()

    return _timed(hand_over) / len(records)


def _answers_s() -> float:
    registry = _registry()

    def answer() -> None:
        for number in range(REQUESTS):
            registry.answered("createChatCompletion", 200, 1e9, 1e9 + number / PER_SECOND)
        registry.fold()

    return _timed(answer) / REQUESTS


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    gc.freeze()  # as the server does once it is warm
    started_s = time.perf_counter()
    work()
    return time.perf_counter() - started_s


if __name__ == "__main__":
    main()
