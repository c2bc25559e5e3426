"""The identity of a request's tokens: a chain of hashes, one for each full block, by vLLM's rules.

A hash covers the hash before it, the block's tokens and what else its KV depends on: equal hashes mean equal prefixes.
"""

import pickle
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from fakeai.core.seeds import derive
from fakeai.sim import cbor

ExtraKeys = tuple[tuple[str | int, ...], ...]
"""Tagged, in the order lora, mm, cache_salt: (("mm", identifier, offset), ("cache_salt", salt))."""

SEED = "vllm-none-hash"
"""What independent processes start from."""
_MASK = (1 << 64) - 1


class MediaItem(NamedTuple):
    """An image, audio or video in the prompt, where placeholder tokens stand for it."""

    identifier: str
    offset: int
    tokens: int


class Algorithm(NamedTuple):
    root: Callable[[str], int]
    """Seed → what stands for the hash before the first block."""
    block: Callable[[int, tuple[int, ...], ExtraKeys | None], int]
    """(hash before, tokens, extra keys) → hash, unsigned."""


class TokenHashes:
    """Hashes of known tokens, computed as far as somebody asks; `extend` adds tokens that are known later.

    salt: what must not share KV, such as tenants; it is in the first block only, and through the chain in all.
    adapter: its name and path.
    """

    __slots__ = ("_adapter", "_algorithm", "_hashes", "_media", "_root", "_salt", "_tokens", "block_size")

    def __init__(
        self,
        tokens: Sequence[int],
        block_size: int,
        *,
        algorithm: str = "fast",
        salt: str = "",
        adapter: tuple[str, str] | None = None,
        media: Sequence[MediaItem] = (),
        seed: str = SEED,
    ) -> None:
        self.block_size = block_size
        self._tokens = tuple(tokens)
        self._algorithm = ALGORITHMS[algorithm]
        self._root = _root(algorithm, seed)
        self._salt = salt
        self._adapter = adapter
        self._media = media
        self._hashes: list[int] = []

    def extend(self, tokens: Sequence[int]) -> None:
        self._tokens += tuple(tokens)

    @property
    def identity(self) -> int:
        blocks = len(self._tokens) // self.block_size
        hashes = self.first(blocks)
        parent = hashes[-1] if blocks else self._root
        return derive(parent, self._tokens[blocks * self.block_size :], self.extra_keys(blocks))

    def first(self, blocks: int) -> Sequence[int]:
        hashes = self._hashes
        if len(hashes) < blocks:
            self._compute(min(blocks, len(self._tokens) // self.block_size))
        return hashes if len(hashes) <= blocks else hashes[:blocks]

    def tokens(self, first: int, last: int) -> Sequence[int]:
        return list(self._tokens[first * self.block_size : last * self.block_size])

    def extra_keys(self, block: int) -> ExtraKeys | None:
        if not (self._adapter or self._media or (self._salt and not block)):
            return None
        start = block * self.block_size
        keys: list[tuple[str | int, ...]] = [("lora", *self._adapter)] if self._adapter else []
        for item in self._media:
            if item.offset < start + self.block_size and item.offset + item.tokens > start:
                keys.append(("mm", item.identifier, item.offset - start))
        if self._salt and not block:
            keys.append(("cache_salt", self._salt))
        return tuple(keys) or None

    def _compute(self, blocks: int) -> None:
        tokens, size, hashes, hashed = self._tokens, self.block_size, self._hashes, self._algorithm.block
        parent = hashes[-1] if hashes else self._root
        has_keys = bool(self._adapter or self._media)
        for block in range(len(hashes), blocks):
            extra = self.extra_keys(block) if has_keys or not block else None
            parent = hashed(parent, tokens[block * size : block * size + size], extra)
            hashes.append(parent)


class TraceHashes:
    """Hashes of a request of a trace, which names the content of larger blocks and no tokens.

    hash_ids: one for each `trace_block` of the first `hashed_tokens` tokens, the last may be partial; equal ids mean
    equal prefixes. Beyond those, and beyond the ids, tokens are like no other request's with another `unique`.
    """

    __slots__ = ("_hashed_tokens", "_hashes", "_ids", "_total_tokens", "_trace_block", "_unique", "block_size")

    def __init__(
        self,
        hash_ids: Sequence[int],
        trace_block: int,
        hashed_tokens: int,
        total_tokens: int,
        unique: int,
        block_size: int,
        *,
        salt: str = "",
    ) -> None:
        self.block_size = block_size
        self._ids = hash_ids
        self._trace_block = trace_block
        self._hashed_tokens = min(hashed_tokens, len(hash_ids) * trace_block)
        self._total_tokens = total_tokens
        self._unique = derive(salt, unique)
        self._hashes: list[int] = [derive(salt)]
        """The root, then the blocks'."""

    @property
    def identity(self) -> int:
        unique = self._unique if self._hashed_tokens < self._total_tokens else None
        return derive(self._hashes[0], list(self._ids), unique)

    def first(self, blocks: int) -> Sequence[int]:
        hashes, size, per_id, ids = self._hashes, self.block_size, self._trace_block, self._ids
        parent = hashes[-1]
        for block in range(len(hashes) - 1, min(blocks, self._total_tokens // size)):
            end = block * size + size
            if end <= self._hashed_tokens:
                content = (block, *ids[block * size // per_id : (end - 1) // per_id + 1])
            else:
                content = (block, self._unique)
            parent = hash((parent, content)) & _MASK
            hashes.append(parent)
        return hashes[1 : blocks + 1]

    def tokens(self, first: int, last: int) -> Sequence[int]:
        """Nobody knows them."""
        return ()

    def extra_keys(self, block: int) -> ExtraKeys | None:
        return None


def unique(number: int, total_tokens: int, block_size: int) -> TraceHashes:
    """Of tokens that no other request has, unless with the same number."""
    return TraceHashes((), 1, 0, total_tokens, number, block_size)


@lru_cache(maxsize=64)
def _root(algorithm: str, seed: str) -> int:
    return ALGORITHMS[algorithm].root(seed)


def _fast(parent: int, tokens: tuple[int, ...], extra: ExtraKeys | None) -> int:
    # Python's hashes of integers and of tuples of them are the same in every process; those of text are not.
    return hash((parent, tokens) if extra is None else (parent, tokens, _derived(extra))) & _MASK


@lru_cache(maxsize=1024)
def _derived(extra: ExtraKeys) -> int:
    return derive(*extra)


def _sha256(data: bytes) -> int:
    return int.from_bytes(sha256(data).digest(), "big")


def _pickled(value: object) -> int:
    return _sha256(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))


def _pickled_block(parent: int, tokens: tuple[int, ...], extra: ExtraKeys | None) -> int:
    return _pickled((parent.to_bytes(32, "big"), tokens, extra))


def _cbor_block(parent: int, tokens: tuple[int, ...], extra: ExtraKeys | None) -> int:
    head = b"\x83\x58\x20"  # an array of three, the first of them 32 bytes
    return _sha256(head + parent.to_bytes(32, "big") + cbor.integers(tokens) + cbor.encode(extra))


ALGORITHMS: dict[str, Algorithm] = {
    "fast": Algorithm(derive, _fast),
    "sha256": Algorithm(_pickled, _pickled_block),
    "sha256_cbor": Algorithm(lambda seed: _sha256(cbor.encode(seed)), _cbor_block),
}
"""The latter two: vLLM 0.33, v1/core/kv_cache_utils.py."""
