"""A schema as the planner reads it: older keywords in today's spelling, references, validators for its parts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import orjson

from fakeai.content.schemas.keywords import LISTS, MAPS, ONE, Schema

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

ROOT_URI = "urn:fakeai:schema"


class CannotWrite(Exception):
    """No value was found for the schema at `path`, a JSON pointer with "#" before it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class Document:
    def __init__(self, schema: Schema) -> None:
        self.root: Any = modern(schema)
        self._pointers: dict[int, str] = {}
        self._anchors: dict[str, Schema] = {}
        self._negations: dict[int, Schema] = {}
        self._locate(self.root, "")

    def _locate(self, value: Any, pointer: str) -> None:
        if isinstance(value, dict):
            self._pointers[id(value)] = pointer
            if isinstance(anchor := value.get("$anchor", value.get("$dynamicAnchor")), str):
                self._anchors.setdefault(anchor, value)
            for key, item in value.items():
                self._locate(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._locate(item, f"{pointer}/{index}")

    def check(self) -> None:
        """Raises jsonschema_rs.ValidationError for what is no JSON Schema."""
        from jsonschema_rs import Draft202012Validator

        Draft202012Validator(self.root, offline=True)

    def path(self, schema: Schema) -> str:
        return "#" + self._pointers.get(id(schema), "")

    def resolve(self, reference: str) -> Schema:
        """Raises CannotWrite for what is not in the document."""
        found = self.root if reference == "#" else self._anchors.get(reference.removeprefix("#"))
        if found is None and reference.startswith("#/"):
            found = at(self.root, reference[2:])
        if not isinstance(found, Mapping | bool):
            raise CannotWrite(reference, "the reference leads to no schema of this document")
        return found

    def validator(self, parts: Sequence[Schema]) -> "Draft202012Validator":
        """Of all these schemas of the document at once."""
        from jsonschema_rs import Draft202012Validator, Registry

        registry = Registry([(ROOT_URI, self.root)])
        references = [self._reference(part) for part in parts]
        return Draft202012Validator({"allOf": references}, validate_formats=True, registry=registry, offline=True)

    def _reference(self, part: Schema) -> Schema:
        if isinstance(part, bool):
            return part
        if id(part) in self._pointers:
            return {"$ref": f"{ROOT_URI}{quote(self.path(part), safe='#/~')}"}
        return {"not": self._reference(part["not"])} if set(part) == {"not"} else part

    def negation(self, part: Mapping[str, Any]) -> Schema:
        """The same object each time."""
        return self._negations.setdefault(id(part), {"not": part})


def at(document: Any, pointer: str) -> Any:
    """What a JSON pointer without its first slash leads to; None if nothing."""
    for key in pointer.split("/"):
        key = unquote(key).replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping):
            document = document.get(key)
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def leaf_validator(schema: dict[str, Any]) -> "Draft202012Validator":
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(schema, validate_formats=True, offline=True)


def modern(schema: Any) -> Any:
    """The schema in Draft 2020-12, without names that would give its references another base."""
    if not isinstance(schema, Mapping):
        return schema
    new: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("$id", "$schema"):
            continue
        if key == "items" and isinstance(value, list):
            key = "prefixItems"
        elif key == "additionalItems" and isinstance(schema.get("items"), list):
            key = "items"
        new[key] = _modern_value(key, value)
    for sign, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(is_exclusive := new.get(sign), bool):
            del new[sign]
            if is_exclusive and bound in new:
                new[sign] = new.pop(bound)
    return new


def _modern_value(key: str, value: Any) -> Any:
    if key in ONE:
        return modern(value)
    if key in LISTS and isinstance(value, list):
        return [modern(item) for item in value]
    if key in MAPS and isinstance(value, Mapping):
        return {name: modern(item) for name, item in value.items()}
    return value


def serialised(schema: Any) -> bytes:
    """What tells schemas apart; the order of keys counts."""
    return orjson.dumps(schema, option=orjson.OPT_NON_STR_KEYS)
