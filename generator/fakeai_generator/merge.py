"""Simple forms of schemas: what is left when references, allOf and the products of unions are worked out.

A simple schema is one of three: a bare reference; {"anyOf": [simple, ...]} and nothing else; or a leaf, which has
at most one type and none of $ref, allOf, anyOf, oneOf. Its properties and items are not simple yet.
"""

from collections.abc import Callable
from math import lcm
from typing import Any

from fakeai_generator.schemas import SHAPES, SpecError
from fakeai_generator.tree import Schema, ref_name

ANNOTATIONS = frozenset(("default", "deprecated", "readOnly", "writeOnly", "discriminator", "title", "description"))
NULL: Schema = {"type": "null"}
_LEGACY = frozenset(("nullable", "optional", "min_items", "max_items", "$recursiveAnchor", "$recursiveRef"))
KEYWORDS = frozenset(SHAPES["schema"]) - ANNOTATIONS - _LEGACY
_COMBINED = frozenset(("$ref", "allOf", "anyOf", "oneOf"))
_MAX_NESTING = 40


class Unsupported(SpecError):
    """A construct that the generator cannot turn into code; the message names the place."""


class Contradiction(Exception):
    """No value satisfies the schema."""


class Merger:
    """Works out schemas of one document."""

    def __init__(self, components: dict[str, Schema]) -> None:
        self.components = components
        self._nesting = 0

    def target(self, schema: Schema) -> Schema:
        """The simple, non-reference form of a schema."""
        simple = self.simplify(schema)
        seen: set[str] = set()
        while (name := ref_name(simple)) is not None:
            if name in seen:
                raise Unsupported(f"{name} refers only to itself")
            seen.add(name)
            simple = self.simplify(self.component(name))
        return simple

    def component(self, name: str) -> Schema:
        if name not in self.components:
            raise Unsupported(f"no component schema is named {name}")
        return self.components[name]

    def simplify(self, schema: Schema | bool) -> Schema:
        """Raises Contradiction if no value is allowed, Unsupported for unknown keywords."""
        if schema is False:
            raise Contradiction("no value is allowed")
        facts = {} if schema is True else {k: v for k, v in schema.items() if _is_fact(k)}
        if unknown := sorted(facts.keys() - KEYWORDS):
            raise Unsupported(f"unknown schema keyword {unknown[0]}")
        leaf = {k: v for k, v in facts.items() if k not in _COMBINED}
        factors = [{"$ref": facts["$ref"]}] if "$ref" in facts else []
        factors += [self.simplify(part) for part in facts.get("allOf", ())]
        factors += [self.union(facts[key]) for key in ("anyOf", "oneOf") if key in facts]
        result = _split(leaf)
        for factor in factors:
            result = self.intersect(result, factor)
        return result

    def union(self, variants: list[Schema]) -> Schema:
        """The simple union; nested unions are dissolved, impossible variants left out."""
        found: list[Schema] = []
        for variant in variants:
            try:
                simple = self.simplify(variant)
            except Contradiction:
                continue
            found.extend(part for part in simple.get("anyOf", [simple]) if part not in found)
        return _one_or_many(found)

    def intersect(self, one: Schema, other: Schema) -> Schema:
        """Of two simple schemas."""
        if not other or one == other:
            return one
        if not one:
            return other
        one, other = self.target(one), self.target(other)
        if "anyOf" in one or "anyOf" in other:
            return self._product(one.get("anyOf", [one]), other.get("anyOf", [other]))
        self._nesting += 1
        try:
            if self._nesting > _MAX_NESTING:
                raise Unsupported("allOf of recursive schemas")
            return self._merge(one, other)
        finally:
            self._nesting -= 1

    def _product(self, ones: list[Schema], others: list[Schema]) -> Schema:
        found: list[Schema] = []
        for one in ones:
            for other in others:
                try:
                    merged = self.intersect(one, other)
                except Contradiction:
                    continue
                found.extend(part for part in merged.get("anyOf", [merged]) if part not in found)
        return _one_or_many(found)

    def _merge(self, one: Schema, other: Schema) -> Schema:
        one, other = _same_closure(one, other)
        merged: Schema = {}
        for key in (*one, *(key for key in other if key not in one)):
            if key not in one or key not in other or one[key] == other[key]:
                merged[key] = one.get(key, other.get(key))
            elif key == "properties":
                merged[key] = self._properties(one[key], other[key])
            elif key in ("items", "additionalProperties"):
                merged[key] = self._nested(one[key], other[key])
            elif key in _COMBINERS:
                merged[key] = _COMBINERS[key](one[key], other[key])
            else:
                raise Unsupported(f"allOf combines two values of {key}")
        return _check(merged)

    def _properties(self, one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
        """A property that can have no value becomes False."""
        merged = {**one, **other}
        for name in one.keys() & other.keys():
            merged[name] = self._nested(one[name], other[name])
        return {name: merged[name] for name in (*one, *(name for name in other if name not in one))}

    def _nested(self, one: Schema | bool, other: Schema | bool) -> Schema | bool:
        try:
            return self.intersect(self.simplify(one), self.simplify(other))
        except Contradiction:
            return False


def _is_fact(key: str) -> bool:
    return key not in ANNOTATIONS and not key.startswith("x-")


def _split(leaf: Schema) -> Schema:
    """One leaf per type; an enum that lists null is a union with null."""
    types = leaf.get("type")
    if isinstance(types, str) and not (None in leaf.get("enum", ()) and types != "null"):
        return leaf
    if types is None:
        if None not in leaf.get("enum", ()) or len(leaf["enum"]) == 1:
            return leaf
        rest = {**leaf, "enum": [value for value in leaf["enum"] if value is not None]}
        return {"anyOf": [rest, {"type": "null"}]}
    wanted = [types] if isinstance(types, str) else types
    leaves = [{"type": "null"} if kind == "null" else _of_type(leaf, kind) for kind in wanted]
    return _one_or_many([part for part in leaves if part.get("enum") != []])


def _of_type(leaf: Schema, kind: str) -> Schema:
    part = {**leaf, "type": kind}
    if "enum" in leaf:
        part["enum"] = [value for value in leaf["enum"] if is_type(value, kind)]
    return part


def is_type(value: Any, kind: str) -> bool:
    """Whether a JSON value is of a JSON Schema type."""
    if isinstance(value, bool) or value is None:
        return kind == ("boolean" if isinstance(value, bool) else "null")
    if isinstance(value, (int, float)):
        return kind == "number" or (kind == "integer" and float(value).is_integer())
    return isinstance(value, {"string": str, "array": list, "object": dict}.get(kind, ()))


def kind_of(leaf: Schema) -> str | None:
    """The type of a leaf, also where it is only implied; None if anything goes."""
    if "type" in leaf:
        return str(leaf["type"])
    return next((kind for kind, keys in _IMPLIED.items() if any(key in leaf for key in keys)), None)


def _one_or_many(found: list[Schema]) -> Schema:
    if not found:
        raise Contradiction("no variant is possible")
    return found[0] if len(found) == 1 else {"anyOf": found}


def _same_closure(one: Schema, other: Schema) -> tuple[Schema, Schema]:
    """additionalProperties: false of one side forbids the other side's own properties."""
    return _closed_by(one, other), _closed_by(other, one)


def _closed_by(schema: Schema, closed: Schema) -> Schema:
    if closed.get("additionalProperties") is not False or "properties" not in schema:
        return schema
    allowed = closed.get("properties", {})
    return {**schema, "properties": {k: v for k, v in schema["properties"].items() if k in allowed}}


def _check(leaf: Schema) -> Schema:
    """Raises Contradiction where that can be seen without looking deeper."""
    if "const" in leaf:
        if leaf["const"] not in leaf.get("enum", [leaf["const"]]):
            raise Contradiction("const is not in enum")
        leaf.pop("enum", None)
    for name in leaf.get("required", ()):
        known = leaf.get("properties", {})
        if known.get(name) is False or (name not in known and leaf.get("additionalProperties") is False):
            raise Contradiction(f"required property {name} can have no value")
    return leaf


def _types(one: str, other: str) -> str:
    if {one, other} == {"integer", "number"}:
        return "integer"
    raise Contradiction(f"both {one} and {other}")


def _common(one: list[Any], other: list[Any]) -> list[Any]:
    common = [value for value in one if value in other]
    if not common:
        raise Contradiction("enums without a common value")
    return common


def _common_multiple(one: float, other: float) -> float:
    if isinstance(one, int) and isinstance(other, int):
        return lcm(one, other)
    raise Unsupported("allOf combines two values of multipleOf that are not whole numbers")


def _different(one: Any, other: Any) -> Any:
    raise Contradiction(f"both {one!r} and {other!r}")


def properties_of(schema: Schema, components: dict[str, Schema]) -> dict[str, Schema]:
    """The named properties of an object schema, through references and allOf; of a union, those of every variant."""
    merger = Merger(components)
    simple = merger.target(schema)
    found: dict[str, Schema | bool] = {}
    for variant in simple.get("anyOf", [simple]):
        found = {**merger.target(variant).get("properties", {}), **found}
    return {name: part for name, part in found.items() if isinstance(part, dict)}


_IMPLIED: dict[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}

_COMBINERS: dict[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "const": _different,
    "enum": _common,
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    **dict.fromkeys(
        ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "uniqueItems"),
        lambda one, other: max(one, other),
    ),
    **dict.fromkeys(
        ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"),
        lambda one, other: min(one, other),
    ),
    "multipleOf": _common_multiple,
}
