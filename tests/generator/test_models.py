"""Generation of models from small documents, construct by construct."""

from typing import Any

import pytest
from pydantic import ValidationError

from fakeai.core.call import Upload
from fakeai_generator.merge import Unsupported
from fakeai_generator.models import HEADER, emit_models
from fakeai_generator.tree import GroupSchemas, Lifted, Schema

from .model_modules import Models, error_of, of_components

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NULL: Schema = {"type": "null"}

BOX = {"kind": "box", "side": 1}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def record(*required: str, **properties: Schema | bool) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


COMPONENTS: dict[str, Schema] = {
    "Circle": record(
        "kind", "radius", kind={"type": "string", "const": "circle"}, radius={"type": "number", "minimum": 0}
    ),
    "Square": record("kind", "side", kind={"type": "string", "enum": ["square", "box"]}, side={"type": "number"}),
    "Shape": {"oneOf": [ref("Circle"), ref("Square")], "discriminator": {"propertyName": "kind"}},
    "Tree": record("name", name=STRING, children={"type": "array", "items": ref("Tree")}),
    "Json": {
        "anyOf": [
            STRING,
            NULL,
            {"type": "array", "items": ref("Json")},
            {"type": "object", "additionalProperties": ref("Json")},
        ]
    },
    "Base": record("id", id=STRING, status={"type": "string", "enum": ["a", "b", "c"]}),
    "Derived": {
        "allOf": [ref("Base"), record("status", status={"type": "string", "enum": ["b", "c", "d"]}, more=INTEGER)]
    },
    "Renamed": {"allOf": [ref("Base")]},
    "Strict": {
        **record("a", a=INTEGER, b={"anyOf": [STRING, NULL]}, c={**INTEGER, "default": 3}),
        "additionalProperties": False,
    },
    "Drawing": record(
        "shapes",
        shapes={"type": "array", "minItems": 1, "maxItems": 2, "items": ref("Shape")},
        main={"anyOf": [ref("Shape"), {"type": "string", "maxLength": 3}, NULL]},
        note={"anyOf": [{"type": "object", "properties": {"text": STRING}, "required": ["text"]}, NULL]},
    ),
    "Labels": {"type": "object", "propertyNames": {"maxLength": 4}, "maxProperties": 2, "additionalProperties": STRING},
    "OptionalLabels": {"anyOf": [ref("Labels"), NULL]},
    "Flags": {"type": "object", "patternProperties": {"^x-": {"type": "boolean"}}, "additionalProperties": False},
    "Counters": {**record("name", name=STRING), "additionalProperties": INTEGER},
    "Either": {
        **record(a=STRING, b=STRING),
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        "not": {"required": ["a", "b"]},
        "additionalProperties": False,
    },
    "Undeclared": {"type": "object", "required": ["secret"]},
    "Levels": record(level={"type": "integer", "enum": [0, 1, 5]}, ratio={"enum": [0.5, "auto"]}),
    "Pair": {"type": "array", "prefixItems": [STRING, INTEGER], "items": False, "minItems": 2, "maxItems": 2},
    "Body": record(
        "file",
        file={"type": "string", "format": "binary"},
        at={"type": "number", "format": "unixtime"},
        to={"type": "string", "format": "uri"},
    ),
    "Words": record(
        "schema",
        **{
            "schema": STRING,
            "from": STRING,
            "list": {"type": "array", "items": STRING},
            "copy": STRING,
            "model_name": STRING,
        },
    ),
    "Model": record("id", id=STRING, object={"type": "string", "const": "model"}),
    "Field": record("any", any={}),
    "Name-2": record("x", x=STRING),
    "DrawingNote": STRING,
    "Impossible": {"allOf": [STRING, INTEGER]},
    "Possible": {"anyOf": [ref("Impossible"), STRING]},
}


@pytest.fixture(scope="module")
def models() -> Models:
    return of_components(COMPONENTS)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Circle", {"kind": "circle", "radius": 1}, {"kind": "circle", "radius": "1"}),
        ("Circle", {"kind": "circle", "radius": 0.5}, {"kind": "circle", "radius": -1}),
        ("Circle", {"kind": "circle", "radius": 0}, {"kind": "circle", "radius": True}),
        ("Shape", {"kind": "box", "side": 1}, {"kind": "box", "radius": 1}),
        ("Shape", {"kind": "circle", "radius": 1}, {"kind": "Circle", "radius": 1}),
        ("Tree", {"name": "a", "children": [{"name": "b"}]}, {"name": "a", "children": [{"children": []}]}),
        ("Tree", {"name": "a"}, {"name": "a", "children": None}),
        ("Json", {"a": ["b", None, {"c": []}]}, {"a": ["b", {"c": [1]}]}),
        ("Derived", {"id": "1", "status": "b"}, {"id": "1", "status": "a"}),
        ("Derived", {"id": "1", "status": "c", "more": 1}, {"id": "1", "more": 1}),
        ("Renamed", {"id": "1"}, {}),
        ("Strict", {"a": 1, "b": None}, {"a": 1, "d": 1}),
        ("Strict", {"a": 1}, {"a": 1, "c": None}),
        ("Drawing", {"shapes": [BOX]}, {"shapes": []}),
        ("Drawing", {"shapes": [BOX], "main": "abc"}, {"shapes": [BOX] * 3}),
        ("Drawing", {"shapes": [BOX], "main": None}, {"shapes": [BOX], "main": "abcd"}),
        ("Drawing", {"shapes": [BOX], "note": {"text": ""}}, {"shapes": [BOX], "note": {}}),
        ("Labels", {"a": "b"}, {"a": 1}),
        ("Labels", {"abcd": "b", "c": "d"}, {"abcde": "b"}),
        ("OptionalLabels", None, {"a": "1", "b": "2", "c": "3"}),
        ("Flags", {"x-a": True}, {"a": True}),
        ("Counters", {"name": "n", "other": 1}, {"name": "n", "other": "1"}),
        ("Either", {"a": "1"}, {"a": "1", "b": "2"}),
        ("Either", {"b": "1"}, {}),
        ("Undeclared", {"secret": [1]}, {"other": 1}),
        ("Levels", {"level": 5, "ratio": 0.5}, {"level": 2}),
        ("Levels", {"level": 0, "ratio": "auto"}, {"ratio": 0.6}),
        ("Pair", ["a", 1], ["a", 1, 2]),
        ("Body", {"file": "text", "at": 1.5, "to": "no uri"}, {"file": 1}),
        ("Body", {"file": b"bytes"}, {"file": None}),
        ("Words", {"schema": "s", "from": "f", "list": ["l"], "copy": "c", "model_name": "m"}, {"schema_": "s"}),
        ("Model", {"id": "m", "object": "model"}, {"id": "m", "object": "engine"}),
        ("Field", {"any": None}, {}),
        ("Name-2", {"x": "1"}, {"x": None}),
        ("DrawingNote", "text", {"text": "t"}),
        ("Possible", "text", 1),
    ],
)
def test_models_validate_as_the_schema_says(models: Models, name: str, good: Any, bad: Any) -> None:
    assert error_of(models[name], good) == ""
    assert error_of(models[name], bad) != ""


def test_errors_of_tagged_unions_name_the_variant_only(models: Models) -> None:
    with pytest.raises(ValidationError) as caught:
        models["Drawing"].model_validate({"shapes": [{"kind": "circle", "radius": -1}]})
    assert [error["loc"] for error in caught.value.errors()] == [("shapes", 0, "circle", "radius")]


def test_tags_are_seen_inside_other_unions(models: Models) -> None:
    line = next(line for line in models.text.splitlines() if line.startswith("    main:"))
    assert line == (
        "    main: Annotated[Circle | Square, Field(discriminator='kind')]"
        " | Annotated[str, Field(max_length=3)] | None = None"
    )


def test_fields_left_out_are_none_or_the_default(models: Models) -> None:
    value: Any = models["Strict"].model_validate({"a": 1})
    assert (value.b, value.c, value.model_fields_set) == (None, 3, {"a"})


def test_wire_names_that_are_python_words_are_aliases(models: Models) -> None:
    value: Any = models["Words"].model_validate({"schema": "s", "from": "f"})
    assert value.model_dump(by_alias=True, exclude_unset=True) == {"schema": "s", "from": "f"}


def test_files_may_be_uploads(models: Models) -> None:
    upload = Upload("a.txt", "text/plain", b"a")
    value: Any = models["Body"].model_validate({"file": upload})
    assert value.file is upload


def test_text_converts_in_lax_mode_only(models: Models) -> None:
    value: Any = models["Levels"].model_validate({"level": "5"}, strict=False)
    assert value.level == 5
    assert error_of(models["Levels"], {"level": "5"}) != ""
    assert error_of(models["Levels"], {"level": "2"}, strict=False) != ""


def test_models_describe_themselves_as_json_schema(models: Models) -> None:
    schema = models["Body"].model_json_schema()
    assert schema["properties"]["file"]["format"] == "binary"
    assert schema["required"] == ["file"]


def test_class_names_follow_the_schemas(models: Models) -> None:
    assert models.classes["Name-2"] == "Name2"
    assert models.classes["Field"] == "FieldSchema"
    assert models.classes["Renamed"] == "Base"
    assert "class DrawingNoteObject(ApiModel):\n" in models.text


def test_components_whose_names_differ_in_signs_only_get_classes_of_their_own() -> None:
    models = of_components({"Foo-2": record("a", a=STRING), "Foo_2": record("b", b=STRING), "9": record("c", c=STRING)})
    assert models.classes == {"Foo-2": "Foo2", "Foo_2": "Foo2Schema", "9": "Schema9"}
    assert error_of(models["Foo_2"], {"b": ""}) == ""
    assert error_of(models["Foo_2"], {"a": ""}) != ""
    assert error_of(models["9"], {"c": ""}) == ""


def test_references_in_a_circle_are_named() -> None:
    with pytest.raises(Unsupported, match=r"(One|Two) refers only to itself"):
        of_components({"One": ref("Two"), "Two": ref("One"), "Three": record(x=ref("One"))})


def test_each_group_holds_what_it_needs_and_no_more() -> None:
    groups = {
        "trees": GroupSchemas(requests=("Tree",)),
        "drawings": GroupSchemas(requests=("Drawing",), queries=("Levels",), responses=("Strict", "Shape")),
    }
    emitted = emit_models(Lifted(COMPONENTS, groups))
    assert sorted(emitted.files) == ["models/__init__.py", "models/drawings.py", "models/trees.py"]
    assert all(text.startswith(HEADER) for text in emitted.files.values())
    assert emitted.classes["trees"] == {"Tree": "Tree"}
    assert emitted.files["models/trees.py"].count("\nclass ") == 1
    drawings = Models(emitted, "drawings")
    assert error_of(drawings["Drawing"], {"shapes": [BOX]}) == ""
    assert "class Counters" not in drawings.text


def test_output_does_not_depend_on_the_order_of_components(models: Models) -> None:
    turned = of_components(dict(reversed(COMPONENTS.items())))
    assert turned.text == models.text
