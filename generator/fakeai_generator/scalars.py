"""Values for strings, numbers and booleans: candidates, of which those stay that the schema accepts."""

import json
from math import ceil
from typing import Any

import jsonschema_rs

from fakeai_generator.hints import Hints, Instant, Literals, Rule, Spot, Test
from fakeai_generator.merge import Merger, Unsupported, is_type, kind_of
from fakeai_generator.patterns import sample
from fakeai_generator.tree import Schema, closure, references

FORMATS = {
    "uri": "https://example.com/files/report",
    "uri-reference": "/files/report",
    "date": "2025-06-01",
    "time": "12:00:00Z",
    "date-time": "2025-06-01T12:00:00Z",
    "duration": "PT5M",
    "uuid": "3f2b8c1e-5d4a-4e6f-9a7b-1c2d3e4f5a6b",
    "email": "ada@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.10",
    "ipv6": "2001:db8::10",
    "byte": "ZXhhbXBsZQ==",
    "base64": "ZXhhbXBsZQ==",
    "binary": "example",
}
_FIXED: dict[str | None, tuple[Any, ...]] = {"boolean": (False, True), "null": (None,), None: ({},)}
_INTEGERS = (3, 7, 12, 20, 31, 48, 64, 96)
_NUMBERS = (0.25, 0.5, 0.75, 1.0, 2.0, 5.0)
_FILLER = "example text "


class Scalars:
    def __init__(self, hints: Hints, merger: Merger) -> None:
        self._hints = hints
        self._merger = merger

    def hinted(self, leaf: Schema, spot: Spot) -> Rule | None:
        """The first rule that the schema accepts; null is not a value here."""
        rules = [rule for rule in self._hints.rules(spot) if _may_fit(rule, kind_of(leaf))]
        if not rules:
            return None
        accepts = self.test(leaf)
        for rule in rules:
            narrowed = rule.narrow(lambda value: value is not None and accepts(value))
            if narrowed is not None:
                return narrowed
        return None

    def rule(self, leaf: Schema, spot: Spot) -> Rule:
        """Raises Unsupported if no candidate is accepted."""
        return self.hinted(leaf, spot) or self._plain(leaf, spot)

    def test(self, leaf: Schema) -> Test:
        components = self._merger.components
        known = {name: components[name] for name in closure(list(references(leaf)), components)}
        schema = {**leaf, "components": {"schemas": known}} if known else leaf
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid

    def _plain(self, leaf: Schema, spot: Spot) -> Rule:
        accepts = self.test(leaf)
        for rule in self._candidates(leaf, spot):
            narrowed = rule.narrow(accepts)
            if narrowed is not None:
                return narrowed
        raise Unsupported(f"{spot}: no value found for {json.dumps(leaf)}")

    def _candidates(self, leaf: Schema, spot: Spot) -> list[Rule]:
        if "const" in leaf:
            return [Literals((leaf["const"],))]
        if "enum" in leaf:
            return [Literals(tuple(leaf["enum"]))]
        kind = kind_of(leaf)
        if kind == "string":
            return self._texts(leaf)
        if kind in _FIXED:
            return [Literals(_FIXED[kind])]
        if leaf.get("format") == "unixtime":
            return [Instant(0)]
        return [Literals(_INTEGERS if kind == "integer" else _NUMBERS), Literals(_at_bounds(leaf, kind))]

    def _texts(self, leaf: Schema) -> list[Rule]:
        named = [Literals((FORMATS[leaf["format"]],))] if leaf.get("format") in FORMATS else []
        pattern = [Literals((sample(leaf["pattern"], leaf.get("minLength", 0)),))] if "pattern" in leaf else []
        least, most = leaf.get("minLength", 0), leaf.get("maxLength", len(_FILLER))
        sized = _FILLER * (max(least, 1) // len(_FILLER) + 1)
        return [*named, *pattern, *self._hints.texts(), Literals((sized[: max(least, min(most, len(sized)))],))]


def _may_fit(rule: Rule, kind: str | None) -> bool:
    """Saves compiling big schemas for rules that cannot be meant."""
    if kind not in ("object", "array"):
        return True
    return isinstance(rule, Literals) and any(is_type(value, kind) for value in rule.values)


def _at_bounds(leaf: Schema, kind: str | None) -> tuple[float, ...]:
    """Values at and between the bounds, then multiples."""
    low = leaf.get("minimum", leaf.get("exclusiveMinimum"))
    high = leaf.get("maximum", leaf.get("exclusiveMaximum"))
    low = low if low is not None else min(0, high or 0)
    high = high if high is not None else low + 1
    step = leaf.get("multipleOf", 1)
    multiple = ceil(low / step) * step
    edges = (low, low + 1, (low + high) / 2, high - 1, high, multiple, multiple + step)
    return tuple(dict.fromkeys(ceil(edge) if kind == "integer" else edge for edge in edges))
