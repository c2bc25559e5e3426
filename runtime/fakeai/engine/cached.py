"""How many prompt tokens an answer says were cached: what was found, counted as the model's vendor counts."""

from collections.abc import Callable

OPENAI_LEAST = 1024
OPENAI_STEP = 128
"""Source: OpenAI's prompt caching guide: from 1,024 prompt tokens, in steps of 128."""


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
"""By the catalog's cached_tokens."""
