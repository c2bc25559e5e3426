from copy import deepcopy
from typing import Any

import pytest

from fakeai_generator.document import Built
from fakeai_generator.normalise import normalise
from fakeai_generator.schemas import schemas

Schema = dict[str, Any]
STRING_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}
CAT = {"type": "object", "properties": {"type": {"const": "cat"}}, "required": ["type"]}
DOGS = {"type": "object", "properties": {"type": {"enum": ["dog", "wolf"]}}, "required": ["type"]}


def run(schema: Schema, **components: Schema) -> Schema:
    doc = {"paths": {}, "components": {"schemas": {"Thing": deepcopy(schema), **deepcopy(components)}}}
    out: Schema = normalise(doc)[0]["components"]["schemas"]["Thing"]
    return out


def refs(*names: str) -> list[Schema]:
    return [{"$ref": f"#/components/schemas/{name}"} for name in names]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "string", "nullable": True}, STRING_OR_NULL),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": "string", "nullable": True, "default": None}, {**STRING_OR_NULL, "default": None}),
        ({"anyOf": [{"type": "string"}], "nullable": True}, STRING_OR_NULL),
        ({**STRING_OR_NULL, "nullable": True}, STRING_OR_NULL),
        ({"type": ["string", "null"]}, STRING_OR_NULL),
        ({"type": ["string"]}, {"type": "string"}),
        (
            {"type": ["string", "null"], "enum": ["a", None]},
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
        ),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 0}),
        ({"type": "number", "maximum": 0, "exclusiveMaximum": False}, {"type": "number", "maximum": 0}),
        ({"type": "object", "required": ["a", "b", "a"]}, {"type": "object", "required": ["a", "b"]}),
        ({"type": "array", "min_items": 2}, {"type": "array", "minItems": 2}),
        ({"type": "number", "max_items": 2, "optional": True}, {"type": "number"}),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "number", "format": "unixtime"}, {"type": "number"}),
        ({"type": "integer", "format": "unixtime"}, {"type": "integer", "format": "unixtime"}),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"allOf": [{"type": "string"}, {}], "default": "a"}, {"type": "string", "default": "a"}),
        ({"allOf": [{"type": "string"}], "minLength": 1}, {"allOf": [{"type": "string"}], "minLength": 1}),
        ({"type": "string", "default": None}, {"type": "string"}),
        (
            {"type": "array", "items": {"type": "string", "default": ["a"]}},
            {"type": "array", "items": {"type": "string"}},
        ),
        ({"type": "integer", "default": 3, "maximum": 3}, {"type": "integer", "default": 3, "maximum": 3}),
    ],
)
def test_a_construct_gets_its_clear_form(before: Schema, after: Schema) -> None:
    assert run(before) == after


def test_null_beside_a_reference_in_all_of_makes_a_union() -> None:
    schema = {"allOf": [*refs("Cat"), {"nullable": True}]}
    assert run(schema, Cat=CAT) == {"anyOf": [*refs("Cat"), {"type": "null"}]}


def test_a_default_is_checked_through_references() -> None:
    size = {"type": "string", "enum": ["s", "m"]}
    assert run({**refs("Size")[0], "default": "m"}, Size=size) == {**refs("Size")[0], "default": "m"}
    assert run({**refs("Size")[0], "default": "xl"}, Size=size) == refs("Size")[0]


def test_a_recursive_reference_names_its_component() -> None:
    schema = {
        "$recursiveAnchor": True,
        "type": "object",
        "properties": {"all": {"type": "array", "items": {"$recursiveRef": "#"}}},
    }
    assert run(schema) == {"type": "object", "properties": {"all": {"type": "array", "items": refs("Thing")[0]}}}


def test_a_mapping_is_made_of_the_variants_constants() -> None:
    union = {"oneOf": refs("Cat", "Dogs"), "discriminator": {"propertyName": "type"}}
    mapping = run(union, Cat=CAT, Dogs=DOGS)["discriminator"]["mapping"]
    cat, dogs = (ref["$ref"] for ref in refs("Cat", "Dogs"))
    assert mapping == {"cat": cat, "dog": dogs, "wolf": dogs}


def test_a_tag_is_found_through_all_of_and_nested_unions() -> None:
    components = {"Cat": CAT, "Dogs": DOGS, "Tabby": {"allOf": [*refs("Cat"), {"type": "object"}]}}
    components["Canine"] = {"anyOf": refs("Dogs")}
    union = {"oneOf": refs("Tabby", "Canine"), "discriminator": {"propertyName": "type"}}
    assert set(run(union, **components)["discriminator"]["mapping"]) == {"cat", "dog", "wolf"}


@pytest.mark.parametrize(
    "other",
    [
        {"type": "object", "properties": {"type": {"const": "cat"}}, "required": ["type"]},
        {"type": "object", "properties": {"type": {"const": "fish"}}},
        {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"]},
        {
            "type": "object",
            "properties": {"type": {"anyOf": [{"const": "fish"}, {"type": "null"}]}},
            "required": ["type"],
        },
    ],
    ids=["shared tag", "optional tag", "open tag", "nullable tag"],
)
def test_a_discriminator_that_cannot_tell_variants_apart_goes(other: Schema) -> None:
    union = {"oneOf": refs("Cat", "Other"), "discriminator": {"propertyName": "type"}}
    assert run(union, Cat=CAT, Other=other) == {"anyOf": refs("Cat", "Other")}


@pytest.mark.parametrize("union", ["oneOf", "anyOf"])
def test_a_discriminator_is_inferred_where_constants_tell_variants_apart(union: str) -> None:
    schema = run({union: refs("Cat", "Dogs")}, Cat=CAT, Dogs=DOGS)
    assert schema["anyOf"] == refs("Cat", "Dogs")
    assert schema["discriminator"]["propertyName"] == "type"
    assert set(schema["discriminator"]["mapping"]) == {"cat", "dog", "wolf"}


@pytest.mark.parametrize(
    "union",
    [[*refs("Cat"), {"type": "null"}], [*refs("Cat"), {"type": "string"}], refs("Cat"), refs("Cat", "Open")],
    ids=["null", "inline", "single", "untagged"],
)
def test_no_discriminator_is_inferred_elsewhere(union: list[Schema]) -> None:
    assert "discriminator" not in run({"anyOf": union}, Cat=CAT, Open={"type": "object", "required": ["type"]})


def test_paths_that_hold_a_query_go() -> None:
    operation: Schema = {"operationId": "a", "responses": {}}
    doc = {"paths": {"/a": {"post": operation}, "/a?beta=true": {"post": operation}}, "components": {}}
    out, counts = normalise(doc)
    assert list(out["paths"]) == ["/a"]
    assert counts["query_path_dropped"] == 1


def test_operations_without_tag_are_tagged_by_their_first_segment() -> None:
    operation: Schema = {"operationId": "a", "responses": {}}
    out, _ = normalise({"paths": {"/fine_tuning/jobs": {"get": operation}}, "components": {}})
    assert out["paths"]["/fine_tuning/jobs"]["get"]["tags"] == ["Fine tuning"]
    assert out["tags"] == [{"name": "Fine tuning"}]


def test_the_argument_is_left_alone() -> None:
    doc = {"paths": {}, "components": {"schemas": {"Thing": {"type": "string", "nullable": True}}}}
    before = deepcopy(doc)
    normalise(doc)
    assert doc == before


def test_counts_for_the_committed_facts(built: Built) -> None:
    """A new upstream changes these; the change says what it brought."""
    assert built.counts == {
        "query_path_dropped": 0,
        "operation_tagged": 21,
        "tag_declared": 24,
        "recursive_ref": 2,
        "typo": 2,
        "required_deduped": 1,
        "exclusive_bound": 7,
        "type_implied": 11,
        "number_time_freed": 2,
        "null_in_all_of": 8,
        "all_of_collapsed": 11,
        "nullable": 112,
        "type_list": 0,
        "discriminator": 58,
        "one_of_opened": 163,
        "discriminator_inferred": 52,
        "default_dropped": 14,
    }


def test_a_second_run_changes_nothing(document: Schema) -> None:
    again, counts = normalise(document)
    assert not any(counts.values())
    assert again == document


def test_every_discriminator_of_the_document_maps_to_its_variants(document: Schema) -> None:
    unions = [schema for _, schema in schemas(document) if "discriminator" in schema]
    assert len(unions) > 40
    for schema in unions:
        variants = {variant["$ref"] for variant in schema.get("oneOf") or schema["anyOf"]}
        assert set(schema["discriminator"]["mapping"].values()) == variants
