"""Compiles a schema into nodes, once for each place that differs; recursive schemas become cycles of nodes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from fakeai.content.schemas.containers import Array, Extras, Object, Property, key_name
from fakeai.content.schemas.document import CannotWrite, Document, leaf_validator
from fakeai.content.schemas.flat import ALL_TYPES, Flat, Parts, both, frozen
from fakeai.content.schemas.keywords import Schema
from fakeai.content.schemas.merging import Expander
from fakeai.content.schemas.names import PERSONAL, range_of, singular
from fakeai.content.schemas.nodes import (
    MAX_SIZE,
    MISSING,
    NEVER,
    Boolean,
    Checked,
    Choice,
    Node,
    Numeric,
    Text,
    Union,
    Writing,
)
from fakeai.content.schemas.numbers import grid, is_within
from fakeai.content.schemas.patterns import Style, compiled, matches, text_for
from fakeai.content.schemas.texts import text_plan

MAX_NODES = 20_000
_NATURAL_ORDER = ("object", "array", "string", "number", "integer", "boolean", "null")


class Planner:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.expander = Expander(document)
        self._places: dict[tuple[str, tuple[int, ...]], Union] = {}
        self._nodes: list[Node] = []
        self._kept: list[Parts] = []
        """Places are told apart by the identity of their schemas, which must therefore live on."""

    def plan(self, schema: Schema) -> Node:
        root = self.node((schema,), "")
        self._measure()
        return root

    def node(self, parts: Parts, name: str) -> Node:
        """Of a value for which all these schemas hold; name: of the property it is for."""
        parts = tuple(part for part in parts if part is not True)
        key = name, tuple(map(id, parts))
        found = self._places.get(key)
        if found is None:
            if len(self._nodes) > MAX_NODES:
                raise CannotWrite(self._path(parts), "the schema has too many parts")
            self._kept.append(parts)
            found = self._places[key] = self._kept_node(Union(self._path(parts)))
            flats = self.expander.alternatives(parts)
            self._fill(found, flats, name, parts)
        return found

    def _fill(self, union: Union, flats: Sequence[Flat], name: str, parts: Parts) -> None:
        for flat in flats:
            nodes = [node for node in self._of_types(flat, name, union.path) if node]
            if not is_exact(flat):
                validator = partial(_check, self.document, parts)
                nodes = [self._kept_node(Checked(union.path, node, validator)) for node in nodes]
            union.alternatives += nodes
        union.alternatives.sort(key=_is_null)
        union.is_nullable = any(map(_is_null, union.alternatives))

    def _kept_node(self, node: Any) -> Any:
        self._nodes.append(node)
        return node

    def _path(self, parts: Parts) -> str:
        return self.document.path(parts[0]) if parts else "#"

    def _of_types(self, flat: Flat, name: str, path: str) -> Sequence[Node | None]:
        if flat.values is not None:
            return [_choice(flat, path)]
        nodes = [self._of_type(kind, flat, name, path) for kind in _natural_types(flat)]
        if flat.types != ALL_TYPES:
            return nodes
        found = self._kept_node(Union(path, is_ranked=True))
        found.alternatives = [node for node in nodes if node]
        return [found]

    def _of_type(self, kind: str, flat: Flat, name: str, path: str) -> Node | None:
        if kind == "object":
            return self._object(flat, path)
        if kind == "array":
            return self._array(flat, name, path)
        if kind == "string":
            plan = text_plan(name, flat.leaf, flat.notes, [value for value in flat.excluded if isinstance(value, str)])
            return Text(path, plan) if plan else None
        if kind in ("number", "integer"):
            return _numeric(kind == "integer", flat, name, path)
        if kind == "boolean":
            allowed = [value for value in (True, False) if not _is_among(value, flat.excluded)]
            return Boolean(path, name, _default(flat, allowed)) if len(allowed) == 2 else _fixed(path, allowed)
        return _fixed(path, [] if _is_among(None, flat.excluded) else [None])

    def _array(self, flat: Flat, name: str, path: str) -> Node | None:
        node = Array(path, flat.min_items, flat.max_items, flat.is_unique)
        self._kept_node(node)
        inner = singular(name)
        node.prefix = [self.node(parts, inner) for parts in flat.prefix]
        node.items = None if False in flat.items else self.node(flat.items, inner)
        for schema in flat.contains:
            count = int(schema.get("minContains", 1))
            if count > MAX_SIZE:
                return None
            if count:
                node.contains += [self.node(both(flat.items, (schema["contains"],)), inner)] * count
        return node

    def _object(self, flat: Flat, path: str) -> Node:
        allowed = _check(self.document, flat.names) if flat.names else None
        extras = self._extras(flat, allowed)
        is_map = bool(flat.additional or flat.patterns) and not flat.properties and bool(extras.nodes)
        node = Object(path, flat.min_properties, flat.max_properties, extras, is_map)
        self._kept_node(node)
        names = dict.fromkeys([*flat.properties, *flat.required])
        is_person = not PERSONAL.isdisjoint(names)
        for name in names:
            is_required = name in flat.required
            if is_required or False not in flat.of(name):
                parts = (False,) if allowed and not allowed(name) else flat.of(name)
                inner = self.node(parts, "full_name" if name == "name" and is_person else name)
                node.properties.append(Property(name, inner, is_required))
        return node

    def _extras(self, flat: Flat, allowed: Callable[[Any], bool] | None) -> Extras:
        """A name that several patterns match is not tried."""
        additional = None if False in flat.additional else self.node(flat.additional, "")
        of_pattern = {pattern: self.node(parts, "") for pattern, parts in flat.patterns.items() if False not in parts}
        patterns = [pattern for pattern in of_pattern if compiled(pattern)]
        names = self.node((*flat.names, _STRING), "") if flat.names else None

        def node_of(name: str) -> Node | None:
            found = [pattern for pattern in flat.patterns if matches(pattern, name)]
            if name in flat.properties or len(found) > 1 or (allowed and not allowed(name)):
                return None
            return of_pattern.get(found[0]) if found else additional

        def name(w: Writing) -> str:
            if names and names.height < NEVER and (not patterns or w.r() % 2):
                return str(names.make(w, names.height))
            if patterns and (additional is None or w.r() % 2):
                return text_for(patterns[w.r() % len(patterns)], Style(w.r, 6))
            return key_name(w)

        return Extras(name, node_of, [*([additional] if additional else []), *of_pattern.values()])

    def _measure(self) -> None:
        """Heights from below until none changes, then what has no value is left out."""
        for node in self._nodes:
            node.height = NEVER
        changed = True
        while changed:
            changed = False
            for node in reversed(self._nodes):
                height = node.rise()
                if height < node.height:
                    node.height, changed = height, True
        for node in self._nodes:
            if isinstance(node, Union | Object):
                node.settle()


_STRING = {"type": "string"}


def _check(document: Document, parts: Parts) -> Callable[[Any], bool]:
    return document.validator(parts).is_valid


def is_exact(flat: Flat) -> bool:
    """Whether what the nodes make is right by construction."""
    if not flat.exact:
        return False
    if flat.values is not None:
        return not any(isinstance(value, dict | list) for value in flat.values)
    if any(isinstance(value, dict | list) for value in flat.excluded):
        return False
    return not (
        "array" in flat.types and flat.contains and (flat.prefix or any("maxContains" in s for s in flat.contains))
    )


def _is_null(node: Node) -> bool:
    node = node.node if isinstance(node, Checked) else node
    return isinstance(node, Choice) and list(node.values) == [None]


def _natural_types(flat: Flat) -> list[str]:
    """The most natural type first; of number and integer only one."""
    twin = "integer" if "number" in flat.types else "number"
    types = [kind for kind in _NATURAL_ORDER if kind in flat.types and kind != twin]
    if flat.types != ALL_TYPES:
        return types
    wanted = "string"
    if flat.properties or flat.required or flat.patterns or flat.additional or flat.min_properties:
        wanted = "object"
    elif flat.items or flat.prefix or flat.contains or flat.min_items:
        wanted = "array"
    elif flat.leaf.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}:
        wanted = "number"
    return [wanted, *(kind for kind in types if kind != wanted)]


def _is_among(value: Any, values: Sequence[Any]) -> bool:
    return any(frozen(value) == frozen(other) for other in values)


def _default(flat: Flat, allowed: Sequence[Any]) -> Any:
    default = flat.notes.get("default", MISSING)
    return default if default is not MISSING and _is_among(default, allowed) else MISSING


def _fixed(path: str, values: Sequence[Any]) -> Node | None:
    return Choice(path, values, MISSING) if values else None


def _choice(flat: Flat, path: str) -> Node | None:
    """Values of the enum that the other keywords accept; what is inside of objects and arrays is checked later."""
    schema = {key: value for key, value in flat.leaf.items() if key in _PLAIN_LEAF}
    lists: list[Any] = [{key: value} for key in ("pattern", "format", "multipleOf") for value in flat.leaf.get(key, ())]
    whole: dict[str, Any] = {**schema, "type": sorted(flat.types), "allOf": lists or [True]}
    is_valid = leaf_validator(whole).is_valid if flat.leaf or flat.types != ALL_TYPES else None
    values = [v for v in flat.values or () if (not is_valid or is_valid(v)) and not _is_among(v, flat.excluded)]
    return Choice(path, values, _default(flat, values)) if values else None


_PLAIN_LEAF = frozenset({"minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})


def _numeric(is_integer: bool, flat: Flat, name: str, path: str) -> Node | None:
    found = grid(flat.leaf, is_integer, range_of(name))
    if not found:
        return None
    leaf = flat.leaf
    steps = [leaf_validator({"multipleOf": step}).is_valid for step in leaf.get("multipleOf", ())]

    def fits(value: Any) -> bool:
        return is_within(leaf, value) and all(step(value) for step in steps) and not _is_among(value, flat.excluded)

    examples = flat.notes.get("examples")
    given = [flat.notes.get("default"), *(examples if isinstance(examples, list) else [])]
    kinds = (int,) if is_integer else (int, float)
    fitting = [v for v in given if isinstance(v, kinds) and not isinstance(v, bool) and fits(v)]
    return Numeric(path, name, found, is_integer, fitting[0] if fitting else MISSING, fits)
