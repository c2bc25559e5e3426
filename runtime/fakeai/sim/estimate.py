"""What a request would cost on each worker, as far as a router can know it."""

from typing import NamedTuple

from fakeai.sim.candidate import Candidate
from fakeai.sim.request import SimRequest


class Estimate(NamedTuple):
    wait_s: float
    """Until its first token: prompts that wait there, and what the cache lacks of its own."""
    prefill_s: float
    """Its own part of that."""
    decode_s: float
    """Its answer, at the pace of the batch that it would join."""
    seqs: int
    """Of that batch."""

    @property
    def latency_s(self) -> float:
        return self.wait_s + self.decode_s

    @property
    def busy_s(self) -> float:
        """Time of the worker that the request takes: its prefill, and its part of the steps it shares."""
        return self.prefill_s + self.decode_s / self.seqs


def estimate(candidate: Candidate, request: SimRequest, output_tokens: float) -> Estimate:
    """output_tokens: expected, since nobody knows. Beyond max_num_seqs a request waits its turn: for as many answers
    as are ahead of it, a batch of them at a time."""
    unfinished = candidate.running + candidate.waiting
    limit = candidate.deployment.max_num_seqs if candidate.deployment else unfinished + 1
    seqs = min(unfinished + 1, limit)
    if request.max_tokens is not None:
        output_tokens = min(output_tokens, request.max_tokens)
    cached = sum(candidate.overlap(request))
    prefill_s = candidate.prefill_s(request.prompt_tokens - cached, cached)
    queued = candidate.queued_prefill_tokens
    decode_s = output_tokens * candidate.decode_step_s(max(0, seqs - candidate.running))
    turns = max(0, unfinished + 1 - limit) / limit
    wait_s = prefill_s + (candidate.prefill_s(queued) if queued else 0.0) + turns * decode_s
    return Estimate(wait_s, prefill_s, decode_s, seqs)
