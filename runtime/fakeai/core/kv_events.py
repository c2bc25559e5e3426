"""What a KV cache tells the world: which blocks can be found in it since when, and which no longer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

GPU, CPU, DISK = "GPU", "CPU", "STORAGE"
"""Media, in vLLM's words."""


class BlockStored(NamedTuple):
    hashes: tuple[int, ...]
    """Unsigned, of 256 or 64 bits."""
    parent: int | None
    """The hash before the first; None at the start of a prompt, and for a block that has only moved to this medium."""
    tokens: Sequence[int]
    """[len(hashes) * block_size], or empty if they are not known."""
    block_size: int
    medium: str
    adapter: str | None = None
    extra_keys: tuple[tuple[tuple[str | int, ...], ...] | None, ...] | None = None
    """For each block, tagged; None: no block has any."""


class BlockRemoved(NamedTuple):
    hashes: tuple[int, ...]
    """On the wire each is an event of its own."""
    medium: str


class AllBlocksCleared(NamedTuple):
    pass


KvEvent = BlockStored | BlockRemoved | AllBlocksCleared


@dataclass(frozen=True, slots=True)
class KvEventBatch:
    """The events of one engine step."""

    seq: int
    at_s: float
    events: tuple[KvEvent, ...]
    rank: int
    """Of the engine among those that share its attention data parallelism."""
