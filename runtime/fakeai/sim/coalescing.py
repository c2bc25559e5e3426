"""Identical requests that are under way together are computed once."""

from bisect import bisect_right
from collections.abc import Hashable, Iterable

from fakeai.sim.request import SimRequest, State


class _Shared:
    """A computation and those who get its tokens, in order of arrival."""

    __slots__ = ("computation", "key", "members")

    def __init__(self, computation: SimRequest, key: Hashable) -> None:
        self.computation = computation
        self.key = key
        self.members: dict[SimRequest, int] = {}
        """→ tokens that were said before it came, and are due on its arrival."""
        computation.notify = self._tell_all

    def _tell_all(self) -> None:
        for member, said in self.members.items():
            self.tell(member, said)
            if member.notify is not None:
                member.notify()

    def tell(self, member: SimRequest, said: int) -> None:
        """Gives it what has been computed so far."""
        of, arrival_s = self.computation, member.arrival_s
        member.worker = of.worker
        member.token_times = [arrival_s] * said + of.token_times[said:] if said else of.token_times
        member.produced_tokens = of.produced_tokens
        member.first_token_s = member.token_times[0] if member.token_times else -1.0
        if of.first_scheduled_s >= 0:
            member.first_scheduled_s = max(arrival_s, of.first_scheduled_s)
        if not member.coalesced:
            member.cached_tokens, member.preemptions = of.cached_tokens, of.preemptions
            member.drafted_tokens, member.accepted_tokens = of.drafted_tokens, of.accepted_tokens


class Coalescing:
    """Stands between those who ask and what is computed: workers know computations only, which nobody's leaving
    disturbs as long as somebody else wants them."""

    def __init__(self) -> None:
        self._open: dict[Hashable, _Shared] = {}
        """Computations that others may still join."""
        self._of: dict[SimRequest, _Shared] = {}
        """By the computation, and by everyone who gets its tokens."""

    def join(self, request: SimRequest) -> SimRequest | None:
        """What is to be computed for it; None if an identical request's computation is under way."""
        key = _key(request)
        shared = self._open.get(key)
        is_first = shared is None
        if shared is None:
            shared = self._open[key] = _Shared(_copy(request), key)
            self._of[shared.computation] = shared
        said = bisect_right(shared.computation.token_times, request.arrival_s)
        self._of[request] = shared
        shared.members[request] = said
        if is_first:
            return shared.computation
        request.coalesced = True
        request.cached_tokens = _cacheable(request)
        shared.tell(request, said)
        if request.token_times and request.notify is not None:
            request.notify()
        return None

    def leave(self, request: SimRequest, now_s: float) -> SimRequest | None:
        """The computation that nobody wants any more, if there is one; until it is over, so is not the request."""
        shared = self._of[request]
        request.state = State.CANCELLED
        if len(shared.members) == 1:
            self._close(shared)
            return shared.computation
        del shared.members[request], self._of[request]
        request.token_times = request.token_times[: bisect_right(request.token_times, now_s)]
        request.produced_tokens = len(request.token_times)
        if not request.token_times:
            request.first_token_s = -1.0
        return None

    def over(self, computation: SimRequest) -> Iterable[SimRequest]:
        """The requests that are over with it."""
        shared = self._of.pop(computation)
        self._close(shared)
        for member, said in shared.members.items():
            del self._of[member]
            shared.tell(member, said)
            member.state, member.done_s = computation.state, computation.done_s
        return shared.members

    def _close(self, shared: _Shared) -> None:
        if self._open.get(shared.key) is shared:
            del self._open[shared.key]


def _key(request: SimRequest) -> Hashable:
    """Equal for requests with the same tokens that may wait for each other: one that is more urgent does not."""
    return (
        request.model,
        request.tenant,
        request.adapter,
        request.priority,
        request.prompt_tokens,
        request.output_tokens,
        request.hashes.identity,
    )


def _copy(request: SimRequest) -> SimRequest:
    return SimRequest(
        request.id,
        request.arrival_s,
        request.prompt_tokens,
        request.output_tokens,
        request.hashes,
        model=request.model,
        tenant=request.tenant,
        session=request.session,
        adapter=request.adapter,
        priority=request.priority,
        max_tokens=request.max_tokens,
        prediction=request.prediction,
    )


def _cacheable(request: SimRequest) -> int:
    """Prompt tokens that a cache with all of the prompt would have: full blocks, but for the last token."""
    block_size = request.hashes.block_size
    return (request.prompt_tokens - 1) // block_size * block_size
