"""How many prompt tokens an answer says were cached: what was found, counted as the model's vendor counts."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Literal, NamedTuple

from fakeai.core.errors import unsupported_parameter, unsupported_value
from fakeai.core.operation import Document
from fakeai.core.specs import ModelSpec

OPENAI_LEAST = 1024
OPENAI_STEP = 128
"""Source: OpenAI's prompt caching guide: from 1,024 prompt tokens, in steps of 128."""
MOST_READ = 80
MOST_WRITTEN = 4
"""Breakpoints of one request, the implicit one included. Source: the same, for gpt-5.6 and later."""
REMEMBERED = 65_536

Mode = Literal["implicit", "explicit"]


def _found(tokens: int) -> int:
    return tokens


def _openai(tokens: int) -> int:
    return tokens - tokens % OPENAI_STEP if tokens >= OPENAI_LEAST else 0


def _none(tokens: int) -> int:
    return 0


CACHED_TOKENS: dict[str, Callable[[int], int]] = {
    "blocks": _found,
    "breakpoints": _found,
    "openai": _openai,
    "none": _none,
}
"""By the catalog's cached_tokens. Of conversations with models that have breakpoints, Prefixes tell."""


def check_caching(document: Document, model: ModelSpec) -> None:
    """Raises ApiError 400 for what a request says of prompt caching and its model does not take."""
    retention = document.get("prompt_cache_retention")
    if retention is not None and retention not in model.cache_retentions:
        known = ", ".join(f"'{name}'" for name in model.cache_retentions)
        raise unsupported_value("prompt_cache_retention", f"'{retention}'", f"Supported values are: {known}.")
    if document.get("prompt_cache_options") is not None and model.cached_tokens != "breakpoints":
        raise unsupported_parameter("prompt_cache_options")


class Prefixes(NamedTuple):
    """Of one prompt, in tokens: prefixes that earlier requests wrote, and the longest that this one writes, if any."""

    known: Sequence[int] = ()
    written: int = 0
    block_size: int = 1

    def cached(self, found: int) -> int:
        """The longest known prefix of which all full blocks were found."""
        return max([tokens for tokens in self.known if tokens - tokens % self.block_size <= found], default=0)


class Breakpoints:
    """The prefixes that were written, by their hashes: the latest ones, in two generations."""

    def __init__(self, block_size: int) -> None:
        self._block_size = block_size
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()

    def take(
        self, told_apart: str, ids: Sequence[int], ends: Sequence[int], marked: Sequence[int], mode: Mode
    ) -> Prefixes:
        """Finds what was written before, and remembers what this request writes.

        ends: of the messages, where earlier requests may have ended; the last is this one's implicit breakpoint.
        marked: explicit breakpoints."""
        implicit = ends[-1:] if mode == "implicit" else ()
        writes = {*marked[len(implicit) - MOST_WRITTEN :], *implicit}
        if not writes:
            return Prefixes()
        reads = sorted({*ends, *marked})[-MOST_READ:]
        places = [tokens for tokens in sorted({*reads, *writes}) if tokens >= OPENAI_LEAST]
        known, written = [], 0
        for tokens, prefix in _hashes(told_apart, ids, places):
            if prefix in self._young or prefix in self._old:
                known.append(tokens)
            if tokens in writes:
                self._remember(prefix)
                written = tokens
        return Prefixes(known, written, self._block_size)

    def _remember(self, prefix: bytes) -> None:
        self._young.add(prefix)
        if len(self._young) >= REMEMBERED // 2:
            self._old, self._young = self._young, set()


def _hashes(told_apart: str, ids: Sequence[int], places: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    digest, start = blake2b(told_apart.encode("utf-8", "surrogatepass"), digest_size=16), 0
    for end in places:
        digest.update(array("I", ids[start:end]).tobytes())
        start = end
        yield end, digest.digest()
