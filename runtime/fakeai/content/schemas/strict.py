"""Placeholder."""

from typing import Any, Literal


def check_strict(schema: Any, kind: Literal["response_format", "function"], name: str, param: str) -> None:
    return None


def check_schema(schema: Any, kind: Literal["response_format", "function"], name: str, param: str) -> None:
    return None
