"""The keywords that hold at one place, merged; schemas of parts inside stay as they were written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fakeai.content.schemas.keywords import TYPES
from fakeai.content.schemas.patterns import compiled, matches

Parts = tuple[Any, ...]
"""Schemas that must all hold; none: anything."""

ALL_TYPES = frozenset(TYPES)
NOTES = ("default", "description", "example", "examples", "format", "title")


@dataclass(slots=True, frozen=True)
class Flat:
    types: frozenset[str] = ALL_TYPES
    """With "number" there is always "integer"."""
    values: list[Any] | None = None
    excluded: list[Any] = field(default_factory=list)
    leaf: dict[str, Any] = field(default_factory=dict)
    """Keywords about strings and numbers; patterns, formats and divisors in lists."""
    prefix: list[Parts] = field(default_factory=list)
    items: Parts = ()
    contains: list[Mapping[str, Any]] = field(default_factory=list)
    """The schemas that have `contains`."""
    min_items: int = 0
    max_items: int | None = None
    is_unique: bool = False
    properties: dict[str, Parts] = field(default_factory=dict)
    patterns: dict[str, Parts] = field(default_factory=dict)
    additional: Parts = ()
    names: Parts = ()
    required: list[str] = field(default_factory=list)
    min_properties: int = 0
    max_properties: int | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    exact: bool = True

    def of(self, name: str) -> Parts:
        """What holds for the property."""
        named = self.properties.get(name)
        matching = [part for pattern, parts in self.patterns.items() if matches(pattern, name) for part in parts]
        if named is None and not any(matches(pattern, name) for pattern in self.patterns):
            return self.additional
        return both(named or (), tuple(matching))


def both(a: Parts, b: Parts) -> Parts:
    if not a or not b:
        return a or b
    return (*a, *(part for part in b if not any(part is other for other in a)))


def flat_of(schema: Mapping[str, Any]) -> Flat:
    """The schema's own keywords, without its combinators."""
    get = schema.get
    values = [get("const")] if "const" in schema else get("enum")
    if "const" in schema and "enum" in schema:
        values = common(values, schema["enum"])
    return Flat(
        types=_types(get("type")),
        values=values,
        leaf=_leaf(schema),
        prefix=[(part,) for part in get("prefixItems", ())],
        items=_one(get("items", True)),
        contains=[schema] if "contains" in schema else [],
        min_items=int(get("minItems", 0)),
        max_items=_whole(get("maxItems")),
        is_unique=get("uniqueItems", False),
        properties={name: _one(part) for name, part in get("properties", {}).items()},
        patterns={pattern: _one(part) for pattern, part in get("patternProperties", {}).items()},
        additional=_one(get("additionalProperties", True)),
        names=_one(get("propertyNames", True)),
        required=list(get("required", ())),
        min_properties=int(get("minProperties", 0)),
        max_properties=_whole(get("maxProperties")),
        notes={key: schema[key] for key in NOTES if key in schema},
        exact=not any(compiled(pattern) is None for pattern in get("patternProperties", {})),
    )


def _one(part: Any) -> Parts:
    return () if part is True or part == {} else (part,)


def _whole(number: Any) -> int | None:
    return None if number is None else int(number)


def _types(types: Any) -> frozenset[str]:
    if types is None:
        return ALL_TYPES
    found = {types} if isinstance(types, str) else set(types)
    return frozenset(found | {"integer"} if "number" in found else found)


_HIGHEST = ("minLength", "minimum", "exclusiveMinimum")
_LOWEST = ("maxLength", "maximum", "exclusiveMaximum")
_LISTED = ("pattern", "format", "multipleOf")


def _leaf(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: schema[key] for key in (*_HIGHEST, *_LOWEST) if key in schema}
    return found | {key: [schema[key]] for key in _LISTED if key in schema}


def _merged_leaf(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    found = a | b
    for key in a.keys() & b.keys():
        if key in _LISTED:
            found[key] = a[key] + [item for item in b[key] if item not in a[key]]
        else:
            found[key] = (max if key in _HIGHEST else min)(a[key], b[key])
    return found


def merged(a: Flat, b: Flat) -> Flat:
    """Both at once. The first note counts."""
    if b == _PLAIN:
        return a
    if a == _PLAIN:
        return b
    patterns = dict(a.patterns)
    for pattern, parts in b.patterns.items():
        patterns[pattern] = both(patterns.get(pattern, ()), parts)
    mixed = (a.patterns and b.additional) or (b.patterns and a.additional)
    return Flat(
        types=a.types & b.types,
        values=common(a.values, b.values),
        excluded=a.excluded + b.excluded,
        leaf=_merged_leaf(a.leaf, b.leaf),
        prefix=_merged_prefix(a, b),
        items=both(a.items, b.items),
        contains=a.contains + b.contains,
        min_items=max(a.min_items, b.min_items),
        max_items=_least(a.max_items, b.max_items),
        is_unique=a.is_unique or b.is_unique,
        properties=_merged_properties(a, b),
        patterns=patterns,
        additional=both(a.additional, b.additional),
        names=both(a.names, b.names),
        required=list(dict.fromkeys(a.required + b.required)),
        min_properties=max(a.min_properties, b.min_properties),
        max_properties=_least(a.max_properties, b.max_properties),
        notes=b.notes | a.notes,
        exact=a.exact and b.exact and not mixed,
    )


def _least(a: int | None, b: int | None) -> int | None:
    return min((bound for bound in (a, b) if bound is not None), default=None)


def _merged_prefix(a: Flat, b: Flat) -> list[Parts]:
    length = max(len(a.prefix), len(b.prefix))
    first, second = ([*flat.prefix, *[flat.items] * (length - len(flat.prefix))] for flat in (a, b))
    return [both(x, y) for x, y in zip(first, second, strict=True)]


def _merged_properties(a: Flat, b: Flat) -> dict[str, Parts]:
    """A property that only one of them names is an additional one of the other."""
    found = {}
    for name in dict.fromkeys([*a.properties, *b.properties]):
        first, second = (_own(flat, name) for flat in (a, b))
        found[name] = both(first, second)
    return found


def _own(flat: Flat, name: str) -> Parts:
    if name in flat.properties:
        return flat.properties[name]
    return () if any(matches(pattern, name) for pattern in flat.patterns) else flat.additional


def frozen(value: Any) -> Any:
    """Equal and hashable for what JSON Schema holds equal: 1 and 1.0, but not 1 and true."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, list):
        return ("list", *map(frozen, value))
    if isinstance(value, dict):
        return ("dict", frozenset((name, frozen(item)) for name, item in value.items()))
    return value


def common(a: list[Any] | None, b: list[Any] | None) -> list[Any] | None:
    if a is None or b is None:
        return b if a is None else a
    allowed = {frozen(value) for value in b}
    return [value for value in a if frozen(value) in allowed]


def is_disjoint(a: Flat, b: Flat) -> bool:
    """No value can be of both, as far as types, values and tags tell."""
    if not (a.types & b.types) or common(a.values, b.values) == []:
        return True
    if (a.types & b.types) != {"object"}:
        return False
    tags = [name for name in a.required if name in b.required]
    return any(common(_tag(a, name), _tag(b, name)) == [] for name in tags)


def _tag(flat: Flat, name: str) -> list[Any] | None:
    found: list[Any] | None = None
    for part in flat.of(name):
        if isinstance(part, Mapping):
            found = common(found, flat_of(part).values)
    return found


_PLAIN = Flat()
