"""What the fields of a request model can hold, read from its annotations once per class."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

Kind = Literal["array", "object", "file", "scalar", "null", "any"]

ALTERNATIVES = (Union, UnionType)
_PLAIN: dict[Any, Kind] = {
    str: "scalar", int: "scalar", float: "scalar", bool: "scalar",
    bytes: "file", list: "array", dict: "object", Literal: "scalar", NoneType: "null", None: "null",
}  # fmt: skip


@cache
def shapes(model: type[BaseModel]) -> Mapping[str, frozenset[Kind]]:
    """Wire name → what the field can hold; of a union the fields of all its variants."""
    found: dict[str, frozenset[Kind]] = {}
    for variant in filter(None, _variants(model)):
        for name, field in variant.model_fields.items():
            wire = wire_name(name, field)
            found[wire] = found.get(wire, frozenset()) | frozenset(_kinds(field.annotation))
    return found


@cache
def known_names(model: type[BaseModel]) -> frozenset[str] | None:
    """The wire names of all fields; None if some variant takes any name."""
    for variant in _variants(model):
        if variant is None or variant.model_config.get("extra") == "allow":
            return None
    return frozenset(shapes(model))


def wire_name(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _variants(annotation: Any) -> Iterator[type[BaseModel] | None]:
    """The models that an object of this annotation can have; None is an object of any names."""
    origin = get_origin(annotation) or annotation
    if origin is Annotated:
        yield from _variants(get_args(annotation)[0])
    elif origin in ALTERNATIVES:
        for alternative in get_args(annotation):
            yield from _variants(alternative)
    elif isinstance(origin, type) and issubclass(origin, RootModel):
        yield from _variants(_root(origin))
    elif isinstance(origin, type) and issubclass(origin, BaseModel):
        origin.model_rebuild()
        yield origin
    elif _PLAIN.get(origin, "any") in ("object", "any"):
        yield None


def _kinds(annotation: Any) -> Iterator[Kind]:
    origin = get_origin(annotation) or annotation
    if origin is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif origin in ALTERNATIVES:
        for alternative in get_args(annotation):
            yield from _kinds(alternative)
    elif isinstance(origin, type) and issubclass(origin, RootModel):
        yield from _kinds(_root(origin))
    elif isinstance(origin, type) and issubclass(origin, BaseModel):
        yield "object"
    else:
        yield _PLAIN.get(origin, "any")


def _root(model: type[RootModel[Any]]) -> Any:
    model.model_rebuild()
    return model.model_fields["root"].annotation
