"""What a request's tokens are, as far as caches must know: whose blocks they share."""

from collections.abc import Iterator, Sequence
from itertools import islice

from fakeai.sim.request import BlockHashes


class _Blocks:
    """Computes hashes when they are asked for first."""

    __slots__ = ("_hashes", "_rest")

    def __init__(self, hashes: Iterator[int]) -> None:
        self._hashes: list[int] = []
        self._rest = hashes

    def first(self, blocks: int) -> Sequence[int]:
        known = self._hashes
        if len(known) < blocks:
            known.extend(islice(self._rest, blocks - len(known)))
        return known if len(known) <= blocks else known[:blocks]


def text(name: int, block_size: int, prefix: int = 0, prefix_tokens: int = 0) -> BlockHashes:
    """Of a text without end that has a name, after a prefix that other texts share.

    All turns of a session are the same text, cut off later and later; so are a prompt and its answer.
    """
    return _Blocks(_named(name, prefix, prefix_tokens // block_size))


def trace_blocks(
    ids: Sequence[int], trace_block_tokens: int, prompt_tokens: int, name: int, block_size: int
) -> BlockHashes:
    """Of a prompt that a trace knows by blocks of its own; the answer is the request's alone.

    name: of the request. ids: each tells a block and all before it, so that equal ids are equal prefixes.
    """
    return _Blocks(_cut(ids, trace_block_tokens, prompt_tokens // block_size, name, block_size))


def tokens(ids: Sequence[int], name: int, salt: int, block_size: int) -> BlockHashes:
    """Of known tokens; what is said after them is the request's alone."""
    return _Blocks(_chained(ids, name, salt, block_size))


def _named(name: int, prefix: int, shared: int) -> Iterator[int]:
    block = 0
    while True:
        yield hash((prefix if block < shared else name, block))
        block += 1


def _cut(ids: Sequence[int], trace_block_tokens: int, shared: int, name: int, block_size: int) -> Iterator[int]:
    """A block is identified by the trace's block in which it ends."""
    for block in range(shared):
        last_token = (block + 1) * block_size - 1
        yield hash((ids[last_token // trace_block_tokens], last_token % trace_block_tokens, block))
    yield from islice(_named(name, 0, 0), shared, None)


def _chained(ids: Sequence[int], name: int, salt: int, block_size: int) -> Iterator[int]:
    parent, block = salt, 0
    for block in range(len(ids) // block_size):
        parent = hash((parent, *ids[block * block_size : (block + 1) * block_size]))
        yield parent
    yield from islice(_named(name, 0, 0), len(ids) // block_size, None)
