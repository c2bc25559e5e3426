"""What one engine step computes, and what that costs."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(slots=True)
class Batch:
    """Sums over the sequences of one step; a cost model needs no more, and sums are cheap to keep."""

    decode_seqs: int = 0
    """Sequences that produce tokens from one new token each (or 1 + draft tokens under speculation)."""
    decode_tokens: int = 0
    """New tokens of those: decode_seqs without speculation."""
    decode_context_tokens: int = 0
    """Tokens already in KV, summed over them."""
    prefill_seqs: int = 0
    prefill_tokens: int = 0
    """Prompt tokens computed in this step."""
    prefill_context_tokens: int = 0
    """Tokens already in KV, summed over the prompts."""
    prefill_pairs: float = 0.0
    """Σ new * (context + new / 2): query-key pairs under a causal mask."""


class StepCost(NamedTuple):
    """Seconds of one step of the whole batch, and what kept the chips busy meanwhile (shares can overlap)."""

    total_s: float
    compute_s: float
    """Tensor cores at work."""
    memory_s: float
    """Memory at work."""
    link_s: float
    """Collectives between chips."""
    flops: float
    """Of all chips."""
    bytes: float
    """Read and written, of all chips."""


class CostModel(Protocol):
    def cost(self, batch: Batch, speed: float = 1.0) -> StepCost:
        """speed: of the chips' clock, 1 at its boost; arithmetic slows with it, memory and links do not."""

    def prefill_s(self, tokens: int, context_tokens: int = 0) -> float:
        """Seconds of computing so many prompt tokens in one step of their own."""
