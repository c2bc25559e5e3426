"""Workers as routers see them, with nothing behind, and the requests that are sent to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fakeai.core.hardware import GpuSpec
from fakeai.core.specs import ModelSpec
from fakeai.sim.deployment import Deployment
from fakeai.sim.request import SimRequest

GPU = GpuSpec(
    "test-gpu", "Test", "nvidia", "test", 80.0, 2000.0, {"bf16": 100.0}, "none", 1, "pcie", tdp_w=700, idle_w=100
)


@dataclass
class FakeWorker:
    id: str
    running: int = 0
    waiting: int = 0
    reported_waiting: int = 0
    queued_prefill_tokens: int = 0
    used_blocks: int = 0
    reported_used_blocks: int = 0
    capacity_blocks: int = 1000
    block_size: int = 16
    power_w: float = 0.0
    device_tokens: int = 0
    host_tokens: int = 0
    disk_tokens: int = 0
    prefill_token_s: float = 1e-4
    step_s: float = 0.02
    deployment: Deployment | None = field(default_factory=lambda: Deployment(ModelSpec("m", "test"), GPU))

    def overlap(self, request: SimRequest) -> tuple[int, int, int]:
        return self.device_tokens, self.host_tokens, self.disk_tokens

    def prefill_s(self, tokens: int, context_tokens: int = 0) -> float:
        return tokens * self.prefill_token_s

    def decode_step_s(self, more_seqs: int = 0) -> float:
        return self.step_s


class ListedHashes:
    block_size = 16

    def __init__(self, hashes: Sequence[int]) -> None:
        self.hashes = hashes

    def first(self, blocks: int) -> Sequence[int]:
        return self.hashes[:blocks]


def fake_workers(count: int) -> list[FakeWorker]:
    return [FakeWorker(f"w{number}") for number in range(count)]


def priced(worker: FakeWorker, usd_per_hour: float | None, tdp_w: float = 700.0) -> FakeWorker:
    worker.deployment = Deployment(ModelSpec("m", "test"), replace(GPU, usd_per_hour=usd_per_hour, tdp_w=tdp_w))
    return worker


def routed_request(
    id: str = "r", blocks: Sequence[int] = (), prompt_tokens: int | None = None, session: str | None = None
) -> SimRequest:
    tokens = len(blocks) * 16 if prompt_tokens is None else prompt_tokens
    return SimRequest(id, 0.0, tokens, 10, ListedHashes(blocks), session=session)
