"""Runs a load through the step scheduler on virtual time: closed loops, arrival rates, and recorded arrivals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import ClassVar

import numpy as np

from bench.fidelity.rows import Row, unit_hash
from bench.fidelity.steady import ONLINE_REQUESTS
from fakeai.core.stats import GpuStats, WorkerStats
from fakeai.sim.batch import StepCost
from fakeai.sim.blocks import BlockPool
from fakeai.sim.deployment import Deployment
from fakeai.sim.latency import StepModel
from fakeai.sim.limits import ENGINE_RULES, Limits
from fakeai.sim.request import SimRequest
from fakeai.sim.scheduler import Scheduler
from fakeai.sim.worker import Worker

RUSHED_WAVES = 10
"""InferenceX sends ten times as many requests as are under way at once, and counts those of the first rush. Of the
nine waves after it WAVES - 1 are simulated and stand for all."""
WAVES = 4
"""Others are taken to be measured after the first rush, as load generators do that wait until figures are stable."""
MAX_TOKENS = 150_000
"""Output tokens of a run: longer ones are cut to fewer waves, at least two."""


class NoText:
    """Prompts that share nothing: no block is ever found."""

    block_size = 1
    identity = 0

    def first(self, blocks: int) -> Sequence[int]:
        return ()

    def tokens(self, first: int, last: int) -> Sequence[int]:
        return ()

    def extra_keys(self, block: int) -> None:
        return None


NO_TEXT = NoText()


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, [requests] in order of their number."""

    ttft_s: list[float]
    tpot_s: list[float]
    """From the first to the last token, per token after the first; requests of one token are left out."""
    engine_ttft_s: list[float] = field(default_factory=list)
    """From arrival at the scheduler."""


class Resting:
    """Chips that are not watched."""

    gpus: ClassVar[list[GpuStats]] = []
    clock = 1.0
    power_w = 0.0

    def advance(self, now_s: float, cost: StepCost | None) -> None:
        return


def worker(deployment: Deployment, step: StepModel) -> Worker:
    """Raises DoesNotFit."""
    stats = WorkerStats()
    cache = BlockPool(step.kv_capacity_blocks(), deployment.block_size, caching=False, stats=stats)
    limits = Limits(deployment.max_num_seqs * deployment.dp, deployment.max_num_batched_tokens * deployment.dp)
    scheduler = Scheduler(limits, cache, ENGINE_RULES[deployment.engine], stats)
    return Worker("w", deployment, step, scheduler, Resting())


def request(number: int, arrival_s: float, prompt: int, output: int) -> SimRequest:
    return SimRequest(str(number), arrival_s, prompt, output, NO_TEXT, max_tokens=output)


def serve(row: Row, deployment: Deployment, step: StepModel) -> Measured:
    """The run behind a row of a closed loop or an arrival rate."""
    if row.request_rate:
        gap_s = 0.0 if row.request_rate == inf else 1.0 / row.request_rate
        load = [(n * gap_s, row.isl, row.osl) for n in range(ONLINE_REQUESTS)]
        return arrivals(deployment, step, load)
    concurrency = row.concurrency or 1
    waves = min(WAVES, max(2, MAX_TOKENS // (row.osl * concurrency)))
    lengths = [
        (_length("in", n, row.isl, row.shortest), _length("out", n, row.osl, row.shortest))
        for n in range(waves * concurrency)
    ]
    requests = closed_loop(deployment, step, lengths, concurrency)
    rush, settled = requests[:concurrency], requests[concurrency:]
    if row.shortest == 1.0:
        return _measured(settled, step)
    repeated = round((RUSHED_WAVES - 1) / (waves - 1))
    return _measured(rush + settled * repeated, step)


def closed_loop(
    deployment: Deployment, step: StepModel, lengths: Sequence[tuple[int, int]], concurrency: int
) -> list[SimRequest]:
    """lengths: (prompt, output) tokens of the requests in order. As soon as one is over the next is sent."""
    requests = [request(n, 0.0, *pair) for n, pair in enumerate(lengths)]
    engine = worker(deployment, step)
    pending = iter(requests[concurrency:])

    def follow(now_s: float) -> None:
        following = next(pending, None)
        if following is not None:
            following.arrival_s = now_s
            engine.submit(following, now_s)

    _run(engine, requests[:concurrency], follow)
    return requests


def _length(kind: str, number: int, stated: int, shortest: float) -> int:
    return max(1, round(stated * (shortest + (1 - shortest) * unit_hash(kind, number))))


def arrivals(deployment: Deployment, step: StepModel, load: Sequence[tuple[float, int, int]]) -> Measured:
    """load: (arrival_s, prompt tokens, output tokens), in order of arrival."""
    requests = [request(n, *entry) for n, entry in enumerate(load)]
    _run(worker(deployment, step), requests, lambda now_s: None)
    return _measured(requests, step)


def _run(engine: Worker, first: Sequence[SimRequest], follow: Callable[[float], None]) -> None:
    """Submits `first` at their arrivals; calls `follow` for each request that ends."""
    ended: list[SimRequest] = []
    engine.on_over = lambda instance, request: ended.append(request)
    for arriving in first:
        while engine.next_s <= arriving.arrival_s:
            _step(engine, ended, follow)
        engine.submit(arriving, arriving.arrival_s)
    while engine.next_s < inf:
        _step(engine, ended, follow)


def _step(engine: Worker, ended: list[SimRequest], follow: Callable[[float], None]) -> None:
    now_s = engine.next_s
    engine.run(now_s)
    for _ in ended:
        follow(now_s)
    ended.clear()


def _measured(requests: Sequence[SimRequest], step: StepModel) -> Measured:
    done = [r for r in requests if r.token_times]
    tpot_s = [(r.token_times[-1] - r.token_times[0]) / (len(r.token_times) - 1) for r in done if len(r.token_times) > 1]
    engine_s = [r.token_times[0] - r.arrival_s for r in done]
    step_s = mean(tpot_s) if tpot_s else 0.0
    outside_s = [step.request_s(r.prompt_tokens, step_s) for r in done]
    return Measured([a + b for a, b in zip(engine_s, outside_s, strict=True)], tpot_s, engine_s)


def mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def middle(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else float("nan")
