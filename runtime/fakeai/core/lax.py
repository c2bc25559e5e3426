"""Text values of queries and forms, converted by the model that they are for."""

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from pydantic import BaseModel, ValidationError

from fakeai.core.errors import ApiError
from fakeai.core.invalid import invalid
from fakeai.core.json_text import parse_json
from fakeai.core.operation import Document
from fakeai.core.shapes import Kind, shapes

INT64 = 1 << 63


def convert(model: type[BaseModel], values: Document, group: str) -> tuple[BaseModel, Document]:
    """The model's instance, and the values that were given as what the model makes of them."""
    try:
        instance = model.model_validate(values, strict=False)
    except ValidationError as error:
        raise invalid(error, values, group) from None
    document = instance.model_dump(by_alias=True, exclude_unset=True, warnings=False)
    for path, number in _numbers(document, ""):
        _check_number(path, number)
    return instance, document


def arrange(model: type[BaseModel], values: Document, one: Callable[[Any], list[Any]]) -> Document:
    """Lists where the model wants only lists, made by `one`, and single values where it wants none: of several the
    last. For objects, text null is null and text in braces is JSON. Names that the model does not have are left as
    they are."""
    known = shapes(model)
    return {name: _arrange(known[name], value, one) if name in known else value for name, value in values.items()}


def _arrange(kinds: frozenset[Kind], value: Any, one: Callable[[Any], list[Any]]) -> Any:
    if value == "null" and "object" in kinds and "scalar" not in kinds:
        return None
    if isinstance(value, str) and value.startswith("{") and "object" in kinds:
        return parse_json(value.encode())
    if isinstance(value, list):
        return value[-1] if value and not kinds & {"array", "any"} else value
    return one(value) if kinds - {"null"} == {"array"} and not isinstance(value, dict) else value


def _numbers(value: Any, path: str) -> Iterator[tuple[str, int | float]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _numbers(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _numbers(element, f"{path}[{index}]")
    elif isinstance(value, int | float):
        yield path, value


def _check_number(path: str, number: float) -> None:
    """JSON has no NaN and no infinity, and clients read integers of 64 bits; text could say more."""
    if isinstance(number, float):
        if not isfinite(number):
            raise ApiError(400, f"Invalid '{path}': not a finite number.", code="invalid_value", param=path)
    elif not -INT64 <= number < INT64:
        side = "above_max" if number > 0 else "below_min"
        message = f"Invalid '{path}': the integer does not fit into 64 bits."
        raise ApiError(400, message, code=f"integer_{side}_value", param=path)
