"""What bounds the steps of a scheduler, and in what engines differ."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rules:
    """In what engines differ."""

    mixes: bool = True
    """Prompt chunks and decoding share a step; otherwise prompts go first and decoding waits."""
    reserved_output: float = 0.0
    """Share of max_tokens for which there must be room before a request is admitted; nothing if it names none."""


ENGINE_RULES: dict[str, Rules] = {
    "vllm": Rules(),
    "sglang": Rules(mixes=False, reserved_output=0.3),
    "trtllm": Rules(reserved_output=1.0),
}
"""SGLang starts from 0.7 of max_new_tokens and decays to about 0.1 as requests end early: 0.3 stands for a loaded
server. TensorRT-LLM's default policy evicts nobody that names max_tokens, so it reserves all."""


@dataclass(frozen=True, slots=True)
class Limits:
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    policy: str = "fcfs"
    chunked_prefill: bool = True
    preemption: Literal["recompute", "swap"] = "recompute"
