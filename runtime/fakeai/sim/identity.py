"""Texts that are known by name only: whose blocks they share, and nothing of their tokens."""

from collections.abc import Sequence

from fakeai.core.seeds import derive

_MASK = (1 << 64) - 1


class NamedText:
    """A text without end, after a prefix that other texts share.

    All turns of a session are the same text, cut off later and later; so are a prompt and its answer. A hash covers
    name and position, which says as much as a chain does.
    """

    __slots__ = ("_hashes", "_name", "_prefix", "_shared_blocks", "block_size")

    def __init__(self, name: int, block_size: int, prefix: int = 0, prefix_tokens: int = 0) -> None:
        """name and prefix: different for different texts and prefixes, tenants and adapters included."""
        self._name = name
        self.block_size = block_size
        self._prefix = prefix
        self._shared_blocks = prefix_tokens // block_size
        self._hashes: list[int] = []

    @property
    def identity(self) -> int:
        return derive(self._name, self._prefix, self._shared_blocks)

    def first(self, blocks: int) -> Sequence[int]:
        hashes = self._hashes
        if len(hashes) < blocks:
            name, prefix, shared = self._name, self._prefix, self._shared_blocks
            hashes += [
                hash((prefix if block < shared else name, block)) & _MASK for block in range(len(hashes), blocks)
            ]
        return hashes if len(hashes) == blocks else hashes[:blocks]

    def tokens(self, first: int, last: int) -> Sequence[int]:
        """Nobody knows them."""
        return ()

    def extra_keys(self, block: int) -> None:
        """The name covers everything."""
