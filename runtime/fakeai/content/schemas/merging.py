"""From schemas that must all hold to plain alternatives: for each, one flat set of keywords without combinators.

Dropping an alternative is always sound, so their number is bounded. A flat whose keywords do not say everything that
its schemas demand is not `exact`: values made by it have to be checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations, islice, product
from typing import Any

from fakeai.content.schemas.document import CannotWrite, Document
from fakeai.content.schemas.flat import Flat, Parts, flat_of, is_disjoint, merged

MAX_ALTERNATIVES = 48


@dataclass(slots=True)
class Expander:
    document: Document
    _open: list[str] = field(default_factory=list)
    """References being followed at this place."""
    _done: dict[int, list[Flat]] = field(default_factory=dict)

    def alternatives(self, parts: Parts) -> list[Flat]:
        return self._all([self._expanded(part) for part in parts])

    def _all(self, options: list[list[Flat]]) -> list[Flat]:
        found = [Flat()]
        for option in options:
            pairs = islice(product(found, option), MAX_ALTERNATIVES)
            found = [flat for a, b in pairs if (flat := merged(a, b)).types]
        return found

    def _any(self, schemas: list[Any]) -> list[Flat]:
        return [flat for schema in schemas for flat in self._expanded(schema)][:MAX_ALTERNATIVES]

    def _expanded(self, schema: Any) -> list[Flat]:
        if isinstance(schema, bool):
            return [Flat()] if schema else []
        found = self._done.get(id(schema))
        if found is None:
            found = self._done[id(schema)] = self._expanded_anew(schema)
        return found

    def _expanded_anew(self, schema: Mapping[str, Any]) -> list[Flat]:
        options = [[flat_of(schema)]]
        for key in ("$ref", "$dynamicRef"):
            if key in schema:
                options.append(self._referred(schema[key]))
        options += [self._expanded(part) for part in schema.get("allOf", ())]
        if "anyOf" in schema:
            options.append(self._any(schema["anyOf"]))
        if "oneOf" in schema:
            options.append(self._one_of(schema["oneOf"]))
        if "not" in schema:
            options.append(self._negated(schema["not"]))
        if "if" in schema and ("then" in schema or "else" in schema):
            options.append(self._conditional(schema))
        for name, dependent in schema.get("dependentSchemas", {}).items():
            options.append([*self._expanded(dependent), Flat(properties={name: (False,)})])
        for name, needed in schema.get("dependentRequired", {}).items():
            options.append([Flat(required=needed), Flat(properties={name: (False,)})])
        return [_sealed(flat, schema) for flat in self._all(options)]

    def _referred(self, reference: str) -> list[Flat]:
        if reference in self._open:
            raise CannotWrite(reference, "the reference leads to itself")
        self._open.append(reference)
        try:
            return self._expanded(self.document.resolve(reference))
        finally:
            self._open.pop()

    def _one_of(self, schemas: list[Any]) -> list[Flat]:
        groups = [self._expanded(schema) for schema in schemas]
        flats = [flat for group in groups for flat in group]
        if all(is_disjoint(a, b) for one, other in combinations(groups, 2) for a in one for b in other):
            return flats
        return [replace(flat, exact=False) for flat in flats]

    def _conditional(self, schema: Mapping[str, Any]) -> list[Flat]:
        then = self._all([self._expanded(schema["if"]), self._expanded(schema.get("then", True))])
        otherwise = self._all([self._negated(schema["if"]), self._expanded(schema.get("else", True))])
        return [*then, *otherwise]

    def _negated(self, schema: Any) -> list[Flat]:
        if isinstance(schema, bool) or not schema:
            return [Flat()] if schema is False else []
        if set(schema) == {"not"}:
            return self._expanded(schema["not"])
        if set(schema) <= {"const", "enum"}:
            return [Flat(excluded=[schema["const"]] if "const" in schema else schema["enum"])]
        if set(schema) == {"type"}:
            types = flat_of(schema).types
            return [Flat(types=Flat().types - types, exact="integer" not in types)]
        if set(schema) == {"required"}:
            return [Flat(types=frozenset({"object"}), properties={name: (False,)}) for name in schema["required"]]
        if set(schema) == {"anyOf"}:
            return self._all([self._negated(part) for part in schema["anyOf"]])
        self._expanded(schema)  # for what it raises
        return [*self._one_wrong(schema), Flat(exact=False)]

    def _one_wrong(self, schema: Mapping[str, Any]) -> list[Flat]:
        """Objects of which one property is not as the schema says, or missing."""
        found = []
        for name, part in schema.get("properties", {}).items():
            if isinstance(part, Mapping) and part:
                kind = frozenset({"object"})
                wrong = Flat(
                    types=kind, properties={name: (self.document.negation(part),)}, required=[name], exact=False
                )
                found.append(wrong)
        return found


def _sealed(flat: Flat, schema: Mapping[str, Any]) -> Flat:
    """unevaluatedProperties and unevaluatedItems are about all that the schema's parts have named."""
    if "unevaluatedProperties" in schema:
        flat = replace(flat, additional=(*flat.additional, schema["unevaluatedProperties"]), exact=False)
    if "unevaluatedItems" in schema:
        flat = replace(flat, items=(*flat.items, schema["unevaluatedItems"]), exact=False)
    return flat
