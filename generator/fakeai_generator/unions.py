"""Puts unions and everything else that is no record in line, in the form that gives the most exact types."""

from typing import Any

from fakeai_generator.hoist import IMPOSSIBLE, Shapes
from fakeai_generator.tree import REF, Schema, ref_name

_NULL: Schema = {"type": "null"}


def inline(shapes: Shapes, roots: set[str]) -> dict[str, Schema]:
    """The records, the roots, and what contains itself without being a record; references lead to these only."""
    linker = _Linker(shapes)
    kept = {name for name in shapes.schemas if name in shapes.required or name in roots}
    found = {name: linker.expand(shapes.schemas[name], (name,)) for name in sorted(kept)}
    while missing := linker.recursive - found.keys():
        found |= {name: linker.expand(shapes.schemas[name], (name,)) for name in sorted(missing)}
    return found


def name_parts(schemas: dict[str, Schema]) -> dict[str, Schema]:
    """Some parts of unions as schemas of their own: in line the code generator would not see all that they say."""
    named: dict[str, Schema] = {}

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(part) for part in node]
        if not isinstance(node, dict):
            return node
        out = {key: walk(value) for key, value in node.items()}
        if not (
            isinstance(node.get("oneOf"), list) or isinstance(node.get("maxProperties", node.get("minProperties")), int)
        ):
            return out
        name = next((name for name, part in named.items() if part == out), f"UnionPart{len(named) + 1}")
        named[name] = out
        return {"$ref": REF + name}

    outer = {name: walk(schema) for name, schema in schemas.items()}
    return outer | named


class _Linker:
    """`recursive`: shapes that were met inside themselves, so that references to them had to stay."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.recursive: set[str] = set()

    def expand(self, schema: Any, inside: tuple[str, ...]) -> Any:
        """inside: the shapes that are being put in line around this place."""
        if not isinstance(schema, dict):
            return schema
        if name := ref_name(schema):
            return self._reference(name, inside)
        if "anyOf" in schema:
            return self._union([self.expand(part, inside) for part in schema["anyOf"]])
        out = dict(schema)
        for key in ("items", "additionalProperties", "propertyNames"):
            if key in out:
                out[key] = self.expand(out[key], inside)
        for key in ("properties", "patternProperties"):
            if key in out:
                out[key] = {name: self.expand(value, inside) for name, value in out[key].items()}
        return out

    def _reference(self, name: str, inside: tuple[str, ...]) -> Schema:
        if name in self.shapes.required:
            return {"$ref": REF + name}
        if name in inside or name in self.recursive:
            self.recursive.add(name)
            return {"$ref": REF + name}
        expanded: Schema = self.expand(self.shapes.schemas[name], (*inside, name))
        return expanded

    def _union(self, variants: list[Schema]) -> Schema:
        parts = [part for part in _dissolve(variants) if part != IMPOSSIBLE] or [dict(IMPOSSIBLE)]
        if {} in parts:
            return {}
        records = [part for part in parts if ref_name(part) in self.shapes.required]
        others = _absorb([part for part in parts if part not in (*records, _NULL)])
        members = [*self._tagged(records), *others, *([_NULL] if _NULL in parts else [])]
        return members[0] if len(members) == 1 else {"anyOf": members}

    def _tagged(self, records: list[Schema]) -> list[Schema]:
        """One tagged union of the records that a property's constant tells apart, and the others."""
        names = [ref_name(record) or "" for record in records]
        tags = {key for name in names for key in self.shapes.required[name]}
        ordered = sorted(tags, key=lambda tag: (tag != "type", tag))
        best = max((self._told_apart(names, tag) for tag in ordered), key=lambda found: len(found[1]), default=("", {}))
        tag, mapping = best
        members = dict.fromkeys(mapping.values())
        if len(members) < 2:
            return records
        union: Schema = {
            "oneOf": [{"$ref": ref} for ref in members],
            "discriminator": {"propertyName": tag, "mapping": mapping},
        }
        return [union, *(record for record in records if record["$ref"] not in members)]

    def _told_apart(self, names: list[str], tag: str) -> tuple[str, dict[str, str]]:
        """(tag, its value → reference) for the records that share no value with another."""
        values = {name: self._tag_values(name, tag) for name in names}
        uses = [value for own in values.values() for value in own]
        alone = {name: own for name, own in values.items() if own and all(uses.count(value) == 1 for value in own)}
        return tag, {value: REF + name for name, own in alone.items() for value in own}

    def _tag_values(self, name: str, tag: str) -> tuple[str, ...]:
        if tag not in self.shapes.required[name]:
            return ()
        schema = self.shapes.schemas[name]["properties"][tag]
        seen: set[str] = set()
        while (target := ref_name(schema)) and target not in seen:
            seen.add(target)
            schema = self.shapes.schemas[target]
        return _strings(schema) or ()


def _dissolve(variants: list[Schema]) -> list[Schema]:
    found: list[Schema] = []
    for variant in variants:
        inner = variant.get("anyOf") or variant.get("oneOf")
        found.extend(part for part in (_dissolve(inner) if inner else [variant]) if part not in found)
    return found


def _absorb(parts: list[Schema]) -> list[Schema]:
    """Any string makes constants redundant; all string constants together are one enum."""
    values = dict.fromkeys(value for part in parts for value in _strings(part) or ())
    rest = [part for part in parts if _strings(part) is None]
    return rest if not values or {"type": "string"} in rest else [{"enum": list(values)}, *rest]


def _strings(schema: Schema) -> tuple[str, ...] | None:
    """The values of a schema that allows only certain strings."""
    values = schema.get("enum", ())
    return tuple(values) if values and all(isinstance(value, str) for value in values) else None
