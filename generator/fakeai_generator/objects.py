"""Which properties a faked object shows."""

import re
from typing import Any

from fakeai_generator.merge import Merger, Unsupported
from fakeai_generator.tree import Schema


class Shapes:
    def __init__(self, merger: Merger) -> None:
        self._merger = merger

    def variants(self, schema: Schema) -> list[Schema]:
        simple = self._merger.target(schema)
        found: list[Schema] = simple.get("anyOf", [simple])
        return found

    def members(self, leaf: Schema) -> dict[str, Any]:
        """The properties to show: every one, unless maxProperties or `not` forbid it."""
        required = leaf.get("required", ())
        known = leaf.get("properties", {})
        shown = {name: schema for name, schema in known.items() if schema is not False}
        shown |= {name: leaf.get("additionalProperties", True) for name in required if name not in known}
        unwanted = _forbidden(leaf)
        optional = [name for name in shown if name not in required and name not in unwanted]
        room = max(leaf.get("maxProperties", len(shown)) - len(required), 0)
        kept = {*required, *optional[:room]}
        patterns = leaf.get("patternProperties", {})
        return {name: _patterned(name, schema, patterns) for name, schema in shown.items() if name in kept}

    def kinds(self, members: dict[str, Schema]) -> tuple[str, ...]:
        """Constants that tell what an object is."""
        leaves = [self._merger.target(members[name]) for name in ("object", "type") if name in members]
        values = [leaf.get("const", (leaf.get("enum") or [None])[0]) for leaf in leaves]
        return tuple(value for value in values if isinstance(value, str))

    def payloads(self, leaf: Schema, members: dict[str, Schema]) -> list[str]:
        """Properties of which an object shows only the one that its `type` names; none if there are fewer than two."""
        listed = self._merger.target(members["type"]).get("enum", ()) if "type" in members else ()
        named = [name for name in listed if name in members and name not in leaf.get("required", ())]
        return named if len(named) > 1 else []

    def is_page(self, members: dict[str, Schema]) -> bool:
        """Whether `data` holds objects that all have an id."""
        items = self._merger.target(members.get("data", {})).get("items")
        return items is not None and all(
            "id" in self._merger.target(variant).get("properties", ()) for variant in self.variants(items)
        )


def _forbidden(leaf: Schema) -> set[str]:
    unwanted = leaf.get("not", {})
    if unwanted.keys() - {"required"}:
        raise Unsupported("not, other than of required properties")
    return set(unwanted.get("required", ()))


def _patterned(name: str, schema: Schema, patterns: dict[str, Schema]) -> Schema:
    extra = [pattern for regex, pattern in patterns.items() if re.search(regex, name)]
    return {"allOf": [schema, *extra]} if extra else schema
