"""Parameters of a decoder by the part that reads them, and what each weighs in the deployed formats."""

from dataclasses import dataclass

from fakeai.core.hardware import DTYPE_BYTES, Dtype
from fakeai.core.specs import Architecture

_FOUR_BIT = ("fp4", "int4")
_MLA_NOPE_DIM = 128
"""Of each key head under multi-head latent attention, rebuilt from the latent (DeepSeek-V3's config.json)."""
_MLA_ROPE_DIM = 64
_LINEAR_PROJECTIONS = 3.5
"""Gated delta net: query and key of a quarter of the heads each, value, gate and output, in hidden * q_heads * head_dim
(Qwen3.5's config.json: 117 million parameters a layer)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Elements of all layers together."""

    attention: float
    dense_mlp: float
    shared: float
    expert: float
    """One expert of one layer."""
    router: float
    head: float
    embedding: float
    trunk_dtype: Dtype
    """Format of attention, dense and shared parts; router, head and embedding stay in 16 bits."""
    expert_dtype: Dtype

    @property
    def trunk(self) -> float:
        return self.attention + self.dense_mlp + self.shared


def weights_of(arch: Architecture, dtype: Dtype) -> Weights:
    """4-bit formats of mixtures cover the experts only, as in published checkpoints (gpt-oss, Kimi K2, NVFP4)."""
    moe = arch.moe_layers
    trunk: Dtype = "bf16" if moe and dtype in _FOUR_BIT else dtype
    attending = arch.attention_layers or arch.layers
    linear = (arch.layers - attending) * _LINEAR_PROJECTIONS * arch.hidden * arch.q_heads * arch.head_dim
    return Weights(
        attention=attending * attention_elems(arch) + linear,
        dense_mlp=(arch.layers - moe) * arch.mlp_matrices * arch.hidden * (arch.intermediate or 0),
        shared=moe * arch.mlp_matrices * arch.hidden * arch.shared_intermediate,
        expert=arch.mlp_matrices * arch.hidden * (arch.moe_intermediate or 0),
        router=moe * arch.hidden * arch.n_experts,
        head=arch.hidden * arch.vocab,
        embedding=0 if arch.tied_embeddings else arch.hidden * arch.vocab,
        trunk_dtype=trunk,
        expert_dtype=dtype,
    )


def attention_elems(arch: Architecture) -> float:
    """Projections of one layer."""
    value_dim = arch.v_head_dim or arch.head_dim
    out = arch.q_heads * value_dim * arch.hidden
    if not arch.mla_kv_elems:
        return arch.hidden * (arch.q_heads + 2 * arch.kv_heads) * arch.head_dim + out
    query_width = arch.q_heads * arch.head_dim
    rank = arch.mla_q_rank
    query = rank * (arch.hidden + query_width) if rank else arch.hidden * query_width
    latent = arch.mla_kv_elems - _MLA_ROPE_DIM
    key_value = arch.hidden * arch.mla_kv_elems + latent * arch.q_heads * (_MLA_NOPE_DIM + value_dim)
    return query + key_value + out


def weight_bytes(arch: Architecture, dtype: Dtype) -> float:
    """Of the whole model."""
    parts = weights_of(arch, dtype)
    experts = arch.moe_layers * arch.n_experts * parts.expert
    wide = parts.router + parts.head + parts.embedding
    return (
        parts.trunk * DTYPE_BYTES[parts.trunk_dtype]
        + experts * DTYPE_BYTES[parts.expert_dtype]
        + wide * DTYPE_BYTES["bf16"]
    )
