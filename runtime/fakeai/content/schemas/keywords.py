"""Which keywords of JSON Schema hold schemas, and a walk over them."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any] | bool
Step = tuple[str, ...]

ONE = frozenset(
    {
        "additionalProperties",
        "contains",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
"""The value is a schema."""
LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
MAPS = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


def subschemas(schema: Mapping[str, Any]) -> Iterator[tuple[Step, Any]]:
    """The schemas directly inside, each with the keys that lead to it, as ("properties", "city")."""
    for key, value in schema.items():
        if key in ONE:
            yield (key,), value
        elif key in LISTS and isinstance(value, list):
            yield from (((key, str(index)), item) for index, item in enumerate(value))
        elif key in MAPS and isinstance(value, Mapping):
            yield from (((key, name), item) for name, item in value.items())
