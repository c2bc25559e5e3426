"""Throughput and inter-token latency of a load that has settled: decoding sequences, and prompts of those that follow.

In a closed loop each of `slots` sequences is replaced as it ends. A prompt takes as many steps as its chunks; between
them steps only decode. The numbers of decoding sequences and of prompts a step are a fixed point.
"""

from dataclasses import dataclass
from math import inf

from bench.fidelity.rows import Row
from fakeai.sim.batch import Batch
from fakeai.sim.latency import StepModel

ROUNDS = 4
MIXING = ("vllm", "trtllm")
"""Engines whose steps decode alongside prompts; SGLang's do either."""
ONLINE_REQUESTS = 500
"""Of a run at a request rate: what is measured includes its end, when the last ones run out."""


@dataclass(frozen=True, slots=True)
class Steady:
    itl_s: float
    in_slot_s: float
    """From a request's first step to its last token."""
    slots: float

    def output_tok_s(self, osl: int) -> float:
        return self.slots * osl / self.in_slot_s


def settle(step: StepModel, isl: int, osl: int, slots: float, meets: float = 1.0) -> Steady:
    """slots: sequences at once, prompts in progress included. meets: share of the others' prompts that a sequence
    decodes alongside."""
    budget = float(step.deployment.max_num_batched_tokens)
    decoding = slots
    itl_s = in_slot_s = 0.0
    for _ in range(ROUNDS):
        decode_s = step.cost(decodes(decoding, isl + osl / 2)).total_s
        prompts = slots / max(osl, 1)
        together = max(1.0, prompts)
        chunk = min(together * isl, max(budget - decoding, budget / 8))
        alongside = decoding if step.deployment.engine in MIXING else 0.0
        mixed_s = step.cost(mixed(alongside, isl + osl / 2, chunk, isl, together)).total_s
        chunks = together * isl / chunk
        share = meets * prompts / together * chunks
        itl_s = decode_s + (min(1.0, share) * (mixed_s - decode_s) if alongside else share * mixed_s)
        waiting_s = max(chunks / together if prompts > 1 else chunks, 1.0) * mixed_s
        in_slot_s = waiting_s + (osl - 1) * itl_s
        if share > 1.0 and alongside:
            in_slot_s = max(in_slot_s, slots * isl / chunk * mixed_s)
        decoding = max(1.0, slots * (osl - 1) * itl_s / in_slot_s)
    return Steady(itl_s, in_slot_s, slots)


def decodes(seqs: float, context: float) -> Batch:
    return Batch(decode_seqs=seqs, decode_tokens=seqs, decode_context_tokens=seqs * context)  # type: ignore[arg-type]


def mixed(seqs: float, context: float, new: float, prompt: float, prompts: float) -> Batch:
    """new prompt tokens, of prompts of that length on average half done."""
    batch = decodes(seqs, context)
    batch.prefill_seqs = max(1, round(prompts))
    batch.prefill_tokens = new  # type: ignore[assignment]
    batch.prefill_context_tokens = max(0.0, (prompt - new) / 2)  # type: ignore[assignment]
    batch.prefill_pairs = new * prompt / 2
    return batch


def capacity_slots(step: StepModel, isl: int, osl: int) -> float:
    """Sequences whose KV fits: of the whole length where the engine reserves it, else of the length half-way."""
    held = isl + (osl if step.deployment.engine == "trtllm" else osl / 2)
    tokens = step.kv_capacity_blocks() * step.deployment.block_size
    return max(1.0, tokens / (held + step.deployment.block_size / 2))


def predict(row: Row, step: StepModel) -> float:
    """In the row's unit. Raises DoesNotFit."""
    replicas = 1 if row.concurrency and row.ep > 1 else max(1, row.num_gpus // step.deployment.chips)
    limit = min(float(step.deployment.max_num_seqs * step.deployment.dp), capacity_slots(step, row.isl, row.osl))
    scale = (1.0 + row.shortest) / 2
    isl, osl = max(1, round(row.isl * scale)), max(1, round(row.osl * scale))
    if row.request_rate == inf:
        limit = min(limit, float(ONLINE_REQUESTS))
    elif row.request_rate:
        return _online(row, step, limit)
    slots = min(limit, (row.concurrency or limit * replicas) / replicas)
    state = settle(step, isl, osl, max(1.0, slots), row.meets)
    if row.metric == "itl_ms":
        return state.itl_s * 1e3
    return state.output_tok_s(osl) * replicas


def _online(row: Row, step: StepModel, limit: float) -> float:
    """A Poisson or even arrival stream: as many sequences as arrive while one is served."""
    rate = row.request_rate or 0.0
    slots = 1.0
    state = settle(step, row.isl, row.osl, slots)
    for _ in range(5):
        wanted = min(limit, max(1.0, rate * state.in_slot_s))
        slots = (slots + wanted) / 2
        state = settle(step, row.isl, row.osl, slots)
    if row.metric == "itl_ms":
        return state.itl_s * 1e3
    lasts_s = max(ONLINE_REQUESTS / rate, ONLINE_REQUESTS * state.in_slot_s / slots) + state.in_slot_s
    return ONLINE_REQUESTS * row.osl / lasts_s
