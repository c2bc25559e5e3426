"""Random JSON values for JSON Schemas, and random damage to them; equal seeds give equal values.

Deliberately a second reading of the schemas, sharing nothing with the generator. It need not be exact: whoever
uses it asks a validator what a value is worth.
"""

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Schema = dict[str, Any]
Path = tuple[str | int, ...]

_REF = "#/components/schemas/"
_DEEP = 4
"""From this depth on only what is required."""
_DEEPEST = 30
_LIMITS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
)
_LONGEST = 300_000
_LONGEST_LIST = 3_000


class Sampler:
    def __init__(self, components: dict[str, Schema], seed: str) -> None:
        self.components = components
        self.random = random.Random(seed)

    def sample(self, schema: Schema | bool, depth: int = 0, wanted: frozenset[str] = frozenset()) -> Any:
        """wanted: properties that a schema around this one requires of the same object."""
        if depth > _DEEPEST:
            return None
        if not isinstance(schema, dict):
            return self._anything()
        if "$ref" in schema:
            return self.sample(self.components[schema["$ref"].removeprefix(_REF)], depth + 1, wanted)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        parts = [self._variant(schema[union], depth) for union in ("anyOf", "oneOf") if union in schema]
        parts += schema.get("allOf", ())
        outermost = not wanted
        wanted = wanted.union(self._required(schema), *(self._required(part) for part in parts))
        whole = self._typed(schema, depth, wanted)
        for part in parts:
            whole = _merged(whole, self.sample(part, depth, wanted))
        if outermost and isinstance(whole, dict):
            whole |= {name: self._anything() for name in sorted(wanted) if name not in whole}
        return self._anything() if whole is ... else whole

    def _required(self, schema: Schema) -> set[str]:
        if "$ref" in schema:
            schema = self.components[schema["$ref"].removeprefix(_REF)]
        return set(schema.get("required", ())).union(*(self._required(part) for part in schema.get("allOf", ())))

    def _variant(self, variants: list[Schema], depth: int) -> Schema:
        plain = [part for part in variants if "$ref" not in part] if depth > _DEEP else []
        return self.random.choice(plain or variants)

    def _typed(self, schema: Schema, depth: int, wanted: frozenset[str]) -> Any:
        kind = schema.get("type", "object" if "properties" in schema or "required" in schema else None)
        kind = self.random.choice(kind) if isinstance(kind, list) else kind
        if kind is None:
            return ...
        makers: dict[str, Callable[[], Any]] = {
            "null": lambda: None,
            "boolean": lambda: self.random.random() < 0.5,
            "integer": lambda: self._integer(schema),
            "number": lambda: self._number(schema),
            "string": lambda: self._string(schema),
            "array": lambda: self._array(schema, depth),
            "object": lambda: self._object(schema, depth, wanted),
        }
        return makers[kind]()

    def _anything(self) -> Any:
        return self.random.choice([None, True, 7, 0.5, "any", ["any", 1], {"any": "thing"}, {}])

    def _integer(self, schema: Schema) -> int:
        low = int(schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1))
        high = int(schema.get("maximum", schema.get("exclusiveMaximum", low + 1001) - 1))
        return self.random.choice([low, high, self.random.randint(low, high)])

    def _number(self, schema: Schema) -> float:
        low: Any = schema.get("minimum", schema.get("exclusiveMinimum", -1))
        high: Any = schema.get("maximum", schema.get("exclusiveMaximum", low + 10))
        inner: float = low + (high - low) * self.random.uniform(0.1, 0.9)
        ends: list[float] = [value for key, value in (("minimum", low), ("maximum", high)) if key in schema]
        whole = [round(inner)] if low < round(inner) < high else []
        return self.random.choice([inner, *ends, *whole])

    def _string(self, schema: Schema) -> str:
        if "pattern" in schema:
            return self.random.choice(["abc", "Az_09-", "a"])
        low: int = schema.get("minLength", 0)
        longest: int = schema.get("maxLength", _LONGEST)
        if self.random.random() < 0.05 and longest < _LONGEST:
            return "m" * longest
        length = self.random.randint(low, min(longest, low + 12))
        return "".join(self.random.choice("abc xyzÄ→0123_-") for _ in range(length))

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        low = schema.get("minItems", 0)
        more = 0 if depth > _DEEP else self.random.randint(0, 2)
        count = min(low + more, schema.get("maxItems", low + more))
        return [self.sample(schema.get("items", True), depth + 1) for _ in range(count)]

    def _object(self, schema: Schema, depth: int, wanted: frozenset[str]) -> dict[str, Any]:
        chance = 0.0 if depth > _DEEP else self.random.choice([0.0, 0.3, 0.7, 1.0])
        value = {
            key: self.sample(part, depth + 1)
            for key, part in schema.get("properties", {}).items()
            if key in wanted or self.random.random() < chance
        }
        extra = schema.get("additionalProperties")
        if extra and depth <= _DEEP:
            value |= {f"key{n}": self.sample(extra, depth + 1) for n in range(self.random.randint(0, 2))}
        for pattern, part in schema.get("patternProperties", {}).items():
            value |= {pattern.strip("^$"): self.sample(part, depth + 1)}
        return value

    def mutate(self, value: Any, limits: list[int]) -> Any:
        """A copy with one change. limits: numbers to go just beyond, as lengths, sizes and values."""
        copy = deepcopy(value)
        path = self.random.choice(list(_paths(copy)))
        parent: Any = None
        node = copy
        for key in path:
            parent, node = node, node[key]
        if parent is not None and isinstance(parent, dict) and self.random.random() < 0.25:
            del parent[path[-1]]
            return copy
        changed = self.random.choice(self._changes(node, limits))
        if parent is None:
            return changed
        parent[path[-1]] = changed
        return copy

    def _changes(self, node: Any, limits: list[int]) -> list[Any]:
        """Other values for a place: of other types, and of the same type but unlikely ones."""
        others: list[Any] = [None, "damaged", 7, 7.5, True, [], {}, [None], {"damaged": 1}]
        limit = self.random.choice(limits or [0])
        if isinstance(node, bool) or node is None:
            return others
        if isinstance(node, (int, float)):
            return [*others, str(node), limit + 1, limit - 1, -1, limit % 10_000 + 0.5]
        if isinstance(node, str):
            return [
                *others,
                "",
                "damaged",
                node + "x",
                "!" * min(abs(limit) + 1, _LONGEST),
                "x" * max(limit - 1, 0) if limit < _LONGEST else "",
            ]
        if isinstance(node, list):
            return [*others, [*node, None], node * 2, (node or ["x"]) * min(abs(limit) + 1, _LONGEST_LIST)]
        return [
            *others,
            {**node, "unheard_of": 1},
            {**node, **{f"key{n}": "x" for n in range(min(abs(limit) + 1, 100))}},
        ]

    def limits(self, schema: Any) -> list[int]:
        """All bounds that a schema and what it refers to name."""
        found: set[int] = set()
        seen: set[str] = set()
        pending = [schema]
        while pending:
            node = pending.pop()
            if isinstance(node, list):
                pending.extend(node)
            elif isinstance(node, dict):
                found |= {int(node[key]) for key in _LIMITS if isinstance(node.get(key), (int, float))}
                name = node.get("$ref")
                if isinstance(name, str) and name not in seen:
                    seen.add(name)
                    pending.append(self.components[name.removeprefix(_REF)])
                pending.extend(node.values())
        return sorted(found)


def _merged(one: Any, other: Any) -> Any:
    if one is ...:
        return other
    return {**one, **other} if isinstance(one, dict) and isinstance(other, dict) else one if other is ... else other


def _paths(node: Any, at: Path = ()) -> Iterator[Path]:
    yield at
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from _paths(child, (*at, key))
