"""Pydantic's report on a body or query → OpenAI's error."""

import ast
import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from fakeai.core.call import Upload
from fakeai.core.errors import ApiError, missing_parameter
from fakeai.core.failures import TYPES, VALUE_ERRORS, Failure, decisive, discriminator, is_type_error, locate

OLDER_GROUPS = frozenset({"audio", "chat", "completions", "embeddings", "images", "moderations"})
"""Their APIs have other words for a name they do not know, and no code."""

_REPR = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s,'"]+""")
_BOUNDS = {
    "greater_than_equal": ("ge", "below_min", "below minimum", ">="),
    "greater_than": ("gt", "below_min", "below minimum", ">"),
    "less_than_equal": ("le", "above_max", "above maximum", "<="),
    "less_than": ("lt", "above_max", "above maximum", "<"),
}


def invalid(error: ValidationError, document: Any, group: str) -> ApiError:
    """400 about the most telling of the errors; `document` is what was validated."""
    failures = decisive([locate(details, document) for details in error.errors(include_url=False)])
    first = next((f for f in failures if not _is_mismatch(f)), failures[0])
    details, path = first.error, first.path
    param, kind = param_name(path), details["type"]
    if kind == "extra_forbidden":
        return unknown_parameter(param, group if len(path) == 1 else "")
    if kind in ("missing", "union_tag_not_found"):
        return missing_parameter(param)
    if _is_mismatch(first):
        return _mismatch(param, failures)
    if kind in _BOUNDS:
        return _out_of_bounds(param, kind, details["ctx"], details["input"])
    if kind in _SIZES:
        return _SIZES[kind](param, details["ctx"], details["input"])
    return _error("invalid_value", param, f"Invalid value for '{param}': {details['msg']}.")


def unknown_parameter(param: str, group: str) -> ApiError:
    if group in OLDER_GROUPS:
        return ApiError(400, f"Unrecognized request argument supplied: {param}")
    return _error("unknown_parameter", param, f"Unknown parameter: '{param}'.")


def param_name(path: Sequence[int | str]) -> str:
    """messages[2].content[0].type"""
    text = "".join(f"[{element}]" if isinstance(element, int) else f".{_plain(element)}" for element in path)
    return text.removeprefix(".")


def _plain(name: str) -> str:
    return name.removesuffix("[]")


def _error(code: str, param: str, message: str) -> ApiError:
    return ApiError(400, message, code=code, param=param or None)


def _is_mismatch(failure: Failure) -> bool:
    return failure.error["type"] in VALUE_ERRORS or is_type_error(failure.error)


def _mismatch(param: str, failures: list[Failure]) -> ApiError:
    """Of another type than any variant wants, or a value that none has."""
    wanted: dict[str, None] = {}
    supported: dict[Any, None] = {}
    for failure in failures:
        values = _supported(failure)
        supported |= dict.fromkeys(values)
        wanted |= dict.fromkeys([_wanted(failure)] if not values else [_name_of(v) for v in values])
    value = _given(failures[0])
    if supported and _name_of(value) in wanted:
        options = _series([_quote(v) for v in supported], "and")
        return _error("invalid_value", param, f"Invalid value: {_quote(value)}. Supported values are: {options}.")
    place = f" for '{param}'" if param else ""
    message = f"Invalid type{place}: expected {_one_of(wanted)}, but got {_article(_name_of(value))} instead."
    return _error("invalid_type", param, message)


def _given(failure: Failure) -> Any:
    error = failure.error
    return error["input"][discriminator(error)] if error["type"] == "union_tag_invalid" else error["input"]


def _supported(failure: Failure) -> list[Any]:
    """The values of Pydantic's "'a', 'b' or 'c'"."""
    context = failure.error.get("ctx", {})
    text = context.get("expected") or context.get("expected_tags") or ""
    return [_literal(token) for token in _REPR.findall(text) if token != "or"]


def _literal(token: str) -> Any:
    try:
        return ast.literal_eval(token)
    except (SyntaxError, ValueError):
        return token


def _wanted(failure: Failure) -> str:
    name = TYPES[failure.error["type"]]
    return _array_of(failure.label) if name == "array" else name


def _array_of(label: str) -> str:
    """ "array of strings" of a union variant that Pydantic labels "list[str]"."""
    inner = label.removeprefix("list[")
    if inner == label:
        return "array"
    is_model = inner.removeprefix("union[")[:1].isupper()
    element = "objects" if is_model else _ELEMENTS.get(re.split(r"[^\w-]", inner, maxsplit=1)[0])
    return f"array of {element}" if element else "array"


_ELEMENTS = {
    "str": "strings",
    "int": "integers",
    "float": "decimals",
    "bool": "booleans",
    "list": "arrays",
    "dict": "objects",
    "tagged-union": "objects",
}


def _rank(name: str) -> int:
    """Plain types come first, as the API tells them."""
    return 2 if name == "object" else name.startswith("array")


def _one_of(wanted: Iterable[str]) -> str:
    names = sorted(wanted, key=_rank)
    return _article(names[0]) if len(names) == 1 else "one of " + _series([_article(names[0]), *names[1:]], "or")


def _series(words: list[str], last: str) -> str:
    """ "a", "a and b", "a, b, and c" """
    if len(words) < 3:
        return f" {last} ".join(words)
    return f"{', '.join(words[:-1])}, {last} {words[-1]}"


def _article(name: str) -> str:
    if name == "null":
        return name
    return f"an {name}" if name[0] in "aio" else f"a {name}"


def _name_of(value: Any) -> str:
    for kind, name in _NAMES:
        if isinstance(value, kind):
            return name
    return "value"


_NAMES: Iterable[tuple[type, str]] = (
    (str, "string"),
    (bool, "boolean"),
    (int, "integer"),
    (float, "decimal"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
    (Upload, "file"),
)


def _quote(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _out_of_bounds(param: str, kind: str, context: dict[str, Any], value: Any) -> ApiError:
    key, code, words, sign = _BOUNDS[kind]
    bound = context[key]
    number = "decimal" if isinstance(bound, float) else "integer"
    wanted = f"Expected a value {sign} {bound:.17g}" if number == "decimal" else f"Expected a value {sign} {bound}"
    message = f"Invalid '{param}': {number} {words} value. {wanted}, but got {value} instead."
    return _error(f"{number}_{code}_value", param, message)


def _long_string(param: str, context: dict[str, Any], value: str) -> ApiError:
    message = f"string too long. Expected a string with maximum length {context['max_length']}"
    got = f"but got a string with length {len(value)} instead."
    return _error("string_above_max_length", param, f"Invalid '{param}': {message}, {got}")


def _short_string(param: str, context: dict[str, Any], value: str) -> ApiError:
    fault, code = ("string too short", "string_below_min_length") if value else ("empty string", "empty_string")
    got = f"a string with length {len(value)}" if value else "an empty string"
    message = f"Expected a string with minimum length {context['min_length']}, but got {got} instead."
    return _error(code, param, f"Invalid '{param}': {fault}. {message}")


def _pattern(param: str, context: dict[str, Any], value: str) -> ApiError:
    if not value:
        return _short_string(param, {"min_length": 1}, value)
    message = f"Expected a string that matches the pattern '{context['pattern']}'."
    return _error("invalid_value", param, f"Invalid '{param}': string does not match pattern. {message}")


def _long(param: str, context: dict[str, Any], value: Any) -> ApiError:
    size, most = len(value), context["max_length"]
    if isinstance(value, dict):
        message = f"too many properties. Expected an object with at most {most} properties"
        got = f"but got an object with {size} properties instead."
        return _error("object_above_max_properties", param, f"Invalid '{param}': {message}, {got}")
    message = f"array too long. Expected an array with maximum length {most}"
    got = f"but got an array with length {size} instead."
    return _error("array_above_max_length", param, f"Invalid '{param}': {message}, {got}")


def _short(param: str, context: dict[str, Any], value: Any) -> ApiError:
    size, least = len(value), context["min_length"]
    if isinstance(value, dict):
        message = f"too few properties. Expected an object with at least {least} properties"
        got = f"but got an object with {size} properties instead."
        return _error("object_below_min_properties", param, f"Invalid '{param}': {message}, {got}")
    fault, code = ("array too short", "array_below_min_length") if value else ("empty array", "empty_array")
    got = f"an array with length {size}" if value else "an empty array"
    message = f"Expected an array with minimum length {least}, but got {got} instead."
    return _error(code, param, f"Invalid '{param}': {fault}. {message}")


_SIZES = {
    "string_too_long": _long_string,
    "string_too_short": _short_string,
    "string_pattern_mismatch": _pattern,
    "too_long": _long,
    "too_short": _short,
}
