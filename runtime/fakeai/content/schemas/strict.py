"""What OpenAI refuses in the schemas of functions and of structured outputs.

Source of rules and limits: OpenAI's guide "Structured Outputs", section "Supported schemas".
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

import orjson

from fakeai.content.schemas.document import Document, at, serialised
from fakeai.content.schemas.keywords import Step, subschemas
from fakeai.core.errors import ApiError

Kind = Literal["response_format", "function"]

MAX_PROPERTIES = 5_000
MAX_LEVELS = 10
MAX_CHARS = 120_000
MAX_ENUM_VALUES = 1_000
LONG_ENUM_VALUES = 250
MAX_LONG_ENUM_CHARS = 15_000
MAX_CACHED = 512

FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
REFUSED = (
    *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "default"),
    *("patternProperties", "propertyNames", "unevaluatedProperties", "minProperties", "maxProperties"),
    *("contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems", "prefixItems"),
)


def check_strict(schema: Any, kind: Kind, name: str, param: str) -> None:
    """Raises ApiError 400 for the first thing that strict mode does not take."""
    _refuse(_strict_fault(serialised(schema)), kind, name, param)


def check_schema(schema: Any, kind: Kind, name: str, param: str) -> None:
    """Raises ApiError 400 for what is no JSON Schema, or of a function not one of an object."""
    _refuse(_fault(serialised(schema), kind), kind, name, param)


def check_given(schema: Any, is_strict: bool, kind: Kind, name: str, param: str) -> None:
    """Either of both; only a strict one must be there. Raises ApiError 400."""
    if is_strict:
        check_strict(schema, kind, name, param)
    elif schema is not None:
        check_schema(schema, kind, name, param)


def check_pattern(pattern: str, param: str, code: str = "invalid_value") -> None:
    """Raises ApiError 400 for what is no regular expression."""
    fault = _fault(serialised({"type": "string", "pattern": pattern}), "response_format")
    if fault is not None:
        raise ApiError(400, f"Invalid '{param}': {fault}", code=code, param=param)


def is_strict(schema: Any) -> bool:
    return _strict_fault(serialised(schema)) is None


def _refuse(fault: str | None, kind: Kind, name: str, param: str) -> None:
    if fault is not None:
        code = "invalid_function_parameters" if kind == "function" else format_code(param)
        raise ApiError(400, f"Invalid schema for {kind} '{name}': {fault}", code=code, param=param)


def format_code(param: str) -> str | None:
    """Chat has none for the schema of its answer."""
    return None if param == "response_format" else "invalid_json_schema"


@lru_cache(MAX_CACHED)
def _fault(raw: bytes, kind: Kind) -> str | None:
    schema = orjson.loads(raw)
    if kind == "function" and (fault := _not_an_object(schema)):
        return fault
    return _not_a_schema(schema)


def _not_an_object(schema: Any) -> str | None:
    found = schema.get("type") if isinstance(schema, dict) else None
    return (
        None if found == "object" else f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{found}\"'."
    )


def _not_a_schema(schema: Any) -> str | None:
    if not isinstance(schema, dict):
        return f"{schema!r} is not of type 'object'."
    from jsonschema_rs import ValidationError

    document = Document(schema)
    parts = [(path, part) for path, part in _walk(document.root) if isinstance(part, dict)]
    found = (rule(schema, path, part) for path, part in parts for rule in (_fault_of_reference, _fault_of_enum))
    if fault := next(filter(None, found), None):
        return fault
    try:
        document.check()
    except ValidationError as error:
        return f"{_context(tuple(map(str, error.instance_path)))}{_reason(error)}"
    return None


def _reason(error: Any) -> str:
    """In the words of OpenAI's validator."""
    value = error.instance
    if error.instance_path and error.instance_path[-1] == "type":
        return f"{value!r} is not valid under any of the given schemas."
    return f"{error.message}.".replace('"', "'")


def _context(path: Step) -> str:
    return f"In context={path!r}, "


def _walk(schema: Any, path: Step = ()) -> Iterator[tuple[Step, Any]]:
    """Every schema, those in $defs too, with the keys that lead to it."""
    yield path, schema
    if isinstance(schema, Mapping):
        for step, part in subschemas(schema):
            yield from _walk(part, path + step)


@lru_cache(MAX_CACHED)
def _strict_fault(raw: bytes) -> str | None:
    schema = orjson.loads(raw)
    fault = _not_an_object(schema) or _refused_at_root(schema) or _not_a_schema(schema) or _beyond_limits(schema)
    return fault or next((fault for path, part in _walk(schema) if (fault := _fault_at(schema, path, part))), None)


def _refused_at_root(schema: Mapping[str, Any]) -> str | None:
    found = [key for key in ("oneOf", "anyOf", "allOf", "enum", "not") if key in schema]
    if not found:
        return None
    return "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."


def _fault_at(root: Any, path: Step, schema: Any) -> str | None:
    if isinstance(schema, bool):
        return None if path[-1:] == ("additionalProperties",) else f"{_context(path)}schema must have a 'type' key."
    found = (rule(root, path, schema) for rule in _RULES)
    return next((fault for fault in found if fault), None)


def _fault_of_reference(root: Any, path: Step, schema: Mapping[str, Any]) -> str | None:
    reference = schema.get("$ref")
    if not isinstance(reference, str) or reference == "#":
        return None
    if _leads_to_itself(root, reference):
        return f"{_context(path)}reference '{reference}' leads to itself."
    target = at(root, reference[2:]) if reference.startswith("#/") else None
    if isinstance(target, Mapping | bool) or (reference[:1] == "#" and reference[1:2] != "/"):
        return None
    return f"{_context(path)}reference to component '{reference}' which was not found in the schema."


def _leads_to_itself(root: Any, reference: str) -> bool:
    """Through nothing but references."""
    seen: set[str] = set()
    while reference.startswith("#/") and reference not in seen:
        seen.add(reference)
        target = at(root, reference[2:])
        reference = str(target.get("$ref", "")) if isinstance(target, Mapping) else ""
    return reference in seen


def _fault_of_enum(root: Any, path: Step, schema: Mapping[str, Any]) -> str | None:
    return f"{_context(path)}[] is too short." if schema.get("enum") == [] else None


def _fault_of_siblings(root: Any, path: Step, schema: Mapping[str, Any]) -> str | None:
    others = sorted(key for key in schema if key not in ("$ref", "$defs", "definitions"))
    if "$ref" not in schema or not others or not path:
        return None
    return f"{_context(path)}$ref cannot have keywords {{{', '.join(map(repr, others))}}}."


def _fault_of_keywords(root: Any, path: Step, schema: Mapping[str, Any]) -> str | None:
    refused = next((key for key in REFUSED if key in schema), None)
    if refused:
        return f"{_context(path)}'{refused}' is not permitted."
    named = schema.get("format")
    return f"{_context(path)}'{named}' is not a valid format." if named and named not in FORMATS else None


def _fault_of_type(root: Any, path: Step, schema: Mapping[str, Any]) -> str | None:
    if not any(key in schema for key in ("type", "anyOf", "$ref", "enum", "const")):
        return f"{_context(path)}schema must have a 'type' key."
    if "array" in _types(schema) and "items" not in schema:
        return f"{_context(path)}array schema missing items."
    return None


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def _fault_of_object(root: Any, path: Step, schema: Mapping[str, Any]) -> str | None:
    if "object" not in _types(schema):
        return None
    if schema.get("additionalProperties") is not False:
        return f"{_context(path)}'additionalProperties' is required to be supplied and to be false."
    properties, required = schema.get("properties", {}), schema.get("required")
    missing = next((name for name in properties if name not in (required or ())), None)
    if missing is not None:
        rule = "'required' is required to be supplied and to be an array including every key in properties"
        return f"{_context(path)}{rule}. Missing '{missing}'."
    extra = next((name for name in required or () if name not in properties), None)
    return None if extra is None else f"{_context(path)}Extra required key '{extra}' supplied."


_RULES: tuple[Callable[[Any, Step, Mapping[str, Any]], str | None], ...] = (
    _fault_of_reference,
    _fault_of_siblings,
    _fault_of_keywords,
    _fault_of_type,
    _fault_of_object,
)


def _beyond_limits(root: Mapping[str, Any]) -> str | None:
    properties = chars = values = levels = 0
    for path, schema in _walk(root):
        if not isinstance(schema, Mapping):
            continue
        names, enum = list(schema.get("properties", ())), schema.get("enum", ())
        enum_chars = sum(len(value) for value in enum if isinstance(value, str))
        if len(enum) > LONG_ENUM_VALUES and enum_chars > MAX_LONG_ENUM_CHARS:
            return _long_enum(path, enum_chars)
        properties += len(names)
        values += len(enum)
        chars += sum(map(len, names)) + enum_chars + len(str(schema.get("const", "")))
        chars += sum(len(name) for key in ("$defs", "definitions") for name in schema.get(key, ()))
        levels = max(levels, 1 + path.count("properties") if "object" in _types(schema) else 0)
    within = "in total within a single schema when using structured outputs, but received"
    if properties > MAX_PROPERTIES:
        return f"Expected at most {MAX_PROPERTIES} object properties {within} {properties}."
    if levels > MAX_LEVELS:
        return f"{levels} levels of nesting exceeds limit of {MAX_LEVELS}."
    if values > MAX_ENUM_VALUES:
        return f"Expected at most {MAX_ENUM_VALUES} enum values {within} {values}. {_OPT_OUT}"
    if chars > MAX_CHARS:
        return f"Expected at most {MAX_CHARS} characters of names, enum values and const values {within} {chars}."
    return None


_OPT_OUT = "Consider reducing the number of enums, or use 'strict: false' to opt out of structured outputs."


def _long_enum(path: Step, chars: int) -> str:
    limit = f"Expected at most {MAX_LONG_ENUM_CHARS} characters in enum values of a property with more than"
    return f"{_context(path)}{limit} {LONG_ENUM_VALUES} enum values, but received {chars}."
