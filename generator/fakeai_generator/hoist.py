"""Gives every object shape of the contract a class name, so that the code generator has none to invent.

What Pydantic has no type for is left out, and so accepted: formats, uniqueItems, `not` (but of required properties),
bounds on the number and the names of properties where some are declared, the order of prefixItems.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from fakeai_generator.merge import Contradiction, Merger, kind_of
from fakeai_generator.tree import REF, Schema, pascal, ref_name

Scalar = str | int | float | bool

IMPOSSIBLE: Schema = {"not": {}}
"""What no value satisfies; alone it becomes Any, in a union it is left out."""
FILE_TYPE = "fakeai.core.model.File"
RESERVED = frozenset(
    ("Annotated", "Any", "ApiModel", "ApiRoot", "ConfigDict", "Field", "File", "Literal", "Omittable", "RootModel")
)
"""Names that the emitted modules use themselves."""

_NULL: Schema = {"type": "null"}
_TAGS = ("type", "role", "object", "event")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_FACTS = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": _BOUNDS,
    "number": _BOUNDS,
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties", "propertyNames"),
}


@dataclass
class Shapes:
    """Schemas by class name; references among them name classes, too. Only records have properties."""

    schemas: dict[str, Schema] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Component → class name."""
    required: dict[str, frozenset[str]] = field(default_factory=dict)
    """Record → properties that cannot be left out. In `schemas` every property is marked as required."""
    defaults: dict[str, dict[str, Scalar]] = field(default_factory=dict)
    """Record → property → value if left out."""


def hoist(components: dict[str, Schema]) -> Shapes:
    hoister = _Hoister(components)
    for name in sorted(components):
        hoister.component(name)
    return hoister.shapes


class _Hoister:
    def __init__(self, components: dict[str, Schema]) -> None:
        self.merger = Merger(components)
        self.shapes = Shapes(names=class_names(sorted(components)))
        self._taken = set(self.shapes.names.values())

    def component(self, component: str) -> None:
        name = self.shapes.names[component]
        try:
            simple = self.merger.simplify(self.merger.component(component))
        except Contradiction:
            self.shapes.schemas[name] = dict(IMPOSSIBLE)
            return
        self.merger.target(simple)  # raises Unsupported if references go in a circle
        if _is_record(simple):
            self._record(simple, name)
        else:
            self.shapes.schemas[name] = self._simple(simple, name)

    def _shape(self, schema: Schema | bool, name: str) -> Schema:
        """name: that of the class, should the schema turn out to need one."""
        try:
            return self._simple(self.merger.simplify(schema), name)
        except Contradiction:
            return dict(IMPOSSIBLE)

    def _simple(self, simple: Schema, name: str) -> Schema:
        component = ref_name(simple)
        if component is not None:
            return {"$ref": REF + self.shapes.names[component]}
        if "anyOf" in simple:
            parts = simple["anyOf"]
            return {
                "anyOf": [self._simple(part, name + _variant_name(parts, number)) for number, part in enumerate(parts)]
            }
        if "const" in simple or "enum" in simple:
            return _constant(simple)
        return self._inner(simple, name) if _is_record(simple) else self._plain(simple, name)

    def _inner(self, simple: Schema, name: str) -> Schema:
        while name in self._taken:
            name += "Object"
        self._taken.add(name)
        self._record(simple, name)
        return {"$ref": REF + name}

    def _record(self, simple: Schema, name: str) -> None:
        required = simple.get("required", [])
        possible = {key: value for key, value in _declared(simple).items() if value is not False}
        properties = {key: self._shape(value, name + pascal(key)) for key, value in possible.items()}
        record: Schema = {"type": "object", "properties": properties, "required": list(properties)}
        extra = _extra(simple)
        if extra is False:
            record["additionalProperties"] = False
        elif extra not in (True, {}):
            record["additionalProperties"] = self._shape(extra, name + "Extra")
        self.shapes.schemas[name] = record
        self.shapes.required[name] = frozenset(required)
        defaults = {key: self._default(value) for key, value in possible.items() if key not in required}
        self.shapes.defaults[name] = {key: value for key, value in defaults.items() if value is not None}

    def _default(self, schema: Schema | bool) -> Scalar | None:
        while isinstance(schema, dict) and "default" not in schema and schema.get("$ref", "").startswith(REF):
            schema = self.merger.component(schema["$ref"].removeprefix(REF))
        value = schema.get("default") if isinstance(schema, dict) else None
        return value if isinstance(value, (str, int, float, bool)) else None

    def _plain(self, leaf: Schema, name: str) -> Schema:
        kind = kind_of(leaf)
        if kind == "string" and leaf.get("format") == "binary":
            return {"customTypePath": FILE_TYPE}
        out: dict[str, Any] = {"type": kind} if kind else {}
        out |= {key: leaf[key] for key in _FACTS.get(kind or "", ()) if key in leaf}
        if kind == "array":
            out["items"] = self._shape(_items(leaf), name + "Item")
        if kind == "object":
            out |= self._map(leaf, name + "Value")
        return out

    def _map(self, leaf: Schema, name: str) -> Schema:
        """One pattern alone can be put on the keys; of several only the union of their values is kept."""
        patterns = leaf.get("patternProperties", {})
        if len(patterns) == 1 and leaf.get("additionalProperties") is False:
            return {"patternProperties": {pattern: self._shape(value, name) for pattern, value in patterns.items()}}
        return {"additionalProperties": self._shape(_extra(leaf), name)}


def class_names(components: list[str]) -> dict[str, str]:
    """Component → Python class name."""
    found: dict[str, str] = {}
    for component in components:
        name = re.sub(r"\W|_", "", component if component[:1].isupper() else pascal(component))
        name = name if name.isidentifier() else f"Schema{name}"
        while name in RESERVED or name in found.values():
            name += "Schema"
        found[component] = name
    return found


def _declared(record: Schema) -> dict[str, Schema | bool]:
    """Properties, with those that only `required` names; one that `not` forbids beside the required ones is False."""
    required = record.get("required", [])
    declared: dict[str, Schema | bool] = dict(record.get("properties", {}))
    declared |= {name: True for name in required if name not in declared}
    excluded = [name for name in record.get("not", {}).get("required", ()) if name not in required]
    return declared | ({excluded[0]: False} if len(excluded) == 1 and record["not"].keys() == {"required"} else {})


def _extra(leaf: Schema) -> Schema | bool:
    """The schema of values under other names, those that match a pattern included."""
    patterns, extra = list(leaf.get("patternProperties", {}).values()), leaf.get("additionalProperties", True)
    return {"anyOf": [*patterns, *([] if extra is False else [extra])]} if patterns else extra


def _items(leaf: Schema) -> Schema | bool:
    """Of all places: the first ones are not told apart from the rest."""
    first, rest = leaf.get("prefixItems", []), leaf.get("items", True)
    return {"anyOf": [*first, *([] if rest is False else [rest])]} if first else rest


def _is_record(simple: Schema) -> bool:
    """Whether a shape has properties of its own, unlike a map."""
    if "anyOf" in simple or kind_of(simple) != "object":
        return False
    closed = simple.get("additionalProperties") is False and "patternProperties" not in simple
    return closed or bool(simple.get("properties") or simple.get("required"))


def _variant_name(variants: list[Schema], number: int) -> str:
    """Nothing for the only record and for what only null stands beside; a tag is told apart longer than a number."""
    variant = variants[number]
    rivals = [part for part in variants if (_is_record(part) if _is_record(variant) else part != _NULL)]
    if len(rivals) == 1:
        return ""
    properties = variant.get("properties", {})
    tags = [properties[key] for key in _TAGS if isinstance(properties.get(key), dict)]
    values = [[tag["const"]] if "const" in tag else tag.get("enum", []) for tag in tags]
    return next((pascal(own[0]) for own in values if len(own) == 1 and isinstance(own[0], str)), f"Variant{number + 1}")


def _constant(leaf: Schema) -> Schema:
    """Numbers become ranges: the text of a query converts to a number, but not to a constant."""
    values = [leaf["const"]] if "const" in leaf else leaf["enum"]
    numbers = sorted({value for value in values if type(value) in (int, float)})
    if not numbers:
        return {"enum": values}
    cuts = [index for index, (one, other) in enumerate(pairwise(numbers), 1) if other != one + 1]
    runs = [numbers[start:end] for start, end in pairwise([0, *cuts, len(numbers)])]
    ranges = [{"type": _kind(run), "minimum": run[0], "maximum": run[-1]} for run in runs]
    others = [value for value in values if value not in numbers or isinstance(value, bool)]
    return {"anyOf": [*ranges, *([{"enum": others}] if others else [])]}


def _kind(run: list[int | float]) -> str:
    return "integer" if all(type(value) is int for value in run) else "number"
