"""A cluster from its configuration."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

from fakeai.config.cluster import ClusterConfig, FaultConfig
from fakeai.config.kv_cache import KvCacheConfig
from fakeai.config.latency import LatencyConfig
from fakeai.core.hardware import Dtype
from fakeai.core.hardware_catalog import Hardware
from fakeai.core.specs import ModelSpec
from fakeai.core.stats import WorkerStats
from fakeai.sim.adapters import Adapters
from fakeai.sim.caches import Below, Listen, make_cache, make_events
from fakeai.sim.cluster import Cluster
from fakeai.sim.deployment import Deployment, check
from fakeai.sim.faults import Fault, Faults
from fakeai.sim.fixed import FixedLatency
from fakeai.sim.instance import Instance
from fakeai.sim.latency import StepModel
from fakeai.sim.limits import ENGINE_RULES, Limits
from fakeai.sim.memory import kv_bytes_per_token
from fakeai.sim.paced import PacedWorker
from fakeai.sim.power import Accelerators
from fakeai.sim.prefetch import Prefetcher
from fakeai.sim.profile import Profile
from fakeai.sim.router import Router
from fakeai.sim.routing import policy
from fakeai.sim.scheduler import Scheduler
from fakeai.sim.speculative import Speculation
from fakeai.sim.transfer import Transfer
from fakeai.sim.worker import Worker

PUBLISHED: dict[str, Dtype] = {"bf16": "bf16", "fp8": "fp8", "mxfp4": "fp4", "nvfp4": "fp4", "int4": "int4"}
"""Format in which a model is published → format of its weights on the chip."""
LORA_MATRICES_PER_LAYER = 4
"""Query, key, value and output projections, as adapters usually have."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cluster is built from; `model` is the catalog row of cluster.model."""

    cluster: ClusterConfig
    kv_cache: KvCacheConfig
    latency: LatencyConfig
    model: ModelSpec
    hardware: Hardware
    seed: int = 0
    listen: Listen | None = None
    """Who is told of KV events; None: nobody is."""


def build_cluster(plan: Plan, start_s: float = 0.0) -> Cluster:
    """Raises UnknownHardware, UnknownPolicy, NoArchitecture, CannotSplit or DoesNotFit, with a message of one line."""
    config = plan.cluster
    make: Callable[[Plan, str, int, float], Instance] = _simulated if config.mode == "simulated" else _paced
    workers = [make(plan, f"worker-{number}", number, start_s) for number in range(config.replicas)]
    readers = [
        _simulated(plan, f"prefill-{number}", config.replicas + number, start_s, reads_only=True)
        for number in range(config.prefill_replicas if config.mode == "simulated" else 0)
    ]
    workload = Profile(start_s=start_s)
    chosen = policy(config.routing, workload, config.routing_options)
    router = Router(chosen, profile=workload, seed=plan.seed)
    return Cluster(
        workers,
        router,
        start_s,
        max_queued=config.max_queued,
        migrates=config.on_worker_death == "migrate",
        readers=readers,
        transfer=_transfer(plan, readers[0]) if readers else None,
        max_model_len=_max_model_len(plan, [*workers, *readers]),
        faults=Faults([fault_of(row) for row in config.faults]),
        coalesces=config.coalesce,
        batch_window_s=config.batch_window_s,
    )


def fault_of(row: FaultConfig) -> Fault:
    """Times count from the cluster's start."""
    until_s = inf if row.until_s is None else row.until_s
    return Fault(row.worker, row.kind, row.from_s, until_s, row.factor)


def _max_model_len(plan: Plan, workers: list[Instance]) -> int | None:
    """What the configuration or the model says, but no more than every cache holds."""
    if plan.cluster.mode != "simulated":
        return None
    windows = [plan.cluster.max_model_len or plan.model.context_window]
    windows += [worker.capacity_blocks * plan.kv_cache.block_size for worker in workers]
    return min([window for window in windows if window is not None])


def deployment(plan: Plan, number: int = 0) -> Deployment:
    """Of the replica with that number."""
    config = plan.cluster
    model = plan.model
    published = PUBLISHED[model.architecture.weights] if model.architecture else "bf16"
    return Deployment(
        model,
        plan.hardware.gpu(config.gpu[number % len(config.gpu)]),
        tp=config.tp,
        pp=config.pp,
        dp=config.dp,
        ep=config.ep,
        engine=config.engine,
        weights=config.weights or published,
        kv=config.kv_dtype or "bf16",
        block_size=plan.kv_cache.block_size,
        max_num_seqs=config.max_num_seqs,
        max_num_batched_tokens=config.max_num_batched_tokens,
        gpu_memory_utilization=config.gpu_memory_utilization,
        max_model_len=config.max_model_len,
    )


def _simulated(plan: Plan, name: str, number: int, start_s: float, reads_only: bool = False) -> Worker:
    config = plan.cluster
    deployed = deployment(plan, number)
    check(deployed)
    profile = None
    if config.profiles:
        key = (deployed.engine, deployed.model.id, deployed.gpu.id, deployed.weights, deployed.tp)
        profile = plan.hardware.profile(*key)
    model = StepModel(deployed, plan.hardware, profile)
    stats = _stats(plan, deployed)
    host, disk = plan.hardware.link(deployed.gpu.host_link), plan.hardware.link("nvme")
    host = replace(host, gb_s=host.gb_s * deployed.chips)
    below = Below(model.kv_bytes_per_token * plan.kv_cache.block_size, host, disk)
    events = make_events(plan.kv_cache, config.engine, number, plan.listen)
    cache = make_cache(plan.kv_cache, model.kv_capacity_blocks(), stats, config.engine, below, events)
    host_s = 1.0 / (host.gb_s * 1e9)
    scheduler = Scheduler(
        Limits(
            config.max_num_seqs,
            config.max_num_batched_tokens,
            config.scheduling,
            config.chunked_prefill,
            config.preemption,
        ),
        cache,
        ENGINE_RULES[config.engine],
        stats,
        _speculation(config),
        _adapters(plan, deployed),
        swap_s=lambda tokens: tokens * model.kv_bytes_per_token * host_s,
        reads_only=reads_only,
    )
    chips = Accelerators(deployed, plan.hardware, name, number * deployed.chips, start_s, config.power_limit_w)
    prefetcher = Prefetcher(cache) if plan.kv_cache.prefetch else None
    return Worker(name, deployed, model, scheduler, chips, events, prefetcher)


def _stats(plan: Plan, deployed: Deployment) -> WorkerStats:
    config = plan.cluster
    return WorkerStats(
        max_model_len=config.max_model_len or deployed.model.context_window or 0,
        max_num_seqs=config.max_num_seqs,
        max_num_batched_tokens=config.max_num_batched_tokens,
        gpu_memory_utilization=config.gpu_memory_utilization,
        kv_dtype=config.kv_dtype or "auto",
        speculative_tokens=config.speculative_tokens,
        max_adapters=config.max_loras,
    )


def _paced(plan: Plan, name: str, number: int, start_s: float) -> Instance:
    stats = WorkerStats()
    events = make_events(plan.kv_cache, "vllm", number, plan.listen)
    cache = make_cache(plan.kv_cache, plan.kv_cache.paced_blocks, stats, events=events)
    return PacedWorker(name, cache, stats, FixedLatency(plan.latency.ttft, plan.latency.itl), events)


def _speculation(config: ClusterConfig) -> Speculation | None:
    if not config.speculative_tokens:
        return None
    acceptance = tuple(config.speculative_acceptance)
    return Speculation(config.speculative_method, config.speculative_tokens, acceptance)


def _adapters(plan: Plan, deployed: Deployment) -> Adapters:
    """An adapter is two matrices of the rank for each projection of each layer."""
    config = plan.cluster
    arch = deployed.architecture
    size = arch.layers * LORA_MATRICES_PER_LAYER * 2 * arch.hidden * config.lora_rank * 2.0
    host, disk = plan.hardware.link(deployed.gpu.host_link), plan.hardware.link("nvme")
    return Adapters(config.max_loras, size / (host.gb_s * 1e9), size / (disk.gb_s * 1e9), config.max_cpu_loras)


def _transfer(plan: Plan, reader: Worker) -> Transfer:
    link, deployed = plan.hardware.link(plan.cluster.transfer_link), reader.deployment
    size = kv_bytes_per_token(deployed) * deployed.tp * deployed.pp
    return Transfer(size, link.gb_s * deployed.chips, link.latency_us * 1e-6)
