"""Rows of traces: what one line says, in each format."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

import orjson

HEADER = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
MOONCAKE_BLOCK_TOKENS = 512
"""What one of hash_ids stands for. Source: the README of the Mooncake traces."""


class BadRow(ValueError):
    """What is wrong with a row, in one line."""


@dataclass(slots=True)
class Row:
    at_s: float
    """On the trace's own clock."""
    prompt_tokens: int
    output_tokens: int
    hash_ids: list[int] | None = None
    block_tokens: int = MOONCAKE_BLOCK_TOKENS
    """What one of hash_ids stands for."""
    hashed_tokens: int = 0
    """So many tokens from the first on are what hash_ids say."""
    prompt_ids: list[int] | None = None
    output_ids: list[int] | None = None
    session: str | None = None
    prefix: str | None = None
    prefix_tokens: int = 0
    cancel_at_s: float | None = None
    model: str = ""
    tenant: str = ""
    adapter: str | None = None
    priority: int = 0
    max_tokens: int | None = None


def azure(line: bytes) -> Row:
    """2023-11-16 18:15:46.6805900,374,44: fractions of a second have seven digits."""
    cells = line.decode("utf-8", "replace").strip().split(",")
    if len(cells) != len(HEADER):
        raise BadRow(f"expected {','.join(HEADER)}, got {len(cells)} cells")
    at_s = _azure_s(cells[0])
    return Row(
        at_s, _count(_integer(cells[1], HEADER[1]), HEADER[1], 1), _count(_integer(cells[2], HEADER[2]), HEADER[2])
    )


def _azure_s(text: str) -> float:
    whole, _, fraction = text.partition(".")
    try:
        return datetime.fromisoformat(f"{whole}+00:00").timestamp() + (
            int(fraction) / 10 ** len(fraction) if fraction else 0
        )
    except ValueError:
        raise BadRow(f"TIMESTAMP: expected such as 2023-11-16 18:15:46.6805900, got {text!r}") from None


def _integer(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadRow(f"{name}: expected a whole number, got {text!r}") from None


def mooncake(line: bytes) -> Row:
    values = _object(line)
    prompt_tokens = _count(values.get("input_length"), "input_length", 1)
    hash_ids = _integers(values, "hash_ids")
    if len(hash_ids) * MOONCAKE_BLOCK_TOKENS < prompt_tokens:
        raise BadRow(f"hash_ids: {len(hash_ids)} blocks of {MOONCAKE_BLOCK_TOKENS} are fewer than input_length says")
    output_tokens = _count(values.get("output_length"), "output_length")
    at_s = _number(values, "timestamp") / 1e3
    return Row(at_s, prompt_tokens, output_tokens, hash_ids=hash_ids, hashed_tokens=prompt_tokens)


def own(line: bytes) -> Row:
    """The format of docs/simulate.md."""
    values = {name: value for name, value in _object(line).items() if value is not None}
    if unknown := [name for name in values if name not in _OWN]:
        raise BadRow(f"unknown field {unknown[0]!r}")
    if ("at_s" in values) == ("timestamp_ms" in values):
        raise BadRow("expected one of at_s and timestamp_ms")
    at_s = _number(values, "at_s") if "at_s" in values else _number(values, "timestamp_ms") / 1e3
    prompt_ids = _integers(values, "prompt_ids") if "prompt_ids" in values else None
    output_ids = _integers(values, "output_ids") if "output_ids" in values else None
    prompt_tokens, output_tokens = _tokens(values, prompt_ids, "prompt", 1), _tokens(values, output_ids, "output", 0)
    if output_ids is not None and prompt_ids is None:
        raise BadRow("output_ids without prompt_ids")
    if prompt_ids is not None and "prefix" in values:
        raise BadRow("prefix besides prompt_ids: the ids say it already")
    row = Row(at_s, prompt_tokens, output_tokens, prompt_ids=prompt_ids, output_ids=output_ids)
    _read_hashes(row, values)
    for name in _TEXTS:
        if name in values:
            setattr(row, name, _text(values, name))
    _read_numbers(row, values)
    return row


def _read_hashes(row: Row, values: Mapping[str, Any]) -> None:
    if ("hash_ids" in values) != ("block_tokens" in values):
        raise BadRow("hash_ids and block_tokens need each other")
    if "hash_ids" not in values:
        return
    if "prompt_ids" in values or "prefix" in values:
        raise BadRow("hash_ids besides prompt_ids or prefix: each says what is shared")
    row.hash_ids, row.block_tokens = _integers(values, "hash_ids"), _count(values["block_tokens"], "block_tokens", 1)
    row.hashed_tokens = len(row.hash_ids) * row.block_tokens


def _read_numbers(row: Row, values: Mapping[str, Any]) -> None:
    if "cancel_at_s" in values:
        row.cancel_at_s = _number(values, "cancel_at_s")
        if row.cancel_at_s < row.at_s:
            raise BadRow("cancel_at_s: is before the request")
    if "priority" in values:
        row.priority = _count(values["priority"], "priority", -(1 << 31))
    if "max_tokens" in values:
        row.max_tokens = _count(values["max_tokens"], "max_tokens", 1)
    if (row.prefix is None) != ("prefix_tokens" not in values):
        raise BadRow("prefix and prefix_tokens need each other")
    if row.prefix is not None:
        row.prefix_tokens = _count(values["prefix_tokens"], "prefix_tokens", 1)
        if row.prefix_tokens > row.prompt_tokens:
            raise BadRow("prefix_tokens: more than the prompt has")


def _tokens(values: Mapping[str, Any], ids: list[int] | None, what: str, least: int) -> int:
    name = f"{what}_tokens"
    if ids is None:
        return _count(values.get(name), name, least)
    if name in values and values[name] != len(ids):
        raise BadRow(f"{name}: {values[name]!r}, but there are {len(ids)} {what}_ids")
    return _count(len(ids), f"{what}_ids", least)


def _object(line: bytes) -> dict[str, Any]:
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadRow(f"not valid JSON: {error}") from None
    if not isinstance(values, dict):
        raise BadRow("expected a JSON object")
    return values


def _count(value: object, name: str, least: int = 0) -> int:
    if value is None:
        raise BadRow(f"{name} is missing")
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadRow(f"{name}: expected a whole number of at least {least}, got {value!r}")
    return value


def _number(values: Mapping[str, Any], name: str) -> float:
    value = values.get(name)
    if value is None:
        raise BadRow(f"{name} is missing")
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        raise BadRow(f"{name}: expected a number, got {value!r}")
    return float(value)


def _integers(values: Mapping[str, Any], name: str) -> list[int]:
    value = values.get(name)
    if not isinstance(value, list) or not all(type(item) is int for item in value):
        raise BadRow(f"{name}: expected a list of whole numbers")
    return value


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values[name]
    if not isinstance(value, str):
        raise BadRow(f"{name}: expected text, got {value!r}")
    return value


_TEXTS = ("session", "prefix", "model", "tenant", "adapter")
_OWN = {
    *("at_s", "timestamp_ms", "prompt_tokens", "output_tokens", "prompt_ids", "output_ids"),
    *("hash_ids", "block_tokens", "prefix_tokens", "cancel_at_s", "priority", "max_tokens"),
    *_TEXTS,
}

FORMATS: dict[str, Callable[[bytes], Row]] = {"azure": azure, "mooncake": mooncake, "jsonl": own}
