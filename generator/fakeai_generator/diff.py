"""What changed in meaning between two OpenAPI documents, and whether it can break a client or a handwritten service."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fakeai_generator.schemas import Json, operations


@dataclass(frozen=True)
class Change:
    kind: str
    """added, removed or changed."""
    what: str
    """operation, parameter, schema, property, enum value, required property, type, …"""
    where: str
    detail: str
    breaking: bool

    def __str__(self) -> str:
        return f"{'!' if self.breaking else ' '} {self.kind:7} {self.what:17} {self.where}" + (
            f": {self.detail}" if self.detail else ""
        )


Changes = Iterator[Change]
Compare = Callable[[Any, Any, str], Changes]

_BREAKS_WHEN_CHANGED = ("type", "$ref", "const", "format", "pattern", "multipleOf", "uniqueItems", "propertyName")
_HARMLESS = ("default", "deprecated", "readOnly", "writeOnly")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def diff(old: Json, new: Json) -> list[Change]:
    """Changes of operations first, then of component schemas; each in document order."""
    return [
        *_keyed("operation", _operations(old), _operations(new), "", _operation),
        *_keyed("webhook", old.get("webhooks", {}), new.get("webhooks", {}), "webhooks ", _no_details),
        *_keyed("schema", _components(old), _components(new), "", _schema),
    ]


def render(changes: list[Change]) -> str:
    """A summary line, then a line per change; `!` marks those that can break."""
    if not changes:
        return "no change in meaning"
    counts = [f"{sum(c.kind == kind for c in changes)} {kind}" for kind in ("added", "removed", "changed")]
    head = f"{', '.join(counts)}; {sum(c.breaking for c in changes)} can break"
    return "\n".join([head, *(str(change).rstrip() for change in changes)])


def _operations(doc: Json) -> Json:
    return {f"{method.upper()} {path}": op for path, method, op in operations(doc)}


def _components(doc: Json) -> Json:
    found: Json = doc.get("components", {}).get("schemas", {})
    return found


def _operation(old: Json, new: Json, at: str) -> Changes:
    yield from _values(old, new, at, ("operationId", "security"), breaking=True)
    yield from _values(old, new, at, ("deprecated", "tags"), breaking=False)
    parameters, new_parameters = _parameters(old), _parameters(new)
    yield from _keyed("parameter", parameters, new_parameters, f"{at} ", _parameter, _is_required)
    yield from _body(old.get("requestBody", {}), new.get("requestBody", {}), f"{at} body")
    responses, new_responses = old.get("responses", {}), new.get("responses", {})
    yield from _keyed("response", responses, new_responses, f"{at} ", _content)


def _parameters(op: Json) -> Json:
    return {p.get("$ref") or f"{p['in']} {p['name']}": p for p in op.get("parameters", [])}


def _is_required(value: Json) -> bool:
    return bool(value.get("required"))


def _parameter(old: Json, new: Json, at: str) -> Changes:
    yield from _required_flag(old, new, at)
    yield from _values(old, new, at, ("style", "explode"), breaking=True)
    yield from _schema(old.get("schema", {}), new.get("schema", {}), at)


def _body(old: Json, new: Json, at: str) -> Changes:
    yield from _required_flag(old, new, at)
    yield from _content(old, new, at)


def _required_flag(old: Json, new: Json, at: str) -> Changes:
    if _is_required(old) != _is_required(new):
        word = "required" if _is_required(new) else "optional"
        yield Change("changed", "required", at, f"now {word}", _is_required(new))


def _content(old: Json, new: Json, at: str) -> Changes:
    yield from _keyed("media type", old.get("content", {}), new.get("content", {}), f"{at} ", _media)


def _media(old: Json, new: Json, at: str) -> Changes:
    yield from _schema(old.get("schema", {}), new.get("schema", {}), at)


def _schema(old: Any, new: Any, at: str) -> Changes:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield Change("changed", "schema", at, f"{_text(old)} → {_text(new)}", True)
        return
    yield from _values(old, new, at, _BREAKS_WHEN_CHANGED, breaking=True)
    yield from _values(old, new, at, _HARMLESS, breaking=False)
    yield from _bounds(old, new, at)
    yield from _members("enum value", old.get("enum"), new.get("enum"), at, added_breaks=False)
    yield from _members("required property", old.get("required", []), new.get("required", []), at, added_breaks=True)
    yield from _keyed("property", old.get("properties", {}), new.get("properties", {}), f"{at}.", _schema)
    for key in ("items", "additionalProperties", "propertyNames", "not"):
        if key in old or key in new:
            yield from _schema(old.get(key, {}), new.get(key, {}), f"{at}.{key}")
    for key in ("allOf", "anyOf", "oneOf"):
        yield from _keyed("variant", _variants(old, key), _variants(new, key), f"{at}.{key} ", _schema)


def _variants(schema: Json, key: str) -> Json:
    """Variants under names that survive reordering: reference, tag or type; repeated names are numbered."""
    out: Json = {}
    for variant in schema.get(key, []):
        name = base = _variant_name(variant)
        number = 2
        while name in out:
            name, number = f"{base}#{number}", number + 1
        out[name] = variant
    return out


def _variant_name(variant: Json) -> str:
    if "$ref" in variant:
        return str(variant["$ref"]).rsplit("/", 1)[-1]
    tags = [p["const"] for p in variant.get("properties", {}).values() if isinstance(p, dict) and "const" in p]
    return str(variant.get("const") or (tags[0] if tags else variant.get("type", "any")))


def _bounds(old: Json, new: Json, at: str) -> Changes:
    for key in (*_LOWER, *_UPPER):
        before, after = old.get(key), new.get(key)
        if before != after:
            yield Change("changed", key, at, f"{_text(before)} → {_text(after)}", _tighter(key, before, after))


def _tighter(key: str, before: Any, after: Any) -> bool:
    if after is None or isinstance(after, bool) or isinstance(before, bool):
        return after is not None
    return before is None or (after > before if key in _LOWER else after < before)


def _values(old: Json, new: Json, at: str, keys: tuple[str, ...], breaking: bool) -> Changes:
    for key in keys:
        if old.get(key) != new.get(key):
            yield Change("changed", key, at, f"{_text(old.get(key))} → {_text(new.get(key))}", breaking)


def _members(what: str, old: list[Any] | None, new: list[Any] | None, at: str, added_breaks: bool) -> Changes:
    """A list that appears or goes as a whole counts as its members do."""
    yield from (
        Change("added", what, at, _text(value), added_breaks or old is None)
        for value in new or []
        if value not in (old or [])
    )
    yield from (
        Change("removed", what, at, _text(value), not added_breaks and new is not None)
        for value in old or []
        if value not in (new or [])
    )


def _keyed(
    what: str, old: Json, new: Json, prefix: str, compare: Compare, breaks: Callable[[Json], bool] = lambda _: False
) -> Changes:
    """Entries added, removed (always breaking) and, by `compare`, changed; `breaks` tells which additions break."""
    yield from (Change("added", what, prefix + key, "", breaks(new[key])) for key in new if key not in old)
    yield from (Change("removed", what, prefix + key, "", True) for key in old if key not in new)
    for key in old:
        if key in new:
            yield from compare(old[key], new[key], prefix + key)


def _no_details(old: Any, new: Any, at: str) -> Changes:
    if old != new:
        yield Change("changed", "webhook", at, "", False)


def _text(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)
