"""The faker functions of one component schema, as Python text."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from fakeai_generator.hints import Hints, Literals, Rule, Spot, Words
from fakeai_generator.merge import NULL, Contradiction, Merger, Unsupported, kind_of
from fakeai_generator.objects import Shapes
from fakeai_generator.recursion import Recursion
from fakeai_generator.scalars import Scalars
from fakeai_generator.scope import Code, Fresh, Scope, indent
from fakeai_generator.tree import Schema, ref_name

MAX_DEPTH = 3
"""How often a schema may contain itself in a faked value."""
_CONTAINERS = ("object", "array")


class Knowledge:
    """What the functions of all components are written from."""

    def __init__(self, components: dict[str, Schema], hints: dict[str, Any]) -> None:
        self.merger = Merger(components)
        self.hints = Hints(hints)
        self.scalars = Scalars(self.hints, self.merger)
        self.recursion = Recursion(self.merger)
        self.shapes = Shapes(self.merger)


@dataclass
class Written:
    """Emitted text of one component."""

    functions: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    """Tuples of functions, to stand after all functions."""
    words: set[str] = field(default_factory=set)


def identifier(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", name)


def write(name: str, knowledge: Knowledge) -> Written:
    """Raises Unsupported, with the path, for what cannot be faked."""
    writer = _Writer(name, knowledge)
    writer.function(f"fake_{identifier(name)}", knowledge.merger.component(name), Spot(name), "depth: int = 0")
    return writer.out


@contextmanager
def _at(spot: Spot) -> Iterator[None]:
    """Adds the place to what is wrong there; the innermost place stays."""
    try:
        yield
    except (Contradiction, Unsupported) as error:
        raise (error if str(error).startswith("#/") else Unsupported(f"{spot}: {error}")) from error


class _Writer:
    def __init__(self, owner: str, knowledge: Knowledge) -> None:
        self.owner = owner
        self.merger = knowledge.merger
        self.hints = knowledge.hints
        self.scalars = knowledge.scalars
        self.recursion = knowledge.recursion
        self.shapes = knowledge.shapes
        self.out = Written()

    def function(self, name: str, schema: Schema, spot: Spot, depth: str = "depth: int") -> bool:
        """Emits a function; whether its result is recursive."""
        scope = Scope()
        place = len(self.out.functions)
        code = self.expression(schema, spot, scope)
        self.out.functions.insert(place, scope.function(name, code.text, depth))
        return code.recursive

    def expression(self, schema: Schema, spot: Spot, scope: Scope) -> Code:
        with _at(spot):
            simple = self.merger.simplify(schema)
            if (name := ref_name(simple)) is not None:
                return self._reference(name, spot)
            if "anyOf" in simple:
                return self._union(simple["anyOf"], spot, scope)
            return self._leaf(simple, spot, scope)

    def _reference(self, name: str, spot: Spot) -> Code:
        if self.hints.is_null(spot) and NULL in self.shapes.variants(self.merger.component(name)):
            return Code("None")
        recursive = name in self.recursion.cyclic and self.owner in self.recursion.cyclic
        return Code(f"fake_{identifier(name)}(r, now{', depth + 1' if recursive else ''})", recursive)

    def _leaf(self, leaf: Schema, spot: Spot, scope: Scope) -> Code:
        kind = kind_of(leaf)
        if kind not in _CONTAINERS:
            return self._rule(self.scalars.rule(leaf, spot), scope)
        if (rule := self.scalars.hinted(leaf, spot)) is not None:
            return self._rule(rule, scope)
        return self._object(leaf, spot, scope) if kind == "object" else self._array(leaf, spot, scope)

    def _rule(self, rule: Rule, scope: Scope) -> Code:
        if isinstance(rule, Words):
            self.out.words.add(rule.name)
        return Code(rule.code(scope.choose))

    def _nested(self, schema: Schema, spot: Spot) -> Code:
        """A call of a private function: for what needs random bits of its own."""
        if ref_name(self.merger.simplify(schema)) is not None:
            return self.expression(schema, spot, Scope())
        name = self._private(spot)
        return Code(f"{name}(r, now, depth)", self.function(name, schema, spot))

    def _private(self, spot: Spot) -> str:
        return "_".join(("_" + identifier(self.owner), *(re.sub(r"\W", "_", step) for step in spot.trail)))

    def _union(self, variants: list[Schema], spot: Spot, scope: Scope) -> Code:
        nullable = NULL in variants
        if nullable and self.hints.is_null(spot):
            return Code("None")
        rest = [variant for variant in variants if variant != NULL]
        ranked = sorted(rest, key=self.recursion.height)
        code = self._one_of(rest, spot, scope)
        if nullable:
            shown = f"{code.text} if depth < {MAX_DEPTH} else None" if code.recursive else code.text
            return Code(f"(None if {scope.one_in_eight()} else {shown})")
        if code.recursive and len(rest) > 1:
            least = self.expression(ranked[0], spot.down("least"), scope)
            return Code(f"({code.text} if depth < {MAX_DEPTH} else {least.text})", least.recursive)
        return code

    def _one_of(self, variants: list[Schema], spot: Spot, scope: Scope) -> Code:
        spots = [spot.down(str(index)) for index in range(len(variants))]
        if len(variants) == 1:
            return self.expression(variants[0], spots[0], scope)
        if len(variants) > 2:
            return self._table(variants, spots, spot, scope)
        one, other = (self.expression(variant, at, scope) for variant, at in zip(variants, spots, strict=True))
        return Code(f"({one.text} if {scope.choose(2)} else {other.text})", one.recursive or other.recursive)

    def _table(self, variants: list[Schema], spots: list[Spot], spot: Spot, scope: Scope) -> Code:
        codes = [self._nested(variant, at) for variant, at in zip(variants, spots, strict=True)]
        name = self._constant([_function(code) for code in codes], spot.down("variants"))
        recursive = any(code.recursive for code in codes)
        depth = "depth + 1" if recursive else "depth"
        return Code(f"{name}[{scope.choose(len(codes))}](r, now, {depth})", recursive)

    def _constant(self, rows: list[str], spot: Spot) -> str:
        name = self._private(spot)
        self.out.tables.append(f"{name} = (\n" + "".join([f"    {row},\n" for row in rows]) + ")\n")
        return name

    def _array(self, leaf: Schema, spot: Spot, scope: Scope) -> Code:
        if "not" in leaf:
            raise Unsupported("not on an array")
        if "prefixItems" in leaf:
            return self._tuple(leaf, spot, scope)
        least, most = leaf.get("minItems", 0), leaf.get("maxItems", 2)
        items = leaf.get("items", True)
        if most == 0 or (least == 0 and self.recursion.height(items) == inf):
            return Code("[]")
        if leaf.get("uniqueItems") and least > 1:
            return self._distinct(leaf, spot, scope)
        item = self._item(items, spot.down("items"))
        text = self._repeated(item.text, max(least, 1), self._extra(leaf), scope)
        if item.recursive and least == 0:
            return Code(f"({text} if depth < {MAX_DEPTH} else [])")
        return Code(text, item.recursive)

    def _item(self, items: Schema, spot: Spot) -> Code:
        simple = self.merger.simplify(items)
        scalar = "anyOf" not in simple and "$ref" not in simple and kind_of(simple) not in _CONTAINERS
        return self.expression(simple, spot, Fresh()) if scalar else self._nested(simple, spot)

    def _extra(self, leaf: Schema) -> bool:
        """Whether a second item may follow the first; items that carry their own index come alone."""
        room = leaf.get("minItems", 0) <= 1 < leaf.get("maxItems", 2)
        items = self.merger.target(leaf.get("items", True))
        return room and not leaf.get("uniqueItems") and "index" not in items.get("properties", ())

    def _repeated(self, item: str, count: int, extra: bool, scope: Scope) -> str:
        if extra:
            return f"[{item} for _ in range(1 + ({scope.choose(2)}))]"
        return f"[{item}]" if count == 1 else f"[{item} for _ in range({count})]"

    def _distinct(self, leaf: Schema, spot: Spot, scope: Scope) -> Code:
        rule = self.scalars.rule(self.merger.target(leaf["items"]), spot.down("items"))
        if not isinstance(rule, Literals | Words) or len(rule.values) < leaf["minItems"]:
            raise Unsupported(f"not enough different items for minItems {leaf['minItems']}")
        return Code(repr(list(rule.values[: leaf["minItems"]])))

    def _tuple(self, leaf: Schema, spot: Spot, scope: Scope) -> Code:
        if leaf.get("minItems", 0) > len(leaf["prefixItems"]):
            raise Unsupported("more minItems than prefixItems")
        codes = [self._nested(part, spot.down(str(index))) for index, part in enumerate(leaf["prefixItems"])]
        kept = codes[: leaf.get("maxItems")]
        return Code(f"[{', '.join(code.text for code in kept)}]", any(code.recursive for code in kept))

    def _object(self, leaf: Schema, spot: Spot, scope: Scope) -> Code:
        members = self.shapes.members(leaf)
        inside = replace(spot, kinds=self.shapes.kinds(members))
        required = leaf.get("required", ())
        payloads = [] if self.owner in self.recursion.cyclic else self.shapes.payloads(leaf, members)
        hidden = [*payloads, "type"] if payloads else []
        codes = {
            name: self.expression(schema, inside.member(name), scope)
            for name, schema in members.items()
            if name not in hidden and (name in required or self._is_shown(schema, inside.member(name)))
        }
        self._tie_page(codes, members, scope)
        codes |= self._entries(leaf, len(codes), spot, scope)
        recursive = any(code.recursive for name, code in codes.items() if name in required)
        rows = [_member(name, code, name in required) for name, code in codes.items()]
        if payloads:
            rows += self._payload({name: members[name] for name in payloads}, inside, scope)
        return Code("{\n    " + "\n    ".join(f"{indent(row)}," for row in rows) + "\n}" if rows else "{}", recursive)

    def _payload(self, members: dict[str, Schema], spot: Spot, scope: Scope) -> list[str]:
        """`type` names the only payload that the object carries."""
        codes = {name: self._nested(schema, spot.member(name)) for name, schema in members.items()}
        rows = [f"({name!r}, {_function(code)})" for name, code in codes.items()]
        table = self._constant(rows, spot.down("payloads"))
        payload = scope.keep("payload", f"{table}[{scope.choose(len(rows))}]")
        return [f"'type': {payload}[0]", f"{payload}[0]: {payload}[1](r, now, depth)"]

    def _is_shown(self, schema: Schema, spot: Spot) -> bool:
        """An optional property is left out if it can have no value, or should be null and must not be."""
        with _at(spot):
            if self.recursion.height(schema) == inf:
                return False
            return not self.hints.is_null(spot) or NULL in self.shapes.variants(schema)

    def _tie_page(self, codes: dict[str, Code], members: dict[str, Schema], scope: Scope) -> None:
        """first_id and last_id of a page are those of its objects."""
        ends = [name for name in ("first_id", "last_id") if name in codes]
        if ends and self.shapes.is_page(members) and not codes["data"].recursive:
            data = scope.keep("data", codes["data"].text)
            codes["data"] = Code(data)
            codes |= {name: Code(f"{data}[{0 if name == 'first_id' else -1}]['id']") for name in ends}

    def _entries(self, leaf: Schema, shown: int, spot: Spot, scope: Scope) -> dict[str, Code]:
        """Entries of a map: one, or as many as minProperties asks."""
        values = leaf.get("additionalProperties", True)
        typed = isinstance(values, dict) and values and not leaf.get("properties")
        count = max(leaf.get("minProperties", 0) - shown, int(bool(typed)))
        if count > 0 and values is False:
            raise Unsupported("minProperties without properties that are allowed")
        names = [self._key(leaf, index) for index in range(count)]
        codes = {name: self.expression(values, spot.down("values"), scope) for name in names}
        return codes if len(codes) == count else {}

    def _key(self, leaf: Schema, index: int) -> str:
        name = f"key_{index + 1}"
        if not self.scalars.test({"type": "string", **leaf.get("propertyNames", {})})(name):
            raise Unsupported(f"propertyNames that does not accept {name}")
        return name


def _function(call: Code) -> str:
    return call.text.partition("(")[0]


def _member(name: str, code: Code, required: bool) -> str:
    if code.recursive and not required:
        return f"**({{{name!r}: {code.text}}} if depth < {MAX_DEPTH} else {{}})"
    return f"{name!r}: {code.text}"
