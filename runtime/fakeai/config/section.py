"""What every section and every value of the configuration has in common.

Files, environment and command line all give text, so there is one way to read a value: from text.
"""

import json
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


def _parse(value: Any) -> Any:
    """Text is JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise ValueError('expected JSON, such as {"name": 1}') from None


Json = BeforeValidator(_parse)
"""Marks what text says in JSON: Annotated[dict[str, T], Json]."""
