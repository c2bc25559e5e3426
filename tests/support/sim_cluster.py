"""Small simulated clusters: a real cost model, caches of a few blocks, and requests of given sizes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fakeai.core.hardware import LinkSpec
from fakeai.core.hardware_catalog import Hardware
from fakeai.core.kv_events import CPU, DISK
from fakeai.core.stats import WorkerStats
from fakeai.sim.adapters import Adapters
from fakeai.sim.blocks import BlockPool
from fakeai.sim.cache import KvCache, KvSink
from fakeai.sim.cluster import Cluster
from fakeai.sim.deployment import Deployment
from fakeai.sim.identity import NamedText
from fakeai.sim.latency import StepModel
from fakeai.sim.limits import ENGINE_RULES, Limits
from fakeai.sim.power import Accelerators
from fakeai.sim.profile import Profile
from fakeai.sim.radix import RadixCache
from fakeai.sim.request import SimRequest
from fakeai.sim.router import Router
from fakeai.sim.routing import policy
from fakeai.sim.scheduler import Scheduler
from fakeai.sim.speculative import Speculation
from fakeai.sim.tiers import Tier, TieredCache, Tiers
from fakeai.sim.transfer import Transfer
from fakeai.sim.worker import Worker
from fakeai_api.catalog import MODELS
from fakeai_api.hardware import CHIPS, ENGINES, GPUS, LINKS

HARDWARE = Hardware(GPUS.values(), LINKS.values(), CHIPS.values(), ENGINES.values())
BLOCK = 4
DEPLOYMENT = Deployment(MODELS["llama-3.1-8b-instruct"], HARDWARE.gpu("h100-sxm"), block_size=BLOCK)
LINK = LinkSpec("link", gb_s=1.0, latency_us=100.0)


@dataclass
class Make:
    """A worker's configuration."""

    blocks: int = 64
    structure: str = "pool"
    tiers: bool = False
    engine: str = "vllm"
    limits: Limits = field(default_factory=Limits)
    speculation: Speculation | None = None
    max_loras: int | None = None
    swap_s: float = 0.0
    """Of a token."""

    def cache(self, stats: WorkerStats) -> KvCache:
        made = RadixCache if self.structure == "radix" else BlockPool
        if not self.tiers:
            return made(self.blocks, BLOCK, stats=stats)
        below = Tiers(Tier(CPU, self.blocks // 2 + 1, LINK), Tier(DISK, self.blocks, LINK), 1e5, stats=stats)
        sink: KvSink = below
        return TieredCache(made(self.blocks, BLOCK, stats=stats, sink=sink), below)

    def scheduler(self, reads_only: bool = False) -> Scheduler:
        stats = WorkerStats()
        return Scheduler(
            self.limits,
            self.cache(stats),
            ENGINE_RULES[self.engine],
            stats,
            self.speculation,
            Adapters(self.max_loras, 0.5, 2.0, self.max_loras) if self.max_loras else None,
            lambda tokens: tokens * self.swap_s,
            reads_only,
        )

    def worker(self, name: str = "worker-0", reads_only: bool = False, deployment: Deployment = DEPLOYMENT) -> Worker:
        model, chips = StepModel(deployment, HARDWARE), Accelerators(deployment, HARDWARE, name)
        return Worker(name, deployment, model, self.scheduler(reads_only), chips)

    def cluster(self, workers: int = 1, readers: int = 0, routing: str = "round_robin", **more: Any) -> Cluster:
        return Cluster(
            [self.worker(f"worker-{number}") for number in range(workers)],
            Router(policy(routing, Profile())),
            readers=[self.worker(f"prefill-{number}", reads_only=True) for number in range(readers)],
            transfer=Transfer(131_072.0, 50.0, 1e-4) if readers else None,
            **more,
        )


_made = 0


def request(prompt: int, output: int = 1, *, text: int | None = None, at_s: float = 0.0, **more: Any) -> SimRequest:
    """text: requests of the same one share their prefix; None: like no other."""
    global _made
    _made += 1
    name = 1_000_000 + _made if text is None else text
    return SimRequest(str(more.pop("id", _made)), at_s, prompt, output, NamedText(name, BLOCK), **more)


def step(scheduler: Scheduler, now_s: float = 0.0, lasts_s: float = 1.0) -> list[SimRequest]:
    """One step from beginning to end; the requests that are over then."""
    assert scheduler.schedule(now_s) is not None
    return scheduler.complete(now_s + lasts_s)


def finish(scheduler: Scheduler, now_s: float = 0.0) -> float:
    """Steps of a second until nothing is left. Returns when that is."""
    while scheduler.running or scheduler.loading or scheduler.waiting:
        if scheduler.schedule(now_s) is None:
            assert scheduler.loading, "requests wait and nothing happens"
            now_s = scheduler.next_load_s
            continue
        now_s += 1.0
        scheduler.complete(now_s)
    return now_s


def queued_tokens(scheduler: Scheduler) -> int:
    """By brute force: what is to be computed before everybody can speak."""
    admitted = scheduler.running + [entry[2] for entry in scheduler.loading]
    reading = [max(0, one.total_tokens - 1 - one.computed_tokens) for one in admitted]
    return sum(reading) + sum(max(0, one.total_tokens - 1 - one.carried_tokens) for one in scheduler.waiting)


def ids(requests: Sequence[SimRequest]) -> list[str]:
    return [one.id for one in requests]
