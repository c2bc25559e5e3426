"""Filling a cache ahead of need: with given prompts, and with what a conversation will probably ask next."""

from collections import OrderedDict
from itertools import islice

from fakeai.sim.cache import KvCache
from fakeai.sim.request import BlockHashes, SimRequest


def warm(cache: KvCache, hashes: BlockHashes, tokens: int, now_s: float) -> int:
    """As if a request for so many tokens had been there, but not counted as one. Returns the tokens now found.

    What does not fit beside the blocks in use is left out, from the end.
    """
    room = (cache.capacity_blocks - cache.used_blocks) * cache.block_size
    tokens = min(tokens, room)
    _pass_through(cache, hashes, tokens, now_s)
    return cache.lookup(_visitor(hashes, tokens + 1), now_s).tokens


class Prefetcher:
    """Brings conversations back to the GPU whose blocks have left for a slower tier.

    The next turn of a conversation begins with its last prompt and answer. Those are known, so nothing is guessed but
    that there will be a next turn. A turn is fetched at most once, the most recent first: fetching one pushes out what
    was used least recently, which must not start a circle.
    """

    LOOKS = 4

    def __init__(self, cache: KvCache, conversations: int = 1024) -> None:
        self._cache = cache
        self._conversations = conversations
        self._ended: OrderedDict[tuple[str, str], tuple[BlockHashes, int]] = OrderedDict()

    def ended(self, request: SimRequest) -> None:
        """A turn is over; only requests of a session are remembered, and of each the last turn."""
        if request.session is None:
            return
        key = request.tenant, request.session
        self._ended.pop(key, None)
        self._ended[key] = request.hashes, request.total_tokens
        if len(self._ended) > self._conversations:
            self._ended.popitem(last=False)

    def began(self, request: SimRequest) -> None:
        """The next turn is here; there is nothing to foresee any more."""
        if request.session is not None:
            self._ended.pop((request.tenant, request.session), None)

    def idle(self, now_s: float) -> float:
        """Fetches one conversation, if one of the next LOOKS has left. Returns the seconds that its transfer takes; 0:
        none was fetched. Those that are still in the GPU are looked at again after all others.
        """
        for key in list(islice(reversed(self._ended), self.LOOKS)):
            hashes, tokens = self._ended[key]
            hit = self._cache.lookup(_visitor(hashes, tokens + 1), now_s)
            if hit.tokens and not hit.host_tokens + hit.disk_tokens:
                self._ended.move_to_end(key, last=False)
                continue
            del self._ended[key]
            if hit.tokens and _pass_through(self._cache, hashes, hit.tokens, now_s):
                return hit.load_s
        return 0.0


def _pass_through(cache: KvCache, hashes: BlockHashes, tokens: int, now_s: float) -> bool:
    visitor = _visitor(hashes, tokens + 1)
    done = tokens > 0 and cache.allocate(visitor, tokens, now_s, cache.lookup(visitor, now_s))
    cache.free(visitor, now_s)
    return done


def _visitor(hashes: BlockHashes, prompt_tokens: int) -> SimRequest:
    visitor = SimRequest("", 0.0, prompt_tokens, 0, hashes)
    visitor.preemptions = 1  # so that statistics leave it out
    return visitor
