"""Object ids: OpenAI's prefix plus characters derived from a seed."""

from fakeai.core.seeds import Draw

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]
DEFAULT_LENGTH = 24


def token(r: Draw, length: int = DEFAULT_LENGTH) -> str:
    """Base-62 text; four characters per draw."""
    made = [r() for _ in range((length + 3) // 4)]
    return "".join([_PAIRS[n % 3844] + _PAIRS[n // 3844 % 3844] for n in made])[:length]


def hexadecimal(r: Draw, length: int = 32) -> str:
    """Hexadecimal text; six characters per draw."""
    return "".join([f"{r() & 0xFFFFFF:06x}" for _ in range((length + 5) // 6)])[:length]
