"""One tokenizer interface for all models: exact for OpenAI's encodings, a documented approximation for the rest.

No exact vocabulary of other model families can be read offline, so they use the nearest of the exact ones. Llama 3's
vocabulary is cl100k_base's 100k merges plus 28k for other languages, behind the same split pattern; Qwen's is derived
from cl100k_base too (it differs in splitting digits one by one), and Phi-4's is the same padded: these use
cl100k_base. All others use o200k_base.
An approximate tokenizer is a complete one: ids decode to the text again and count(text) is len(encode(text)).
Special-token text in user input (such as "<|endoftext|>") is ordinary text everywhere.
"""

from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from fakeai.content.vocabulary import Vocabulary, load, loaded
from fakeai.core.errors import ApiError

_CACHE_BYTES = 8_000_000
_SHORT_CHARS = 64
_SHORT_TEXTS = 4096
_SHARED_PIECES = 20_000
_ENTRY_BYTES = 200  # dict slot, key and header of one remembered text


class Piece(NamedTuple):
    """The smallest part of a text that can be streamed: one token, or the tokens that share a code point."""

    text: str
    ids: tuple[int, ...]


class Tokenizer:
    """`exact` tells whether the counts are the real model's."""

    def __init__(self, name: str, vocabulary: Vocabulary, exact: bool) -> None:
        self.name = name
        self.exact = exact
        self._vocabulary = vocabulary
        self.encode = vocabulary.encode
        self._short = lru_cache(maxsize=_SHORT_TEXTS)(self.encode)
        self._texts = _Texts()
        self._single: dict[int, Piece] = {}

    @property
    def last_id(self) -> int:
        """The largest id that requests may name."""
        return self._vocabulary.last_id

    def encode_batch(self, texts: Iterable[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def decode(self, ids: Sequence[int], param: str = "tokens") -> str:
        """Bytes that are not UTF-8 become U+FFFD. Raises ApiError 400 for an id outside the vocabulary."""
        try:
            return self._vocabulary.decode_bytes(list(ids)).decode("utf-8", "replace")
        except (KeyError, OverflowError):
            unknown = next(id for id in ids if not self._has(id))
            message = f"Token id {unknown} is not in the vocabulary of {self.name}."
            raise ApiError(400, message, param=param) from None

    def _has(self, id: int) -> bool:
        try:
            self._vocabulary.decode_bytes([id])
        except (KeyError, OverflowError):
            return False
        return True

    def token_bytes(self, token: int) -> bytes:
        return self._vocabulary.token_bytes(token)

    def ids(self, text: str) -> Sequence[int]:
        """encode(text), remembered. The first time it costs 0.1 s per MB of English, up to 0.4 s of other text."""
        if len(text) <= _SHORT_CHARS:
            return self._short(text)
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        ids = self._texts.get(key)
        if ids is None:
            ids = array("I", self.encode(text))
            self._texts.put(key, ids)
        return ids

    def count(self, text: str) -> int:
        return len(self.ids(text))

    def count_batch(self, texts: Iterable[str]) -> list[int]:
        return [self.count(text) for text in texts]

    def pieces(self, text: str) -> list[Piece]:
        """The text split at token boundaries, but never inside a code point."""
        ids = self.encode(text)
        if text.isascii():
            return [self._single.get(token) or self._piece(token) for token in ids]
        token_bytes = self._vocabulary.token_bytes
        return _join_partial((token, token_bytes(token)) for token in ids)

    def _piece(self, token: int) -> Piece:
        """The piece of a token that is ASCII text, one object for all its uses."""
        piece = Piece(self._vocabulary.token_bytes(token).decode(), (token,))
        if len(self._single) < _SHARED_PIECES:
            self._single[token] = piece
        return piece


def _join_partial(tokens: Iterable[tuple[int, bytes]]) -> list[Piece]:
    pieces: list[Piece] = []
    pending: tuple[int, ...] = ()
    data = b""
    for token, part in tokens:
        pending += (token,)
        data += part
        try:
            text = data.decode()
        except UnicodeDecodeError:
            continue
        pieces.append(Piece(text, pending))
        pending, data = (), b""
    return pieces


class _Texts:
    """Ids of long texts. Two generations: when the young one is full it becomes the old one, and what is still in use
    moves back."""

    def __init__(self) -> None:
        self._young: dict[bytes, array[int]] = {}
        self._old: dict[bytes, array[int]] = {}
        self._bytes = 0

    def get(self, key: bytes) -> "array[int] | None":
        ids = self._young.get(key)
        if ids is None:
            ids = self._old.get(key)
            if ids is not None:
                self.put(key, ids)
        return ids

    def put(self, key: bytes, ids: "array[int]") -> None:
        self._young[key] = ids
        self._bytes += _ENTRY_BYTES + len(ids) * ids.itemsize
        if self._bytes > _CACHE_BYTES // 2:
            self._old, self._young, self._bytes = self._young, {}, 0


_tokenizers: dict[str, Tokenizer] = {}


def get(name: str) -> Tokenizer:
    """The tokenizer of that name; reads its vocabulary at the first call (up to 0.3 s), safe from any thread."""
    tokenizer = _tokenizers.get(name)
    if tokenizer is None:
        tokenizer = Tokenizer(name, load(vocabulary_name(name)), name in EXACT)
        tokenizer = _tokenizers.setdefault(name, tokenizer)
    return tokenizer


def ready(name: str) -> bool:
    """Whether get(name) returns at once."""
    return loaded(vocabulary_name(name))


def vocabulary_name(name: str) -> str:
    return EXACT.get(name) or APPROXIMATE.get(name, "o200k_base")


EXACT = {
    "cl100k_base": "cl100k_base",
    "o200k_base": "o200k_base",
    "o200k_harmony": "o200k_base",
}

APPROXIMATE = {"llama3": "cl100k_base", "qwen": "cl100k_base", "phi": "cl100k_base"}
