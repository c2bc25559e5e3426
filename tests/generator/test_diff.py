from copy import deepcopy
from typing import Any

import pytest

from fakeai_generator.diff import Change, diff, render

Document = dict[str, Any]
THING: Document = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "size": {"type": "string", "enum": ["s", "m"]}},
    "required": ["id"],
}
BASE: Document = {
    "paths": {
        "/things": {
            "get": {
                "operationId": "listThings",
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}],
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}},
            },
            "post": {
                "operationId": "createThing",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {"200": {}},
            },
        }
    },
    "components": {
        "schemas": {"Thing": THING, "Any": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Thing"}]}}
    },
}


def changes(edit: str) -> list[Change]:
    """Of BASE after a Python statement on `d` (the document), `get`, `post`, `thing` or `any`."""
    d = deepcopy(BASE)
    item, components = d["paths"]["/things"], d["components"]["schemas"]
    names = {"d": d, "get": item["get"], "post": item["post"], "thing": components["Thing"], "any": components["Any"]}
    exec(edit, names)
    return diff(BASE, d)


def test_equal_documents_have_no_change() -> None:
    assert diff(BASE, deepcopy(BASE)) == []
    assert render([]) == "no change in meaning"


@pytest.mark.parametrize(
    ("edit", "kind", "what", "where", "breaking"),
    [
        ("d['paths']['/b'] = {'get': {}}", "added", "operation", "GET /b", False),
        ("del d['paths']['/things']['post']", "removed", "operation", "POST /things", True),
        ("get['operationId'] = 'other'", "changed", "operationId", "GET /things", True),
        ("get['deprecated'] = True", "changed", "deprecated", "GET /things", False),
        ("get['parameters'] = []", "removed", "parameter", "GET /things query limit", True),
        ("get['parameters'].append({'in': 'query', 'name': 'a'})", "added", "parameter", "GET /things query a", False),
        (
            "get['parameters'].append({'in': 'query', 'name': 'a', 'required': True})",
            *("added", "parameter", "GET /things query a", True),
        ),
        ("get['parameters'][0]['required'] = True", "changed", "required", "GET /things query limit", True),
        ("get['parameters'][0]['schema']['maximum'] = 50", "changed", "maximum", "GET /things query limit", True),
        ("get['parameters'][0]['schema']['maximum'] = 200", "changed", "maximum", "GET /things query limit", False),
        ("del get['parameters'][0]['schema']['maximum']", "changed", "maximum", "GET /things query limit", False),
        ("get['parameters'][0]['schema']['minimum'] = 1", "changed", "minimum", "GET /things query limit", True),
        ("post['requestBody']['required'] = True", "changed", "required", "POST /things body", True),
        ("post['requestBody']['content']['a/b'] = {}", "added", "media type", "POST /things body a/b", False),
        ("del get['responses']['200']['content']", "removed", "media type", "GET /things 200 application/json", True),
        ("post['responses']['404'] = {}", "added", "response", "POST /things 404", False),
        ("d['components']['schemas']['New'] = {}", "added", "schema", "New", False),
        ("del d['components']['schemas']['Any']", "removed", "schema", "Any", True),
        ("thing['properties']['new'] = {}", "added", "property", "Thing.new", False),
        ("del thing['properties']['size']", "removed", "property", "Thing.size", True),
        ("thing['required'].append('size')", "added", "required property", "Thing", True),
        ("thing['required'] = []", "removed", "required property", "Thing", False),
        ("thing['properties']['size']['enum'].append('l')", "added", "enum value", "Thing.size", False),
        ("thing['properties']['size']['enum'] = ['s']", "removed", "enum value", "Thing.size", True),
        ("thing['properties']['id']['enum'] = ['a']", "added", "enum value", "Thing.id", True),
        ("thing['properties']['id']['type'] = 'integer'", "changed", "type", "Thing.id", True),
        ("thing['properties']['id']['default'] = 'a'", "changed", "default", "Thing.id", False),
        ("thing['additionalProperties'] = False", "changed", "schema", "Thing.additionalProperties", True),
        ("any['anyOf'].append({'type': 'null'})", "added", "variant", "Any.anyOf null", False),
        ("any['anyOf'].pop(0)", "removed", "variant", "Any.anyOf string", True),
    ],
)
def test_a_change_is_named_and_judged(edit: str, kind: str, what: str, where: str, breaking: bool) -> None:
    found = [(change.kind, change.what, change.where, change.breaking) for change in changes(edit)]
    assert found == [(kind, what, where, breaking)]


def test_the_order_of_variants_means_nothing() -> None:
    assert changes("any['anyOf'].reverse()") == []


def test_the_report_counts_and_marks_what_can_break() -> None:
    lines = render(changes("d['paths']['/b'] = {'get': {}}; del thing['properties']['size']; thing['type'] = 'array'"))
    assert lines.splitlines() == [
        "1 added, 1 removed, 1 changed; 2 can break",
        "  added   operation         GET /b",
        '! changed type              Thing: "object" → "array"',
        "! removed property          Thing.size",
    ]
