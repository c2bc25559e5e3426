"""What is deployed: a model on chips under an engine, and the engine's limits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fakeai.core.hardware import Dtype, GpuSpec
from fakeai.core.specs import Architecture, ModelSpec

EngineName = Literal["vllm", "sglang", "trtllm"]


class NoArchitecture(Exception):
    """One line that names the model."""


class CannotSplit(Exception):
    """The message shows the arithmetic in one line."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One replica; tp * pp * dp chips. Replicas of a cluster may differ."""

    model: ModelSpec
    gpu: GpuSpec
    tp: int = 1
    pp: int = 1
    dp: int = 1
    """Attention data parallelism: ranks with a cache of their own that share the experts."""
    ep: int = 1
    """Chips over which experts are spread; the rest of tp * dp splits each of them."""
    engine: EngineName = "vllm"
    weights: Dtype = "bf16"
    kv: Dtype = "bf16"
    block_size: int = 16
    """Tokens in a KV block."""
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    gpu_memory_utilization: float = 0.9
    max_model_len: int | None = None
    """None: the model's context window."""

    @property
    def chips(self) -> int:
        return self.tp * self.pp * self.dp

    @property
    def architecture(self) -> Architecture:
        """Raises NoArchitecture for a model whose shape is not known."""
        if self.model.architecture is None:
            raise NoArchitecture(f"{self.model.id}: its layers are not known, so it cannot be placed on hardware")
        return self.model.architecture


def check(deployment: Deployment) -> None:
    """Raises CannotSplit if no engine could place the model so, or for sequences longer than the model's context."""
    for problem in _problems(deployment):
        raise CannotSplit(f"{deployment.model.id}: {problem}")


def _problems(deployment: Deployment) -> Iterator[str]:
    arch, tp, ep = deployment.architecture, deployment.tp, deployment.ep
    if arch.q_heads % tp:
        yield _undivided(arch.q_heads, "attention heads", "tp", tp)
    if not arch.mla_kv_elems and arch.kv_heads % tp and tp % arch.kv_heads:
        yield f"its {arch.kv_heads} KV heads can neither be divided by tp={tp} nor be repeated on so many ranks evenly"
    if deployment.pp > arch.layers:
        yield f"its {arch.layers} layers are fewer than the stages of pp={deployment.pp}"
    if ep > 1 and not arch.n_experts:
        yield f"it has no experts that ep={ep} could spread"
    if ep > 1 and arch.n_experts % ep:
        yield _undivided(arch.n_experts, "experts", "ep", ep)
    stage = tp * deployment.dp
    if stage % ep:
        yield f"ep={ep} does not divide the tp x dp = {tp} x {deployment.dp} = {stage} chips of a stage"
    window, length = deployment.model.context_window, deployment.max_model_len
    if window and length and length > window:
        yield f"max_model_len={length:,} is more than its context window of {window:,} tokens"


def _undivided(count: int, what: str, way: str, ranks: int) -> str:
    return f"its {count} {what} cannot be divided by {way}={ranks}: {count} / {ranks} = {count / ranks:.2f}"
