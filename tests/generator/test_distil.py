from pathlib import Path
from typing import Any

import pytest

from fakeai_generator import distil, upstream
from fakeai_generator.schemas import SpecError


def with_schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1", "description": "prose"},
        "paths": {},
        "components": {"schemas": {"Thing": schema}},
    }


def thing(schema: dict[str, Any]) -> Any:
    return distil.distil(with_schema(schema))["components"]["schemas"]["Thing"]


def test_prose_and_vendor_keys_go_and_properties_of_the_same_names_stay() -> None:
    prose = {"description": "d", "title": "t", "example": 1, "examples": [1], "x-oaiMeta": {"a": 1}}
    named = {name: {"type": "string", **prose} for name in ("description", "title", "example", "summary", "x-note")}
    assert thing({"type": "object", "properties": named, **prose}) == {
        "type": "object",
        "properties": {name: {"type": "string"} for name in named},
    }


def test_values_are_kept_as_they_are() -> None:
    schema = {"enum": ["description", "title"], "default": {"description": "kept"}, "required": ["example"]}
    assert thing(schema) == schema


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"enum": ["a"], "x-stainless-const": True}, {"const": "a"}),
        ({"type": "string", "enum": ["a"], "x-stainless-const": True, "default": "a"}, None),
        ({"enum": ["a", "b"], "x-stainless-const": True}, {"enum": ["a", "b"]}),
        ({"enum": ["a"]}, {"enum": ["a"]}),
    ],
)
def test_a_marked_single_value_becomes_const(schema: dict[str, Any], expected: dict[str, Any] | None) -> None:
    assert thing(schema) == (expected or {"type": "string", "const": "a", "default": "a"})


def test_prose_of_operations_goes_and_required_descriptions_stay_empty() -> None:
    operation = {
        "operationId": "getThing",
        "summary": "s",
        "description": "d",
        "x-oaiMeta": {},
        "parameters": [{"name": "id", "in": "path", "description": "d", "example": "x", "required": True}],
        "responses": {200: {"description": "d", "content": {"application/json": {"schema": {}, "examples": {}}}}},
    }
    out = distil.distil(with_schema({}) | {"paths": {"/things/{id}": {"get": operation, "x-note": 1}}})
    assert out["paths"]["/things/{id}"] == {
        "get": {
            "operationId": "getThing",
            "parameters": [{"name": "id", "in": "path", "required": True}],
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": {}}}}},
        }
    }


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"if": {}}, "#/components/schemas/Thing/if"),
        (
            {"properties": {"a/b": {"items": {"unheardOf": 1}}}},
            "#/components/schemas/Thing/properties/a~1b/items/unheardOf",
        ),
        ({"anyOf": [{}, {"$dynamicRef": "#a"}]}, "#/components/schemas/Thing/anyOf/1/$dynamicRef"),
    ],
)
def test_an_unknown_schema_keyword_stops_with_its_path(schema: dict[str, Any], where: str) -> None:
    with pytest.raises(SpecError) as error:
        thing(schema)
    assert str(error.value) == f"{where}: unknown schema keyword"


def test_the_dump_reads_back_and_keeps_the_order() -> None:
    doc = distil.distil(
        with_schema({"properties": {"z": {"enum": ["on", "2024-01-01", "1e-5"]}, "a": {"const": True}}})
    )
    text = distil.dump(doc, "# source: test\n")
    read = upstream.parse(text, "a.yaml")
    assert text.startswith("# source: test\n")
    assert read == doc
    assert list(read["components"]["schemas"]["Thing"]["properties"]) == ["z", "a"]


def test_the_committed_facts_are_the_pinned_package_distilled(spec_dir: Path) -> None:
    doc, header = upstream.load(None)
    assert distil.dump(distil.distil(doc), header) == (spec_dir / "openapi.yaml").read_text()
