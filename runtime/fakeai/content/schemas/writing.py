"""JSON that a model would write for a schema: valid, and made of what the user said where that fits."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from fakeai.content.schemas.document import CannotWrite, Document, serialised
from fakeai.content.schemas.nodes import MISSING, Node, Writing
from fakeai.content.schemas.planning import Planner
from fakeai.content.schemas.said import said_in
from fakeai.core.seeds import Draw

MAX_PLANS = 512
FREE_LEVELS = 4
"""How much deeper than the smallest value others may be nested."""


def schema_text(schema: Mapping[str, Any] | bool, said: str, r: Draw) -> str:
    """Compact JSON of a value that is valid by the schema, in Draft 2020-12; `said`: the last user message.

    Raises CannotWrite if none was found.
    """
    root = plan(serialised(schema))
    w = Writing(said_in(said), r)
    try:
        value = root.find(w)
        if value is MISSING:
            value = root.make(w, root.height + FREE_LEVELS)
    except RecursionError:
        raise CannotWrite("#", "the smallest value is nested too deep") from None
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # integers of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@lru_cache(MAX_PLANS)
def plan(schema: bytes) -> Node:
    from jsonschema_rs import ValidationError

    document = Document(orjson.loads(schema))
    try:
        document.check()
        root = Planner(document).plan(document.root)
    except ValidationError as error:
        raise CannotWrite("#", error.message) from None
    except RecursionError:
        raise CannotWrite("#", "the schema is nested too deep") from None
    if root.height == float("inf"):
        raise CannotWrite("#", "no value is valid by this schema")
    return root
