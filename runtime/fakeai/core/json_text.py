"""JSON text of a client."""

from typing import Any

import orjson

from fakeai.core.errors import ApiError

MAX_DEPTH = 200
"""orjson writes 254 levels; what a client sends must fit into an answer that adds some around it."""

_MARGIN = 254 - MAX_DEPTH


def parse_json(raw: bytes) -> Any:
    """Raises ApiError 400 for anything but JSON in UTF-8. Of duplicate names the last counts."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _unparseable(str(error)) from None
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _is_deep(value):
        raise _unparseable(f"nested deeper than {MAX_DEPTH} levels")
    return value


def _unparseable(why: str) -> ApiError:
    return ApiError(400, f"We could not parse the JSON body of your request. It is not valid JSON: {why}.")


def _is_deep(value: Any) -> bool:
    """Encoding is the quickest way to measure, four times as quick as a walk."""
    for _ in range(_MARGIN):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False
