"""A case under one strategy, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from bench.routing.case import BLOCK_TOKENS, Case, Stage, Strategy
from fakeai.core.hardware_catalog import Hardware
from fakeai.core.stats import WorkerStats
from fakeai.sim.blocks import BlockPool
from fakeai.sim.cluster import Cluster
from fakeai.sim.deployment import Deployment
from fakeai.sim.latency import StepModel
from fakeai.sim.limits import ENGINE_RULES, Limits
from fakeai.sim.power import Accelerators
from fakeai.sim.profile import Profile
from fakeai.sim.request import SimRequest
from fakeai.sim.router import Router
from fakeai.sim.routing import policy
from fakeai.sim.scheduler import Scheduler
from fakeai.sim.worker import Worker
from fakeai_api.catalog import MODELS
from fakeai_api.hardware import CHIPS, ENGINES, GPUS, LINKS

HARDWARE = Hardware(GPUS.values(), LINKS.values(), CHIPS.values(), ENGINES.values())


@dataclass(frozen=True, slots=True)
class Result:
    """Of one stage, or of all."""

    rate_per_s: float
    requests: int
    seconds: float
    output_tokens_per_s: float
    ttft_mean_s: float
    ttft_p90_s: float
    latency_p50_s: float
    hit_share: float
    """Of prompt tokens."""


def run(case: Case, strategy: Strategy, seed: int = 0) -> list[Result]:
    """A result for each stage, then one of all; the warm-up is left out."""
    cluster = build(case, strategy, seed)
    if case.warmup is not None:
        _play(case, cluster, case.warmup, 0, seed)
    results: list[Result] = []
    everything: list[SimRequest] = []
    total_s = 0.0
    for number, stage in enumerate(case.stages, 1):
        start_s = cluster.now_s
        requests = _play(case, cluster, stage, number, seed)
        total_s += cluster.now_s - start_s
        everything += requests
        results.append(measured(stage.rate_per_s, requests, cluster.now_s - start_s))
    return [*results, measured(0.0, everything, total_s)]


def build(case: Case, strategy: Strategy, seed: int) -> Cluster:
    deployment = Deployment(
        MODELS[case.model], HARDWARE.gpu(case.gpu), case.tp, block_size=BLOCK_TOKENS, max_num_seqs=case.max_num_seqs
    )
    model = StepModel(deployment, HARDWARE)
    blocks = case.kv_tokens // BLOCK_TOKENS if case.kv_tokens else model.kv_capacity_blocks()
    workers = []
    for number in range(case.workers):
        stats = WorkerStats()
        cache = BlockPool(blocks, BLOCK_TOKENS, stats=stats)
        scheduler = Scheduler(Limits(case.max_num_seqs), cache, ENGINE_RULES["vllm"], stats)
        name = f"worker-{number}"
        chips = Accelerators(deployment, HARDWARE, name, number * case.tp)
        workers.append(Worker(name, deployment, model, scheduler, chips))
    profile = Profile()
    router = Router(policy(strategy.policy, profile, strategy.options), profile=profile, seed=seed)
    return Cluster(workers, router)


def _play(case: Case, cluster: Cluster, stage: Stage, number: int, seed: int) -> list[SimRequest]:
    requests = list(case.requests(stage, number, cluster.now_s, seed))
    for request in requests:
        cluster.submit(request, request.arrival_s)
    while cluster.next_s < inf:
        cluster.advance(cluster.next_s)
    return requests


def measured(rate_per_s: float, requests: list[SimRequest], seconds: float) -> Result:
    ttft = sorted(request.first_token_s - request.arrival_s for request in requests)
    latency = sorted(request.done_s - request.arrival_s for request in requests)
    return Result(
        rate_per_s,
        len(requests),
        seconds,
        _total(request.produced_tokens for request in requests) / seconds,
        sum(ttft) / len(ttft),
        ttft[int(0.9 * (len(ttft) - 1))],
        latency[len(latency) // 2],
        _total(request.cached_tokens for request in requests) / _total(request.prompt_tokens for request in requests),
    )


def _total(tokens: Iterable[int]) -> int:
    return sum(tokens)
