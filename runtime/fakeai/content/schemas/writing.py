"""JSON text that a schema accepts."""

from collections.abc import Mapping
from typing import Any

from fakeai.core.seeds import Draw


def schema_text(schema: Mapping[str, Any] | bool, said: str, r: Draw) -> str:
    return "{}"
