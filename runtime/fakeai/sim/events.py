"""Collects the KV events of a worker, step by step, and keeps the latest for who missed them."""

from collections.abc import Callable, Iterator, Sequence

from fakeai.core.kv_events import GPU, AllBlocksCleared, BlockRemoved, BlockStored, KvEvent, KvEventBatch
from fakeai.sim.request import SimRequest

MAX_TOKENS = 1 << 22
"""Token ids that the kept batches hold together: 32 MB."""


class EventLog:
    """Keeps the latest `keep` batches, and fewer if their prompts are long. Numbers start at 0 and have no gaps.

    one_by_one: a BlockStored for each block, as SGLang sends; else one for all that a request fills in a step (vLLM).
    """

    def __init__(
        self,
        block_size: int,
        *,
        rank: int = 0,
        keep: int = 10_000,
        one_by_one: bool = False,
        listener: Callable[[KvEventBatch], None] | None = None,
    ) -> None:
        self._block_size = block_size
        self._rank = rank
        self._keep = keep
        self._one_by_one = one_by_one
        self.listener = listener
        self._pending: list[KvEvent] = []
        self._batches: dict[int, KvEventBatch] = {}
        self._first = self._next = 0
        self._tokens = 0

    def stored(self, request: SimRequest, first: int, last: int) -> None:
        if self._one_by_one:
            self._pending += (self._event(request, block, block + 1) for block in range(first, last))
        else:
            self._pending.append(self._event(request, first, last))

    def moved(self, hashes: Sequence[int], medium: str) -> None:
        """They can be found in another medium now."""
        self._pending.append(BlockStored(tuple(hashes), None, (), self._block_size, medium))

    def removed(self, hashes: Sequence[int], medium: str = GPU) -> None:
        self._pending.append(BlockRemoved(tuple(hashes), medium))

    def cleared(self) -> None:
        self._pending.append(AllBlocksCleared())

    def flush(self, now_s: float) -> None:
        """Ends a step: its events, if there are any, become a batch."""
        if not self._pending:
            return
        batch = KvEventBatch(self._next, now_s, tuple(self._pending), self._rank)
        self._pending.clear()
        self._batches[self._next] = batch
        self._next += 1
        self._tokens += _tokens(batch)
        while self._first < self._next - 1 and (len(self._batches) > self._keep or self._tokens > MAX_TOKENS):
            self._tokens -= _tokens(self._batches.pop(self._first))
            self._first += 1
        if self.listener is not None:
            self.listener(batch)

    def since(self, seq: int) -> Iterator[KvEventBatch]:
        """Those that are kept, from that number on. May be called, and go on, in another thread."""
        for number in range(max(seq, self._first), self._next):
            batch = self._batches.get(number)
            if batch is not None:
                yield batch

    def _event(self, request: SimRequest, first: int, last: int) -> BlockStored:
        hashes = request.hashes.first(last)
        keys = tuple(map(request.hashes.extra_keys, range(first, last)))
        return BlockStored(
            tuple(hashes[first:last]),
            hashes[first - 1] if first else None,
            request.hashes.tokens(first, last),
            self._block_size,
            GPU,
            request.adapter,
            keys if any(keys) else None,
        )


def _tokens(batch: KvEventBatch) -> int:
    return sum(len(event.tokens) for event in batch.events if isinstance(event, BlockStored))
