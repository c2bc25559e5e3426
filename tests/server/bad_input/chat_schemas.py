"""Chat's tables: schemas of answers."""

from typing import Any

from tests.server.bad_input.chat import OBJECT, chat
from tests.server.bad_input.row import Body, Row


def strict(properties: Any = None, **change: Any) -> Body:
    schema = OBJECT | {"properties": properties or {}, "required": list(properties or ())} | change
    return form({"name": "n", "strict": True, "schema": schema})


def form(json_schema: Any) -> Body:
    return chat(response_format={"type": "json_schema", "json_schema": json_schema})


def nested(levels: int) -> Body:
    schema: Body = OBJECT
    for _ in range(levels - 1):
        schema = OBJECT | {"properties": {"a": schema}, "required": ["a"]}
    return form({"name": "n", "strict": True, "schema": schema})


STRING: Body = {"type": "string"}
ARRAY: Body = {"type": "array", "items": STRING}
_REFUSED_KEYWORDS: dict[str, Body] = {
    **{"allOf": STRING | {"allOf": [STRING]}, "oneOf": STRING | {"oneOf": [STRING]}, "not": STRING | {"not": ARRAY}},
    **{
        "if": STRING | {"if": STRING},
        "default": STRING | {"default": "x"},
        "uniqueItems": ARRAY | {"uniqueItems": True},
    },
    **{"contains": ARRAY | {"contains": STRING}, "patternProperties": OBJECT | {"patternProperties": {}}},
    **{"propertyNames": OBJECT | {"propertyNames": {}}, "minProperties": OBJECT | {"minProperties": 1}},
    **{"dependentRequired": OBJECT | {"dependentRequired": {}}},
}
_REFUSED = {
    f"keyword {word}": Row(strict({"a": schema}), None, "response_format", f"'{word}'")
    for word, schema in _REFUSED_KEYWORDS.items()
}
ROWS = {
    "format a string": Row(chat(response_format="json_object"), "invalid_type", "response_format",
        "expected an object"),
    "format without type": Row(chat(response_format={}), "missing_required_parameter", "response_format.type", "type"),
    "format unknown": Row(chat(response_format={"type": "object"}), "invalid_value", "response_format.type",
        "'object'"),
    "format without schema": Row(chat(response_format={"type": "json_schema"}), "missing_required_parameter",
        "response_format.json_schema", "json_schema"),
    "format without name": Row(form({"schema": OBJECT}), "missing_required_parameter",
        "response_format.json_schema.name", "name"),
    "format with a space in its name": Row(form({"name": "a b", "schema": OBJECT}), "invalid_value",
        "response_format.json_schema.name", "pattern"),
    "format with a long name": Row(form({"name": "a" * 65, "schema": OBJECT}), "string_above_max_length",
        "response_format.json_schema.name", "64"),
    "strict without a schema": Row(form({"name": "n", "strict": True}), None, "response_format", "'n'"),
    "schema a string": Row(form({"name": "n", "schema": "object"}), "invalid_type",
        "response_format.json_schema.schema", "expected an object"),
    "strict a string": Row(form({"name": "n", "strict": "yes", "schema": OBJECT}), "invalid_type",
        "response_format.json_schema.strict", "expected a boolean"),
    "json mode without json": Row(chat(response_format={"type": "json_object"}), None, "messages", "'json'"),
    "schema for gpt-3.5": Row(form({"name": "n", "schema": OBJECT}) | {"model": "gpt-3.5-turbo"}, None,
        "response_format", "'json_schema'"),
    "root an array": Row(form({"name": "n", "strict": True, "schema": {"type": "array",
        "items": {"type": "string"}}}), None, "response_format", "array"),
    "root a choice": Row(strict(anyOf=[OBJECT]), None, "response_format", "anyOf"),
    "open object": Row(strict(additionalProperties=True), None, "response_format", "additionalProperties"),
    "silent about other properties": Row(form({"name": "n", "strict": True, "schema": {"type": "object",
        "properties": {}}}), None, "response_format", "additionalProperties"),
    "open object inside": Row(strict({"a": {"type": "object", "properties": {}}}), None, "response_format", "'a'"),
    "property not required": Row(strict({"a": {"type": "string"}}, required=[]), None, "response_format",
        "Missing 'a'"),
    "required, but no property": Row(strict({}, required=["b"]), None, "response_format", "'b'"),
    "property without type": Row(strict({"a": {}}), None, "response_format", "'type'"),
    "property of unknown type": Row(strict({"a": {"type": "text"}}), None, "response_format", "text"),
    "property true": Row(strict({"a": True}), None, "response_format", "'type'"),
    "array without items": Row(strict({"a": {"type": "array"}}), None, "response_format", "missing items"),
    **_REFUSED,
    "format that is none": Row(strict({"a": {"type": "string", "format": "postcode"}}), None, "response_format",
        "'postcode'"),
    "pattern that is none": Row(strict({"a": {"type": "string", "pattern": "("}}), None, "response_format", "pattern"),
    "minimum a string": Row(strict({"a": {"type": "number", "minimum": "1"}}), None, "response_format", "minimum"),
    "reference to nothing": Row(strict({"a": {"$ref": "#/$defs/b"}}), None, "response_format", "#/$defs/b"),
    "reference to the web": Row(strict({"a": {"$ref": "https://a.b/c.json"}}), None, "response_format",
        "https://a.b/c.json"),
    "reference to itself": Row(strict({"a": {"$ref": "#/$defs/b"}}, **{"$defs": {"b": {"$ref": "#/$defs/b"}}}), None,
        "response_format", "leads to itself"),
    "reference with a description": Row(strict({"a": {"$ref": "#", "description": "x"}}), None, "response_format",
        "'description'"),
    "enum of nothing": Row(strict({"a": {"type": "string", "enum": []}}), None, "response_format", "[] is too short"),
    "1,001 enum values": Row(strict({"a": {"type": "integer", "enum": list(range(1001))}}), None, "response_format",
        "1000 enum values"),
    "long enum": Row(strict({"a": {"type": "string", "enum": [f"{i:0100}" for i in range(251)]}}), None,
        "response_format", "15000"),
    "5,001 properties": Row(strict({f"p{i}": {"type": "null"} for i in range(5001)}), None, "response_format", "5000"),
    "11 levels": Row(nested(11), None, "response_format", "11 levels"),
    "120,001 characters": Row(strict({"p" * 120_001: {"type": "null"}}), None, "response_format", "120000"),
}  # fmt: skip
