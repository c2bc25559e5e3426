"""Row types of spec/efficiency.yaml and spec/profiles.yaml: what chips and engines achieve of what is published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

_STRICT: Mapping[str, object] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class ChipEfficiency:
    """Achieved fractions of one architecture's published figures."""

    __pydantic_config__: ClassVar = _STRICT

    id: str
    """GpuSpec.arch, or "default" for one without a row."""
    weights: float
    """Of memory bandwidth, streaming weights through a matrix product."""
    narrow_weights: float
    """Further factor on `weights` for 4-bit weights of dense layers, whose scales are read and applied besides."""
    kv: float
    """Of memory bandwidth, reading KV in decode."""
    flops: Mapping[str, float]
    """Of the tensor cores' rate, in large matrix products, by the dtype computed in."""
    attention: float
    """Of the BF16 rate, in the attention of a prompt."""
    expert_weights: float
    """Further factor on `weights` for experts, which are narrow."""
    expert_flops: float
    """Further factor on `flops` for experts."""
    emulation: float
    """Further factor on `flops` where weights are unpacked to a wider dtype first."""
    link: float
    """Of a direct link's bandwidth, in collectives of large messages."""
    host_link: float
    """The same where chips meet over PCIe."""
    collective_us: float
    """One collective of a small message between two chips, beyond the link's latency."""
    hop_us: float
    """What each doubling of the chips adds to it."""
    kernels: float
    """Factor on the engines' time per layer."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class EngineOverhead:
    """What an engine spends beside arithmetic, and how it divides memory."""

    __pydantic_config__: ClassVar = _STRICT

    id: Literal["vllm", "sglang", "trtllm"]
    request_us: float
    """From a client's sending to the scheduler and from the first token back to it: HTTP, queues between processes. It
    is a part of no step; likewise the following two."""
    prompt_token_us: float
    """Reading and tokenizing a prompt, for each of its tokens."""
    request_steps: float
    """Steps for which a request waits before the scheduler sees it: engines plan ahead, or seldom look for new ones."""
    step_us: float
    """Scheduling and sampling, once a step."""
    seq_us: float
    """The same for each sequence that gets a token."""
    layer_us: float
    """Launch and tail of a layer's kernels."""
    quantise_layer_us: float
    """What bringing activations to the format of 8- or 4-bit weights adds to it, outside of experts."""
    moe_layer_us: float
    """What routing and permuting add to it; likewise attention over latents, picking the tokens of sparse attention,
    and linear attention."""
    latent_layer_us: float
    sparse_layer_us: float
    linear_layer_us: float
    unpack_layer_us: float
    """What a mixture's layer takes longer where the experts' format is unpacked first."""
    routing: float
    """Exponent of a batch's tokens in how many experts they reach: 1 if tokens chose independently of each other."""
    activation_passes: float
    """How often a layer reads or writes its activations outside of matrix products."""
    pool: Literal["total", "free"]
    """Whether the engine's memory fraction is of the chip's memory or of what weights and workspace leave."""
    reserve_gb: float
    """CUDA context, graphs, communication buffers."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """Calibration of one combination: factors on the seconds that physics predicts."""

    __pydantic_config__: ClassVar = _STRICT

    engine: str
    model: str
    """Catalog id."""
    gpu: str
    weights: str
    tp: int
    memory: float = 1.0
    compute: float = 1.0
    fixed: float = 1.0
    """Of overheads and collectives' latency."""
    rows: int = 0
    """Measurements it was fitted on."""
    source: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        return (self.engine, self.model, self.gpu, self.weights, self.tp)
