"""Fakers of small schemas, one construct each; then every committed faker against the contract."""

import ast
import importlib
import re
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
import yaml

from fakeai.core.seeds import Draw, derive, draws
from fakeai_generator import tree
from fakeai_generator.fakers import HEADER, emit_fakers, faker_name
from fakeai_generator.hoist import hoist
from fakeai_generator.kinds import facts as facts_of
from fakeai_generator.merge import Unsupported
from fakeai_generator.tree import GroupSchemas, Lifted

NOW = 1_750_000_000
SEEDS = range(20)
Faker = Callable[[Draw, int], Any]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def faked(components: dict[str, Any], hints: dict[str, Any] | None = None, name: str = "Thing") -> list[Any]:
    """Values of one schema, each checked against it."""
    lifted = Lifted(components, {"things": GroupSchemas(responses=tuple(components))})
    files = emit_fakers(lifted, hints or {})
    scope: dict[str, Any] = {}
    exec(files["fakers/_words.py"], scope)
    text = re.sub(r"(?m)^from fakeai_api.*$", "", files["fakers/things.py"])
    exec(compile(text, "things.py", "exec"), scope)
    values = [scope[faker_name(name)](draws(derive(seed)), NOW) for seed in SEEDS]
    accepts = validator(name, components)
    assert [value for value in values if not accepts.is_valid(value)] == []
    return values


def validator(name: str, components: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    known = {key: components[key] for key in tree.closure([name], components)}
    schema = {**ref(name), "components": {"schemas": known}}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 30, "maxLength": 31},
        {"type": "string", "maxLength": 2},
        {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+(a|b)$", "minLength": 12},
        {"type": "string", "pattern": "^sk-[\\w-]{4,}$", "maxLength": 7},
        {"type": "string", "pattern": "^(?=.{3,9}$)[^a-y]+\\.?$"},
        {"type": "string", "pattern": "^(x|y)\\1.\\d*?[^z]$", "minLength": 40},
        {"type": "string", "format": "uuid"},
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "uri", "minLength": 10},
        {"type": "string", "enum": ["a", "bb", "ccc"], "minLength": 2},
        {"type": "integer", "minimum": 1000, "exclusiveMaximum": 1003},
        {"type": "integer", "maximum": -5},
        {"type": "integer", "multipleOf": 250, "minimum": 600},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
        {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3},
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 2, "uniqueItems": True},
        {"type": "array", "items": {"type": "integer"}, "maxItems": 0},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2},
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
        {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "required": ["b"], "maxProperties": 2},
        {"type": "object", "properties": {"x_a": {"type": "number"}}, "patternProperties": {"^x_": {"maximum": 0.5}}},
        {"type": "object", "properties": {"a": {}}, "required": ["b"], "additionalProperties": {"type": "boolean"}},
        {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"], "not": {"required": ["b"]}},
        {"type": ["string", "null"]},
        {"type": "string", "enum": ["a", None]},
        {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "array", "items": {"type": "object"}}]},
        {"properties": {"a": {"type": "string"}, "b": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]},
        {"allOf": [{"type": "number", "minimum": 3}, {"type": "integer", "maximum": 4}]},
        {"allOf": [{"multipleOf": 4}, {"type": "integer", "multipleOf": 6, "minimum": 1}]},
        {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "string", "minLength": 5}}}]},
        {"allOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "integer"}]},
        {"const": {"a": [1, None]}},
        {},
    ],
)
def test_every_construct_gives_valid_values(schema: dict[str, Any]) -> None:
    assert len(faked({"Thing": schema})) == len(SEEDS)


def test_optional_properties_are_present() -> None:
    for value in faked({"Thing": {"type": "object", "properties": {"a": {"type": "string"}, "b": ref("Thing")}}}):
        assert "a" in value
        assert "b" in value


def test_choices_vary_with_the_seed_and_only_with_it() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "string"}, "kind": {"enum": ["a", "b", "c"]}}}
    values = faked({"Thing": schema})
    assert values == faked({"Thing": schema})
    assert len({value["id"] for value in values}) == len(values)
    assert {value["kind"] for value in values} == {"a", "b", "c"}


def test_nullable_is_mostly_not_null() -> None:
    nulls = faked({"Thing": {"anyOf": [{"type": "string"}, {"type": "null"}]}}).count(None)
    assert 0 < nulls < len(SEEDS) / 2


def test_recursion_is_cut() -> None:
    tree_schema = {
        "type": "object",
        "properties": {
            "children": {"type": "array", "items": ref("Thing")},
            "parent": ref("Thing"),
            "other": {"anyOf": [ref("Thing"), {"type": "string"}]},
            "named": {"type": "object", "additionalProperties": ref("Thing")},
            "maybe": {"anyOf": [ref("Thing"), {"type": "null"}]},
        },
        "required": ["children", "other", "maybe"],
    }
    deepest = [value for value in faked({"Thing": tree_schema}) if value["children"][0]["children"]]
    assert len(deepest) == len(SEEDS)


def test_mutual_recursion_is_cut() -> None:
    components = {
        "Thing": {"type": "object", "properties": {"other": ref("Other")}, "required": ["other"]},
        "Other": {"anyOf": [ref("Thing"), {"type": "array", "items": ref("Thing")}, ref("Leaf")]},
        "Leaf": {"type": "integer"},
    }
    assert len(faked(components)) == len(SEEDS)


def test_discriminated_payloads_come_one_at_a_time() -> None:
    payload = {"type": "object", "properties": {"id": {"type": "string"}}}
    properties = {"type": {"enum": ["made", "gone", "other"]}, "made": payload, "gone": payload}
    for value in faked({"Thing": {"type": "object", "properties": properties, "required": ["type"]}}):
        assert set(value) == {"type", value["type"]}


def test_payloads_and_pages_nest() -> None:
    text = {"type": "string"}
    page = {"data": {"type": "array", "items": {"type": "object", "properties": {"id": text}}}, "first_id": text}
    inner = {"type": {"enum": ["a", "b"]}, "a": {"type": "object"}, "b": {"type": "array", "items": {}}}
    both = {"p": {"type": "object", "properties": page}, "q": {"type": "object", "properties": inner}}
    outer = {**{f"{name}2": schema for name, schema in both.items()}, **both, **page}
    for value in faked({"Thing": {"type": "object", "properties": outer}}):
        for holder in (value, value["p"], value["p2"]):
            assert holder["first_id"] == holder["data"][0]["id"]
        for holder in (value["q"], value["q2"]):
            assert set(holder) == {"type", holder["type"]}


def test_page_ends_are_the_ids_of_its_objects() -> None:
    item = {"type": "object", "properties": {"id": {"type": "string"}}}
    text = {"type": "string"}
    page = {"data": {"type": "array", "items": ref("Item")}, "first_id": text, "last_id": text}
    values = faked({"Thing": {"type": "object", "properties": page}, "Item": item})
    assert {len(value["data"]) for value in values} == {1, 2}
    for value in values:
        assert (value["first_id"], value["last_id"]) == (value["data"][0]["id"], value["data"][-1]["id"])


def test_items_with_an_index_come_alone() -> None:
    item = {"type": "object", "properties": {"index": {"type": "integer"}}}
    values = faked({"Thing": {"type": "array", "items": item}}, {"values": {"index": 0}})
    assert values == [[{"index": 0}]] * len(SEEDS)


@pytest.mark.parametrize(
    ("hints", "schema", "expected"),
    [
        ({"values": {"a": 7}}, {"type": "integer"}, r"7"),
        ({"values": {"a": "seven", "Thing.a": 8}}, {"type": "integer"}, r"8"),
        ({"values": {"a": ["x", "yy"]}}, {"type": "string", "minLength": 2}, r"'yy'"),
        ({"values": {"a": "$list"}, "words": {"list": ["p", "q"]}}, {"type": "string"}, r"'[pq]'"),
        ({"values": {"a": "file-*"}}, {"type": "string"}, r"'file-[0-9a-f]{24}'"),
        ({"values": {"a": "file-*"}}, {"type": "string", "maxLength": 15}, r"'file-[0-9a-f]{8}'"),
        ({"values": {"a": "now-5"}}, {"type": "integer"}, str(NOW - 5)),
        ({"values": {"a": None}}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, r"None"),
        ({"values": {"a": {"k": 1}}}, {"type": "object"}, r"\{'k': 1\}"),
        ({"texts": ["$list"], "words": {"list": ["p", "q"]}}, {"type": "string"}, r"'[pq]'"),
    ],
)
def test_hints_decide_where_they_fit(hints: dict[str, Any], schema: dict[str, Any], expected: str) -> None:
    for value in faked({"Thing": {"type": "object", "properties": {"a": schema}}}, hints):
        assert re.fullmatch(expected, repr(value["a"]))


def test_what_should_be_null_but_must_not_is_left_out() -> None:
    properties = {"error": {"type": "string"}, "other": {"type": "string"}}
    for value in faked({"Thing": {"type": "object", "properties": properties}}, {"values": {"error": None}}):
        assert set(value) == {"other"}


def test_names_of_ids_and_times_speak_for_themselves() -> None:
    names = ("id", "user_id", "made_at")
    properties = {name: {"type": ["string", "integer"][name == "made_at"]} for name in names}
    schema = {"type": "object", "properties": {"object": {"const": "shop.order"}, **properties}}
    for value in faked({"Thing": schema}, {"prefixes": {"shop.order": "ord-"}}):
        assert value["id"].startswith("ord-")
        assert value["user_id"].startswith("user_")
        assert value["made_at"] == NOW


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (
            {"properties": {"a": {"allOf": [{"type": "string"}, {"type": "integer"}]}}, "required": ["a"]},
            "Thing/a: both",
        ),
        ({"properties": {"a": {"type": "array", "not": {}}}}, "Thing/a: not on an array"),
        ({"properties": {"a": {"type": "object", "not": {"minProperties": 1}}}}, "Thing/a: not, other than"),
        ({"properties": {"a": {"type": "string", "maxLength": 1, "minLength": 2}}}, "Thing/a: no value found"),
        ({"properties": {"a": {"if": {}}}}, "Thing/a: unknown schema keyword if"),
        ({"properties": {"a": ref("Thing")}, "required": ["a"]}, "Thing: every instance would contain itself"),
        ({"properties": {"a": ref("None")}}, "None"),
    ],
)
def test_what_cannot_be_faked_is_named_with_its_place(schema: dict[str, Any], message: str) -> None:
    with pytest.raises((Unsupported, KeyError), match=message):
        faked({"Thing": {"type": "object", **schema}})


def test_schemas_must_not_share_a_name() -> None:
    with pytest.raises(ValueError, match="Thing-2 and Thing2 would share"):
        faked({"Thing-2": {}, "Thing2": {}})


# The committed contract.


@pytest.fixture(scope="module")
def lifted(document: dict[str, Any]) -> Lifted:
    return tree.read(document)[1]


@pytest.fixture(scope="module")
def hints(spec_dir: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((spec_dir / "hints.yaml").read_text())
    return loaded


def faker(group: str, schema: str) -> Faker:
    found: Faker = getattr(importlib.import_module(f"fakeai_api.fakers.{group}"), faker_name(schema))
    return found


def test_every_faker_gives_values_that_its_schema_accepts(lifted: Lifted) -> None:
    done: dict[str, list[Any]] = {}
    for group, schemas in lifted.groups.items():
        for name in sorted(tree.closure(schemas.responses, lifted.components)):
            values = [faker(group, name)(draws(derive(seed)), NOW) for seed in SEEDS]
            if name not in done:
                accepts = validator(name, lifted.components)
                errors = [error.message for value in values for error in accepts.iter_errors(value)]
                assert (name, errors) == (name, [])
            assert values == done.setdefault(name, values)
    assert len(done) > 800


def test_every_answer_is_accepted_by_its_model(lifted: Lifted) -> None:
    shapes = hoist(lifted.components)
    for group, schemas in lifted.groups.items():
        models = importlib.import_module(f"fakeai_api.models.{group}")
        for name in schemas.responses:
            class_name = shapes.names[name]
            while target := tree.ref_name(shapes.schemas[class_name]):
                class_name = target
            for seed in SEEDS:
                getattr(models, class_name).model_validate(faker(group, name)(draws(derive(seed)), NOW))


def test_emission_is_deterministic_and_imports_little(lifted: Lifted, hints: dict[str, Any]) -> None:
    files = emit_fakers(lifted, hints)
    assert files == emit_fakers(lifted, hints)
    for text in files.values():
        assert text.startswith(HEADER)
        modules = [node.module or "" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
        assert {module.partition(".")[0] for module in modules} <= {"typing", "fakeai", "fakeai_api"}
        assert all(module.startswith(("typing", "fakeai.core.", "fakeai_api.fakers.")) for module in modules)


def test_stored_objects_get_the_id_prefix_of_the_contract(document: dict[str, Any]) -> None:
    rows, lifted = tree.read(document)
    facts = facts_of(rows, lifted)
    checked = 0
    for row in rows:
        fact = facts[row.id]
        if fact.kind == "create" and fact.id_prefix and row.response and row.response == fact.object_schema:
            made = faker(row.group, row.response)(draws(1), NOW)
            assert (row.id, made.get("id", made.get(fact.id_field)).startswith(fact.id_prefix)) == (row.id, True)
            checked += 1
    assert checked > 20


def test_every_hint_speaks_of_something_in_the_contract(hints: dict[str, Any], lifted: Lifted) -> None:
    components = lifted.components
    known = {*components, *_names(components)}
    known |= {name.rpartition(".")[0] for name in known} | {name.removesuffix(".deleted") for name in known}
    assert [name for name in hints["prefixes"] if name not in known] == []
    parts = [part for name in hints["values"] for part in (name, *name.split(".")[:1])]
    assert [part for part in parts if part not in known and part.partition(".")[0] not in components] == []
    used = {value[1:] for value in [*hints["values"].values(), *hints["texts"]] if str(value).startswith("$")}
    assert used == set(hints["words"])


def _names(node: Any) -> set[str]:
    """Properties, and constants of `object` and `type`."""
    if isinstance(node, list):
        return set().union(*map(_names, node))
    if not isinstance(node, dict):
        return set()
    properties = node.get("properties", {})
    names = set(properties) if isinstance(properties, dict) else set()
    names |= {value for value in [node.get("const"), *node.get("enum", ())] if isinstance(value, str)}
    return names.union(*map(_names, node.values()))
