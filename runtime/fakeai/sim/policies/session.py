"""One worker a session."""

from collections.abc import Sequence

from fakeai.core.seeds import Draw, derive
from fakeai.sim.candidate import Candidate
from fakeai.sim.decision import Choosing, Decision, load
from fakeai.sim.request import SimRequest


class Session(Choosing):
    """The worker whose hash with the session is highest: when one leaves, its sessions move and no others, and they
    come back with it. Without a session, the least loaded.

    Source: rendezvous hashing, Thaler and Ravishankar 1998; vLLM's production stack has a hash ring to the same effect.
    """

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        session = request.session
        if session is None:
            loads = [load(candidate) for candidate in candidates]
            chosen = candidates[loads.index(min(loads))]
            rows = [(requests,) for requests in loads]
            return Decision(chosen.id, "session", "no session: least loaded", candidates, ("requests",), rows)
        chosen = max(candidates, key=lambda candidate: derive(request.tenant, session, candidate.id))
        return Decision(chosen.id, "session", "hash of the session", candidates)
