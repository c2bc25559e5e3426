"""What every section and every value of the configuration has in common.

Files, environment and command line all give text, so there is one way to read a value: from text.
"""

import json
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _split(value: Any) -> Any:
    """Text is a JSON list, or items between commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            raise ValueError("expected a JSON list, or items between commas") from None
    return [item.strip() for item in value.split(",") if item.strip()]


Items = BeforeValidator(_split)
"""Marks a list: Annotated[list[T], Items]."""

TextList = Annotated[list[str], Items]


def _parse(value: Any, kind: type, expected: str) -> Any:
    """Text is JSON."""
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value)
    except json.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, kind):
        raise ValueError(f"expected {expected}")
    return parsed


JsonObject = BeforeValidator(partial(_parse, kind=dict, expected='a JSON object, such as {"name": 1}'))
"""Marks a mapping: Annotated[dict[str, T], JsonObject]."""

JsonList = BeforeValidator(partial(_parse, kind=list, expected='a JSON list, such as [{"name": 1}]'))
"""Marks a list of mappings: Annotated[list[T], JsonList]."""
