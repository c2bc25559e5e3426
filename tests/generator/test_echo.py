from typing import Any

import pytest

from fakeai_generator import tree
from fakeai_generator.echo import echoes
from fakeai_generator.tree import Lifted

STRING = {"type": "string"}
NULL = {"type": "null"}


@pytest.fixture(scope="module")
def lifted(document: dict[str, Any]) -> Lifted:
    return tree.read(document)[1]


@pytest.mark.parametrize(
    ("request_name", "object_name", "expected"),
    [
        ("CreateVectorStoreRequest", "VectorStoreObject", {"name", "expires_after", "metadata"}),
        (
            "CreateAssistantRequest",
            "AssistantObject",
            {"model", "name", "description", "instructions", "tools", "metadata", "temperature", "top_p"}
            | {"response_format"},
        ),
        ("CreateBatchBody", "Batch", {"input_file_id", "endpoint", "completion_window", "metadata"}),
        ("CreateUploadRequest", "Upload", {"filename", "purpose", "bytes"}),
    ],
)
def test_objects_of_the_contract(lifted: Lifted, request_name: str, object_name: str, expected: set[str]) -> None:
    components = lifted.components
    assert set(echoes(components[request_name], components[object_name], components)) == expected


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def nested(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


COMPONENTS = {
    "Text": STRING,
    "Loop": nested({"next": ref("Loop")}),
    "Ring": nested({"next": ref("Ring")}),
    "Chain": nested({"next": ref("Chain"), "value": STRING}, required=["value"]),
}


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (STRING, {}),
        (ref("Text"), STRING),
        ({"anyOf": [STRING, NULL]}, STRING),
        (STRING, {"anyOf": [{"type": "integer"}, STRING]}),
        ({"enum": ["a", "b"]}, {"type": "string", "maxLength": 1}),
        ({"const": "a"}, {"enum": ["a", "b"]}),
        ({"type": "boolean"}, {"type": "boolean"}),
        ({"type": "integer", "minimum": 2}, {"type": "number", "minimum": 1}),
        ({"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 9, "minLength": 0}),
        ({"type": "integer", "format": "unixtime"}, {"type": "integer"}),
        ({"type": "array", "items": {"enum": ["a"]}, "maxItems": 2}, {"type": "array", "items": STRING}),
        (nested({"a": {"const": 1}}, required=["a"]), nested({"a": {"type": "integer"}, "b": STRING})),
        (
            {"type": "object", "additionalProperties": {"enum": ["x"]}},
            {"type": "object", "additionalProperties": STRING},
        ),
        ({"anyOf": [{"const": "a"}, {"type": "integer"}]}, {"anyOf": [{"type": "number"}, STRING]}),
        ({"allOf": [STRING, {"maxLength": 3}]}, {"type": "string", "maxLength": 4}),
        (ref("Loop"), ref("Ring")),
    ],
)
def test_narrower_values_are_carried(given: dict[str, Any], taken: dict[str, Any]) -> None:
    assert echoes(nested({"p": given}), nested({"p": taken}), COMPONENTS) == ("p",)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (NULL, STRING),
        ({}, STRING),
        (STRING, {"enum": ["a"]}),
        ({"enum": ["a", "c"]}, {"enum": ["a", "b"]}),
        ({"type": "number"}, {"type": "integer"}),
        ({"type": "integer"}, {"type": "integer", "minimum": 0}),
        (STRING, {"type": "string", "maxLength": 9}),
        (STRING, {"type": "string", "format": "uri"}),
        (STRING, {"type": "string", "pattern": "^a"}),
        ({"anyOf": [STRING, {"type": "integer"}]}, STRING),
        ({"type": "array", "items": {"anyOf": [STRING, NULL]}}, {"type": "array", "items": STRING}),
        ({"type": "array", "items": STRING}, {"type": "array", "items": STRING, "minItems": 1}),
        (nested({"a": STRING}), nested({"a": STRING}, required=["a"])),
        (nested({"a": STRING, "b": STRING}), nested({"a": STRING})),
        (nested({"a": STRING}), nested({"a": {"type": "integer"}})),
        ({"type": "object", "additionalProperties": True}, {"type": "object", "additionalProperties": STRING}),
        (ref("Loop"), ref("Chain")),
    ],
)
def test_wider_values_are_not(given: dict[str, Any], taken: dict[str, Any]) -> None:
    assert echoes(nested({"p": given}), nested({"p": taken}), COMPONENTS) == ()


def test_names_must_agree_and_keep_the_order_of_the_request() -> None:
    asked = nested({"c": STRING, "x": STRING, "a": STRING})
    assert echoes(asked, nested({"a": STRING, "b": STRING, "c": STRING}), {}) == ("c", "a")
