"""Dynamo's KV router: blocks to compute, less credit for those cached, plus blocks in decoding."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from fakeai.core.seeds import Draw, unit
from fakeai.sim.candidate import Candidate
from fakeai.sim.decision import Choosing, Decision, least, load
from fakeai.sim.prefix_index import PrefixIndex
from fakeai.sim.request import SimRequest

TERMS = ("cost", "prefill_blocks", "decode_blocks", "credit_blocks", "active_requests")


@dataclass(frozen=True, slots=True)
class KvAwareOptions:
    """Source of names and numbers: Dynamo 1.6.1."""

    overlap_score_credit: float = 1.0
    """Of a block on the GPU, in blocks."""
    overlap_score_credit_decay: float = 0.0
    """How fast that falls where more prompt waits than on the least busy worker."""
    host_cache_hit_weight: float = 0.75
    disk_cache_hit_weight: float = 0.25
    prefill_load_scale: float = 1.0
    decode_active_request_weight: float = 0.0
    router_temperature: float = 0.0
    """0: the cheapest. Above, each worker has a chance, a softmax of costs scaled to 0..1."""
    track_prefill: bool = True
    """Count the prompt and those that wait; else only decoding, less the credit."""
    use_kv_events: bool = True
    """Know the caches; else believe in what was sent, for ttl_s."""
    ttl_s: float = 120.0
    max_blocks: int = 4096


class KvAware(Choosing):
    def __init__(self, options: KvAwareOptions = KvAwareOptions()) -> None:
        self.options = options
        self._index = None if options.use_kv_events else PrefixIndex(ttl_s=options.ttl_s)

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        least_tokens = min([candidate.queued_prefill_tokens for candidate in candidates])
        rows = [
            self._row(candidate, request.prompt_tokens, self._overlap(candidate, request, now_s), least_tokens)
            for candidate in candidates
        ]
        costs = [row[0] for row in rows]
        temperature = self.options.router_temperature
        chosen = softmax(costs, temperature, r) if temperature > 0 else least(costs, r)
        worker = candidates[chosen].id
        if self._index is not None:
            self._index.add(worker, request.prompt_hashes(self.options.max_blocks), now_s)
        reason = "softmax of costs" if temperature > 0 else "least cost"
        return Decision(worker, "kv_aware", reason, candidates, TERMS, rows)

    def _overlap(self, candidate: Candidate, request: SimRequest, now_s: float) -> tuple[int, int, int]:
        if self._index is None:
            return candidate.overlap(request)
        hashes = request.prompt_hashes(self.options.max_blocks)
        return self._index.match(candidate.id, hashes, now_s) * candidate.block_size, 0, 0

    def _row(
        self, candidate: Candidate, prompt_tokens: int, overlap: tuple[int, int, int], least_tokens: int
    ) -> tuple[float, ...]:
        """Decoding's blocks are those held by live requests. The request's own come to all alike and are left out,
        which neither the least cost nor the softmax notices."""
        options = self.options
        block_size = candidate.block_size
        prompt = prompt_tokens / block_size
        busier = (candidate.queued_prefill_tokens - least_tokens) / block_size
        decay = 1 / (1 + options.overlap_score_credit_decay * busier / max(prompt, 1))
        device, host, disk = overlap
        credit = (
            options.overlap_score_credit * decay * device
            + options.host_cache_hit_weight * host
            + options.disk_cache_hit_weight * disk
        ) / block_size
        active = load(candidate)
        decode: float = candidate.used_blocks
        if options.track_prefill:
            prefill = max(0.0, candidate.queued_prefill_tokens / block_size + prompt - credit)
            cost = options.prefill_load_scale * prefill + decode
        else:
            prefill = 0.0
            cost = max(0.0, decode - credit)
        return cost + options.decode_active_request_weight * active, prefill, decode, credit, active


def softmax(costs: Sequence[float], temperature: float, r: Draw) -> int:
    """An index, with a chance in proportion to exp(-(cost - least) / ((greatest - least) * temperature))."""
    least_cost = min(costs)
    spread = (max(costs) - least_cost) * temperature
    if not spread:
        return r() % len(costs)
    weights = [exp((least_cost - cost) / spread) for cost in costs]
    left = unit(r) * sum(weights)
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return index
    return len(costs) - 1
