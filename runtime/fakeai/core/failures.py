"""Which of the errors that Pydantic reports is the one to tell: of a union it reports those of every variant."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

Step = tuple[bool, int | str]
"""(is a name or index of the document, the name or index); else it is Pydantic's label of a union's variant."""

TAG_ERRORS = ("union_tag_invalid", "union_tag_not_found")
"""Reported at the union; the place to tell about is its discriminator."""

VALUE_ERRORS = ("literal_error", "union_tag_invalid")
"""The value is none of those that are supported."""

KEY_MARK = "[key]"
MAX_SEARCHED = 32
"""Longer locations are walked without trying alternatives."""

_ABSENT = object()


class Fit(IntEnum):
    """How far a variant of a union was right about an object."""

    OTHER_TYPE = 0
    NO_TAG = 1
    OTHER_TAG = 2
    INCOMPLETE = 3
    FAULT_INSIDE = 4


@dataclass(frozen=True, slots=True)
class Failure:
    """One error and where it is in the document."""

    error: ErrorDetails
    steps: tuple[Step, ...]

    @property
    def path(self) -> list[int | str]:
        return [element for is_key, element in self.steps if is_key]

    @property
    def label(self) -> str:
        """The variant that was tried at the place of the failure; "" outside unions."""
        return str(self.steps[-1][1]) if self.steps and not self.steps[-1][0] else ""


class _Variant(NamedTuple):
    fit: Fit
    deepest: int
    minus_faults: int
    right_elements: int
    """Of a list: how many came before the first wrong one."""
    chosen: list[Failure]


def locate(error: ErrorDetails, document: Any) -> Failure:
    loc, is_missing = error["loc"], error["type"] == "missing"
    steps = None
    if len(loc) <= MAX_SEARCHED and KEY_MARK not in loc:
        steps = _walk(loc, document, error["input"], is_missing)
    if steps is None:
        steps = _guess(loc, document, is_missing)
    if error["type"] in TAG_ERRORS:
        steps += ((True, discriminator(error)),)
    return Failure(error, steps)


def discriminator(error: ErrorDetails) -> str:
    """The property that chooses the variant; Pydantic quotes it."""
    return str(error["ctx"]["discriminator"]).strip("'")


def _walk(loc: Sequence[int | str], value: Any, target: Any, is_missing: bool) -> tuple[Step, ...] | None:
    """The steps that end at the very object which the error names as its input, whatever a label is called."""
    if not loc:
        return () if value is target else None
    head, rest = loc[0], loc[1:]
    if is_missing and not rest:
        return ((True, head),) if value is target else None
    child = _child(value, head)
    if child is not _ABSENT and (steps := _walk(rest, child, target, is_missing)) is not None:
        return ((True, head), *steps)
    steps = _walk(rest, value, target, is_missing)
    return None if steps is None else ((False, head), *steps)


def _guess(loc: Sequence[int | str], value: Any, is_missing: bool) -> tuple[Step, ...]:
    """The steps if the input is no object of the document, such as the name of a property."""
    steps: list[Step] = []
    for position, element in enumerate(loc):
        child = _child(value, element)
        is_key = child is not _ABSENT or (is_missing and position == len(loc) - 1)
        steps.append((is_key, element))
        value = child if child is not _ABSENT else value
    return tuple(steps)


def _child(value: Any, element: int | str) -> Any:
    if type(value) is dict:
        return value.get(element, _ABSENT)
    if type(value) is list and type(element) is int and 0 <= element < len(value):
        return value[element]
    return _ABSENT


def decisive(failures: list[Failure], depth: int = 0) -> list[Failure]:
    """The failures at the one place to tell about: several if the variants of a union each want another thing there.

    All have their first `depth` steps in common."""
    groups: dict[Step | None, list[Failure]] = {}
    for failure in failures:
        groups.setdefault(failure.steps[depth] if len(failure.steps) > depth else None, []).append(failure)
    if not any(step and not step[0] for step in groups):
        first, group = next(iter(groups.items()))
        return group[:1] if first is None else decisive(group, depth + 1)
    place = len([1 for is_key, _ in failures[0].steps[:depth] if is_key])
    tags = {failure.path[-1] for failure in failures if _tells_apart(failure, place)}
    return _of_union([_variant(group, depth + 1, place, tags) for group in groups.values()])


def _variant(group: list[Failure], depth: int, place: int, tags: set[int | str]) -> _Variant:
    """How well the variant that reports this group fits the union's value, which is `place` names deep."""
    others = [f for f in group if len(f.path) == place + 1 and f.path[-1] in tags and f.error["type"] in VALUE_ERRORS]
    chosen = others[:1] or decisive(group, depth)
    path, error = chosen[0].path, chosen[0].error
    near = [f.error["type"] for f in group if len(f.path) == place + 1]
    if len(path) == place and is_type_error(error):
        fit = Fit.OTHER_TYPE
    elif "union_tag_not_found" in near:
        fit = Fit.NO_TAG
    elif others or (len(path) == place and error["type"] == "literal_error"):
        fit = Fit.OTHER_TAG
    else:
        fit = Fit.INCOMPLETE if "missing" in near else Fit.FAULT_INSIDE
    index = path[place] if len(path) > place else 0
    faults = len({tuple(f.path) for f in group})
    return _Variant(fit, len(path), -faults, index if isinstance(index, int) else 0, chosen)


def _tells_apart(failure: Failure, place: int) -> bool:
    """The name right inside the union's value is a constant of one variant, so that its value chooses the variant."""
    error = failure.error
    if len(failure.path) != place + 1:
        return False
    if error["type"] == "literal_error":
        return isinstance(error["input"], str) and " or " not in error["ctx"]["expected"]
    return error["type"] == "union_tag_invalid"


def _of_union(variants: list[_Variant]) -> list[Failure]:
    """Those of the variant that fits best, and of its rivals those at the same place."""
    best = max(variants, key=lambda variant: variant[:4])
    path, is_value = best.chosen[0].path, best.chosen[0].error["type"] in VALUE_ERRORS
    rivals = [
        failure
        for variant in variants
        for failure in variant.chosen
        if variant is not best and failure.path == path
        if variant[:2] == best[:2] or (is_value and failure.error["type"] in VALUE_ERRORS)
    ]
    return best.chosen + rivals


def is_type_error(error: ErrorDetails) -> bool:
    """The value is of another JSON type than wanted."""
    if error["type"] == "literal_error":
        return isinstance(error["input"], str) != ("'" in error["ctx"]["expected"])
    return error["type"] in TYPES


TYPES = {
    "string_type": "string",
    "string_sub_type": "string",
    "int_type": "integer",
    "int_parsing": "integer",
    "int_parsing_size": "integer",
    "int_from_float": "integer",
    "float_type": "decimal",
    "float_parsing": "decimal",
    "bool_type": "boolean",
    "bool_parsing": "boolean",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
    "none_required": "null",
    "file_type": "file",
}
"""Pydantic's error → the type that was wanted."""
