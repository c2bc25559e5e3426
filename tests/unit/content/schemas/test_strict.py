"""What OpenAI refuses in schemas, in its words."""

from typing import Any

import pytest

from fakeai.content.schemas.strict import check_schema, check_strict, is_strict
from fakeai.core.errors import ApiError

TEXT = {"type": "string"}
PARAM = "tools[0].function.parameters"


def strict(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def nested(levels: int) -> dict[str, Any]:
    schema = strict(a=TEXT)
    for _ in range(levels - 1):
        schema = strict(a=schema)
    return schema


GOOD = [
    strict(a=TEXT, b={"type": ["integer", "null"], "minimum": 0}),
    strict(kind={"enum": ["x", "y"]}, fixed={"const": 1}, when={"type": "string", "format": "date-time"}),
    strict(children={"type": "array", "items": {"$ref": "#"}, "maxItems": 3}),
    {**strict(a={"anyOf": [{"$ref": "#/$defs/x"}, {"type": "null"}]}), "$defs": {"x": strict(y=TEXT)}},
    strict(allOf=TEXT, default={"type": "number"}, required={"type": "boolean"}),
    strict(),
    nested(10),
    strict(a={"enum": [str(number) for number in range(1_000)]}),
]


@pytest.mark.parametrize("schema", GOOD)
def test_what_strict_mode_takes(schema: Any) -> None:
    check_strict(schema, "response_format", "n", "response_format")
    assert is_strict(schema)


AT_A = "In context=('properties', 'a'), "
BAD = [
    (
        {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
        "In context=(), 'additionalProperties' is required to be supplied and to be false.",
    ),
    (
        strict(a={"type": "object", "properties": {}, "required": []}),
        AT_A + "'additionalProperties' is required to be supplied and to be false.",
    ),
    (
        {**strict(a=TEXT, b=TEXT), "required": ["a"]},
        "In context=(), 'required' is required to be supplied and to be an array including every key in properties. "
        "Missing 'b'.",
    ),
    ({**strict(a=TEXT), "required": ["a", "z"]}, "In context=(), Extra required key 'z' supplied."),
    (strict(a={"allOf": [TEXT]}), AT_A + "'allOf' is not permitted."),
    (strict(a={"oneOf": [TEXT]}), AT_A + "'oneOf' is not permitted."),
    (strict(a={**TEXT, "default": "x"}), AT_A + "'default' is not permitted."),
    (strict(a={"type": "array", "items": TEXT, "uniqueItems": True}), AT_A + "'uniqueItems' is not permitted."),
    (
        strict(a={"type": "array", "items": {"type": "object"}}),
        "In context=('properties', 'a', 'items'), 'additionalProperties' is required to be supplied and to be false.",
    ),
    (strict(a={"type": "array"}), AT_A + "array schema missing items."),
    (strict(a={"description": "anything"}), AT_A + "schema must have a 'type' key."),
    (strict(a={**TEXT, "format": "uri"}), AT_A + "'uri' is not a valid format."),
    (strict(a={"$ref": "#/$defs/x"}), AT_A + "reference to component '#/$defs/x' which was not found in the schema."),
    (
        {**strict(a={"$ref": "#/$defs/x", "description": "d"}), "$defs": {"x": TEXT}},
        AT_A + "$ref cannot have keywords {'description'}.",
    ),
    (
        strict(a={"anyOf": [TEXT, {"type": "strng"}]}),
        "In context=('properties', 'a', 'anyOf', '1', 'type'), 'strng' is not valid under any of the given schemas.",
    ),
    ({"anyOf": [strict(a=TEXT)]}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
    (
        {**strict(a=TEXT), "anyOf": [strict(a=TEXT)]},
        "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
    ),
    (nested(11), "11 levels of nesting exceeds limit of 10."),
    (
        strict(**{f"p{number}": TEXT for number in range(5_001)}),
        "Expected at most 5000 object properties in total within a single schema when using structured outputs, "
        "but received 5001.",
    ),
    (
        strict(a={"enum": [str(number) for number in range(1_001)]}),
        "Expected at most 1000 enum values in total within a single schema when using structured outputs, "
        "but received 1001. Consider reducing the number of enums, or use 'strict: false' to opt out of structured "
        "outputs.",
    ),
    (
        strict(a={"enum": ["x" * 60 + str(100 + number) for number in range(251)]}),
        AT_A + "Expected at most 15000 characters in enum values of a property with more than 250 enum values, "
        "but received 15813.",
    ),
    (
        strict(a={"const": "x" * 120_000}),
        "Expected at most 120000 characters of names, enum values and const values in total within a single schema "
        "when using structured outputs, but received 120001.",
    ),
]


@pytest.mark.parametrize(("schema", "fault"), BAD, ids=[fault[-40:] for _, fault in BAD])
def test_what_strict_mode_refuses(schema: Any, fault: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_strict(schema, "response_format", "n", "response_format")
    error = caught.value
    assert (error.status, error.code, error.param) == (400, None, "response_format")
    assert error.message == f"Invalid schema for response_format 'n': {fault}"
    assert not is_strict(schema)


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"type": "array"}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'."),
        ({}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
        ("text", "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
        ({"type": "object", "properties": []}, "In context=('properties',), [] is not of type 'object'."),
        (
            {"type": "object", "properties": {"a": {"type": "text"}}},
            "In context=('properties', 'a', 'type'), 'text' is not valid under any of the given schemas.",
        ),
        (
            {"type": "object", "properties": {"a": {"pattern": "("}}},
            "In context=('properties', 'a', 'pattern'), '(' is not a 'regex'.",
        ),
        (
            {"type": "object", "properties": {"a": {"$ref": "https://example.com/x"}}},
            AT_A + "reference to component 'https://example.com/x' which was not found in the schema.",
        ),
    ],
)
def test_no_schema_of_a_function(schema: Any, fault: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_schema(schema, "function", "f", PARAM)
    assert (caught.value.code, caught.value.param) == ("invalid_function_parameters", PARAM)
    assert caught.value.message == f"Invalid schema for function 'f': {fault}"


def test_what_is_not_strict_may_have_any_keyword() -> None:
    loose = {"type": "object", "properties": {"a": {"allOf": [TEXT], "default": "x"}}, "patternProperties": {"^x": {}}}
    check_schema(loose, "function", "f", PARAM)
    check_schema({"type": "array", "items": [TEXT]}, "response_format", "n", "response_format")
    assert not is_strict(loose)


def test_responses_name_the_fault_by_a_code() -> None:
    with pytest.raises(ApiError) as caught:
        check_strict({"type": "object"}, "response_format", "n", "text.format.schema")
    assert caught.value.code == "invalid_json_schema"
