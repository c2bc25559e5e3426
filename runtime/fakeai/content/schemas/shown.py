"""JSON Schemas that stand in a prompt: how clients ask for a form where an API has no parameter for it."""

import json
import re
from collections.abc import Iterator
from typing import Any

from fakeai.content.schemas.names import range_of
from fakeai.content.theme import fields_in

MAX_CHARS = 50_000
MAX_FAILED = 16
"""Braces that begin no JSON, after which nobody means to show any."""
MARKS = ("properties", "$defs", "anyOf", "$ref")
_SEVERAL = re.compile(r"\b(?:list|array|each|every|several)\b|\b\d+ [a-z]+s\b")
_DECODER = json.JSONDecoder()


def shown_schema(text: str) -> dict[str, Any] | None:
    """The first object in the text that is a schema of objects; None if there is none."""
    return next((value for value in _objects(text[:MAX_CHARS]) if any(mark in value for mark in MARKS)), None)


def named_schema(text: str) -> dict[str, Any] | None:
    """Of one object whose fields the text names: "with keys name, age and city"."""
    names = fields_in(text[:MAX_CHARS])
    if len(names) < 2 or _SEVERAL.search(text[:MAX_CHARS].lower()):
        return None
    properties = {name: {"type": "number" if range_of(name) and name != "id" else "string"} for name in names}
    return {"type": "object", "properties": properties, "required": list(names)}


def _objects(text: str) -> Iterator[dict[str, Any]]:
    at, failed = text.find("{"), 0
    while at >= 0 and failed < MAX_FAILED:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            end, failed = at + 1, failed + 1
        else:
            yield value
        at = text.find("{", end)
