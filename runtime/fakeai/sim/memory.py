"""What fits: memory of a chip minus weights, workspace and context is room for KV blocks."""

from dataclasses import dataclass

from fakeai.core.hardware import DTYPE_BYTES
from fakeai.core.hardware_catalog import Hardware
from fakeai.core.specs import Architecture
from fakeai.sim.deployment import Deployment
from fakeai.sim.weights import weight_bytes, weights_of

GIB = 2**30
TYPICAL_TOKENS = 4096
"""Length of a sequence for which a sliding layer's share of a block is counted."""
INDEXER_ELEMS = 128
"""Key of the indexer of sparse attention, one byte an element (DeepSeek-V3.2)."""
_STATE_BYTES = 4
"""Linear layers keep their state in FP32."""
_WORKSPACE_WIDTHS = 6
"""Activations alive at once in a prefill step, in widths of the model: residual, normalised, query, key, value, and the
feed-forward's share beyond its own two."""


class DoesNotFit(Exception):
    """The message shows the arithmetic in one line."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Bytes of one chip."""

    total: float
    usable: float
    weights: float
    workspace: float
    reserve: float
    kv: float
    """What is left for KV."""


def kv_bytes_per_token(deployment: Deployment) -> float:
    """On one chip: KV heads are divided among tensor ranks until one is left each; a latent is on every rank.

    Sliding layers count for the share of a typical sequence that they keep. A pipeline stage has its layers' only.
    """
    arch = deployment.architecture
    kept = min(1.0, (arch.sliding_window or 0) / TYPICAL_TOKENS)
    layers = growing_layers(arch) - arch.sliding_layers * (1.0 - kept)
    return layers * kv_layer_bytes(deployment) / deployment.pp


def kv_layer_bytes(deployment: Deployment) -> float:
    """Of one token in one layer on one chip."""
    arch = deployment.architecture
    size = DTYPE_BYTES[deployment.kv]
    if arch.mla_kv_elems:
        return arch.mla_kv_elems * size + (INDEXER_ELEMS if arch.sparse_top_k else 0)
    heads = max(1.0, arch.kv_heads / deployment.tp)
    return 2 * heads * arch.head_dim * size


def growing_layers(arch: Architecture) -> int:
    return arch.attention_layers or arch.layers


def state_bytes_per_seq(deployment: Deployment) -> float:
    """State of linear layers, on one chip."""
    arch = deployment.architecture
    layers = arch.layers - growing_layers(arch)
    return layers * arch.linear_state_elems * _STATE_BYTES / (deployment.tp * deployment.pp)


def weight_bytes_per_chip(deployment: Deployment) -> float:
    """Attention is repeated on each data-parallel rank, experts are divided among all chips of a stage."""
    arch = deployment.architecture
    parts = weights_of(arch, deployment.weights)
    experts = arch.moe_layers * arch.n_experts * parts.expert * DTYPE_BYTES[parts.expert_dtype]
    rest = weight_bytes(arch, deployment.weights) - experts
    return (rest / deployment.tp + experts / (deployment.tp * deployment.dp)) / deployment.pp


def workspace_bytes(deployment: Deployment) -> float:
    """Peak of activations: a full prefill step, and logits in FP32 for every sequence."""
    arch = deployment.architecture
    wide = max(arch.intermediate or 0, (arch.moe_intermediate or 0) * arch.top_k + arch.shared_intermediate)
    per_token = (_WORKSPACE_WIDTHS * arch.hidden + 2 * wide / deployment.tp) * 2
    logits = deployment.max_num_seqs * arch.vocab * 4 / deployment.tp
    return deployment.max_num_batched_tokens * per_token + logits


def plan(deployment: Deployment, hardware: Hardware) -> MemoryPlan:
    """Raises DoesNotFit if weights leave no room for one sequence of the model's length."""
    engine = hardware.engines[deployment.engine]
    total = deployment.gpu.mem_gb * GIB
    weights = weight_bytes_per_chip(deployment)
    workspace = workspace_bytes(deployment)
    reserve = engine.reserve_gb * GIB
    fraction = deployment.gpu_memory_utilization
    if engine.pool == "free":
        usable = total
        kv = (total - weights - workspace - reserve) * fraction
    else:
        usable = total * fraction
        kv = usable - weights - workspace - reserve
    made = MemoryPlan(total, usable, weights, workspace, reserve, kv)
    if kv < kv_bytes_per_token(deployment) * deployment.block_size:
        raise DoesNotFit(_arithmetic(deployment, made))
    return made


def _arithmetic(deployment: Deployment, made: MemoryPlan) -> str:
    def gb(amount: float) -> str:
        return f"{amount / GIB:.1f} GB"

    needed = made.weights + made.workspace + made.reserve
    return (
        f"{deployment.model.id} ({deployment.weights}) does not fit on {deployment.chips} x {deployment.gpu.id}"
        f" with tp={deployment.tp} pp={deployment.pp} dp={deployment.dp}: each chip needs {gb(made.weights)} of weights"
        f" + {gb(made.workspace)} of activations + {gb(made.reserve)} for the engine = {gb(needed)} and room for KV,"
        f" but may use {gb(made.usable)} of its {gb(made.total)}"
    )


def capacity_blocks(deployment: Deployment, hardware: Hardware) -> int:
    """KV blocks of one replica, over all its data-parallel ranks. Raises DoesNotFit."""
    made = plan(deployment, hardware)
    state = state_bytes_per_seq(deployment) * deployment.max_num_seqs
    room = max(made.kv - state, made.kv / 2)
    per_block = kv_bytes_per_token(deployment) * deployment.block_size
    return int(room / per_block) * deployment.dp
