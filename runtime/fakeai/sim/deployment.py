"""What is deployed: a model on chips under an engine, and the engine's limits."""

from dataclasses import dataclass
from typing import Literal

from fakeai.core.hardware import Dtype, GpuSpec
from fakeai.core.specs import Architecture, ModelSpec

EngineName = Literal["vllm", "sglang", "trtllm"]


class NoArchitecture(Exception):
    """One line that names the model."""


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
