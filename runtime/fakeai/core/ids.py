"""Object ids: OpenAI's prefix plus characters derived from a seed."""

from hashlib import blake2b

from fakeai.core.seeds import Draw

DEFAULT_LENGTH = 24
_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE_62 = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))


def token(r: Draw, length: int = DEFAULT_LENGTH) -> str:
    """Base-62 text of at most 64 characters, from two draws."""
    return _digest(r, length).translate(_BASE_62).decode()


def hexadecimal(r: Draw, length: int = 32) -> str:
    """Hexadecimal text of at most 128 characters, from two draws."""
    return _digest(r, (length + 1) // 2).hex()[:length]


def _digest(r: Draw, size: int) -> bytes:
    return blake2b((r() << 31 | r()).to_bytes(8, "little"), digest_size=size).digest()
