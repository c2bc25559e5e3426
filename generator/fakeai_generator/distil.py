"""Reduces an OpenAPI document to contract facts: no prose, no examples, no vendor extensions."""

from typing import Any

import yaml

from fakeai_generator.schemas import PROSE, SHAPES, Json, Pointer, Slot, SpecError, pointer
from fakeai_generator.upstream import Dumper


def distil(doc: Json) -> Json:
    """Raises SpecError, with the JSON pointer, at the first key the generator does not know."""
    out: Json = _object(doc, "document", ())
    return out


def dump(doc: Json, header: str) -> str:
    """YAML in the document's own order: the order of properties is what answers are built in."""
    return header + yaml.dump(doc, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def _object(value: Any, shape: str, at: Pointer) -> Any:
    if not isinstance(value, dict):
        return value
    out: Json = {}
    for key, child in value.items():
        if key in SHAPES[shape]:
            slot = SHAPES[shape][key]
            out[key] = child if slot is None else _slot(child, slot, (*at, key))
        elif not _is_prose(key):
            raise SpecError(f"{pointer((*at, str(key)))}: unknown {shape} keyword")
    return _finish(out, value, shape)


def _slot(value: Any, slot: Slot, at: Pointer) -> Any:
    if slot.many == "one":
        return _object(value, slot.shape, at)
    if slot.many == "map":
        return {
            str(name): _object(child, slot.shape, (*at, str(name)))
            for name, child in value.items()
            if slot.shape == "schema" or not str(name).startswith("x-")
        }
    return [_object(child, slot.shape, (*at, str(index))) for index, child in enumerate(value)]


def _is_prose(key: Any) -> bool:
    return key in PROSE or str(key).startswith("x-")


def _finish(out: Json, source: Json, shape: str) -> Json:
    if shape == "response" and "$ref" not in out:
        return {"description": "", **out}
    if shape == "schema" and source.get("x-stainless-const") is True and len(out.get("enum", ())) == 1:
        return {("const" if key == "enum" else key): (v[0] if key == "enum" else v) for key, v in out.items()}
    return out
