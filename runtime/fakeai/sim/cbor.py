"""Canonical CBOR (RFC 8949, section 4.2.1) of what block hashes are made of, and of nothing else."""

from functools import lru_cache

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY = 0 << 5, 1 << 5, 2 << 5, 3 << 5, 4 << 5


def encode(value: object) -> bytes:
    """None, integers of up to 64 bits, bytes, text, and tuples of these."""
    if isinstance(value, int):
        return _integer(value)
    if value is None:
        return b"\xf6"
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return _head(_TEXT, len(text)) + text
    if isinstance(value, tuple):
        return _head(_ARRAY, len(value)) + b"".join(map(encode, value))
    raise TypeError(type(value).__name__)


def integers(values: tuple[int, ...]) -> bytes:
    """The same as `encode`, several times as fast."""
    return _head(_ARRAY, len(values)) + b"".join(map(_integer, values))


@lru_cache(1 << 16)  # tokens repeat
def _integer(value: int) -> bytes:
    return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes((major | number,))
    size = max(0, (number.bit_length() - 1).bit_length() - 3)  # log2 of the bytes it takes
    return bytes((major | 24 + size,)) + number.to_bytes(1 << size, "big")
