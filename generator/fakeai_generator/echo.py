"""Which request properties an object of the response can carry over as they are.

A property is echoed if every value that the request's schema allows is allowed by the object's schema too; null is left
out of account, for the object gets only values that are not null. Where that cannot be shown, the answer is no.
Properties that an open object schema does not name are taken to be absent.
"""

from math import inf
from typing import Any

import jsonschema_rs

from fakeai_generator.merge import NULL, Contradiction, Merger, kind_of, properties_of
from fakeai_generator.tree import Schema, closure, ref_name, references

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = (
    *("pattern", "contentEncoding", "multipleOf", "uniqueItems", "prefixItems"),
    *("propertyNames", "patternProperties", "not"),
)


def echoes(request_schema: Schema, object_schema: Schema, components: dict[str, Schema]) -> tuple[str, ...]:
    """In the request's order."""
    asked = properties_of(request_schema, components)
    kept = properties_of(object_schema, components)
    comparison = _Comparison(components)
    return tuple(name for name, schema in asked.items() if name in kept and comparison.carries(schema, kept[name]))


class _Comparison:
    def __init__(self, components: dict[str, Schema]) -> None:
        self.merger = Merger(components)
        self._assumed: set[tuple[str, str]] = set()
        """Pairs of references under way: a recursive schema fits if nothing else speaks against it."""

    def carries(self, given: Schema, taken: Schema) -> bool:
        try:
            variants = self.variants(given)
        except Contradiction:
            return False
        values = [variant for variant in variants if variant != NULL]
        return bool(values) and all(self.fits(variant, taken) for variant in values)

    def variants(self, schema: Schema) -> list[Schema]:
        simple = self.merger.target(schema)
        found: list[Schema] = simple.get("anyOf", [simple])
        return found

    def fits(self, given: Schema | bool, taken: Schema | bool) -> bool:
        """Whether every value of given is one of taken."""
        try:
            one, other = self.merger.simplify(given), self.merger.simplify(taken)
        except Contradiction:
            return given is False
        if one == other or not other:
            return True
        pair = ref_name(one) or "", ref_name(other) or ""
        if pair in self._assumed:
            return True
        if not all(pair):
            return self._fits_simple(one, other)
        self._assumed.add(pair)
        try:
            return self._fits_simple(one, other)
        finally:
            self._assumed.discard(pair)

    def _fits_simple(self, one: Schema, other: Schema) -> bool:
        choices = [self.merger.target(variant) for variant in self.variants(other)]
        return all(self._fits_one_of(self.merger.target(variant), choices) for variant in self.variants(one))

    def _fits_one_of(self, given: Schema, choices: list[Schema]) -> bool:
        if "anyOf" in given:
            return all(self._fits_one_of(self.merger.target(variant), choices) for variant in given["anyOf"])
        return any(self._fits_leaf(given, choice) for choice in choices)

    def _fits_leaf(self, given: Schema, taken: Schema) -> bool:
        if "anyOf" in taken:
            return self._fits_simple(given, taken)
        listed = [given["const"]] if "const" in given else given.get("enum")
        if listed is not None:
            return self._accepts(taken, listed)
        if "const" in taken or "enum" in taken:
            return kind_of(given) == kind_of(taken) == "boolean" and set(taken.get("enum", ())) == {True, False}
        kind = kind_of(taken)
        if kind is not None and kind_of(given) not in (kind, "integer" if kind == "number" else kind):
            return False
        return _within(given, taken) and self._parts_fit(given, taken)

    def _accepts(self, taken: Schema, values: list[Any]) -> bool:
        components = self.merger.components
        known = {name: components[name] for name in closure(list(references(taken)), components)}
        schema = {**taken, "components": {"schemas": known}} if known else taken
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        return all(validator.is_valid(value) for value in values)

    def _parts_fit(self, given: Schema, taken: Schema) -> bool:
        kind = kind_of(taken)
        if kind == "object":
            return self._object_fits(given, taken)
        return kind != "array" or self.fits(given.get("items", True), taken.get("items", True))

    def _object_fits(self, given: Schema, taken: Schema) -> bool:
        asked, kept = given.get("properties", {}), taken.get("properties", {})
        more, room = given.get("additionalProperties", True), taken.get("additionalProperties", True)
        if not set(taken.get("required", ())) <= set(given.get("required", ())):
            return False
        if kept and not set(asked) <= set(kept):
            return False
        if not kept and not all(self.fits(schema, room) for schema in asked.values()):
            return False
        if not all(self.fits(schema, kept[name]) for name, schema in asked.items() if name in kept):
            return False
        return self._rest_fits(more, room, named=bool(asked or kept))

    def _rest_fits(self, more: Schema | bool, room: Schema | bool, named: bool) -> bool:
        """Properties without a name of their own. `named`: such properties are not what the schema is about."""
        if more in (True, {}) and named:
            return True
        return more is False or self.fits(more, room)


def _within(given: Schema, taken: Schema) -> bool:
    """Whether the bounds of given are the same or closer."""
    if any(taken.get(key) not in (None, given.get(key)) for key in _EXACT):
        return False
    if kind_of(taken) == "string" and taken.get("format") not in (None, given.get("format")):
        return False
    low = all(given.get(key, _least(key)) >= taken[key] for key in _LOWER if key in taken)
    return low and all(given.get(key, inf) <= taken[key] for key in _UPPER if key in taken)


def _least(key: str) -> float:
    """What is allowed when nothing is said."""
    return -inf if key in ("minimum", "exclusiveMinimum") else 0
