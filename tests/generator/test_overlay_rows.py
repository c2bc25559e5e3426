"""What the committed overlays say fits the contract they are laid over."""

from typing import Any

import pytest

from fakeai_generator import kinds, tree
from fakeai_generator.schemas import operations, resolve

Document = dict[str, Any]


def answer(document: Document, operation: Document) -> Document:
    status = min(code for code in operation["responses"] if code.startswith("2"))
    schema: Document = operation["responses"][status]["content"]["application/json"]["schema"]
    return schema


def properties(document: Document, schema: Document) -> Document:
    if "$ref" in schema:
        return properties(document, resolve(document, schema["$ref"]))
    found = dict(schema.get("properties", {}))
    for member in schema.get("allOf", ()):
        found |= properties(document, member)
    return found


def accepts_null(document: Document, schema: Document) -> bool:
    if "$ref" in schema:
        return accepts_null(document, resolve(document, schema["$ref"]))
    return schema.get("type") == "null" or any(accepts_null(document, variant) for variant in schema.get("anyOf", ()))


def values(document: Document, schema: Document) -> list[Any] | None:
    if "$ref" in schema:
        return values(document, resolve(document, schema["$ref"]))
    return schema.get("enum")


def lifecycles(document: Document) -> dict[str, tuple[Document, Document]]:
    """operationId → (row, properties of the object)."""
    return {
        op["operationId"]: (op["x-fakeai-lifecycle"], properties(document, answer(document, op)))
        for _, _, op in operations(document)
        if "x-fakeai-lifecycle" in op
    }


def test_every_create_has_an_id_prefix(document: Document) -> None:
    rows, lifted = tree.read(document)
    facts = kinds.facts(rows, lifted)
    created = {row.id: row.definition.get("x-fakeai-id-prefix") for row in rows if facts[row.id].kind == "create"}
    assert len(created) > 40
    assert [id for id, prefix in created.items() if not prefix] == []


def test_every_status_of_a_life_cycle_is_one_of_the_schema(document: Document) -> None:
    for id, (row, fields) in lifecycles(document).items():
        allowed = values(document, fields[row["field"]])
        given = [state["value"] for state in (*row["states"], *row.get("actions", {}).values())]
        assert allowed is None or set(given) <= set(allowed), id


def test_every_time_and_cleared_field_of_a_life_cycle_fits_the_schema(document: Document) -> None:
    for id, (row, fields) in lifecycles(document).items():
        for state in (*row["states"], *row.get("actions", {}).values()):
            assert state.get("set_time") is None or state["set_time"] in fields, (id, state)
            not_nullable = [name for name in state.get("clear", ()) if not accepts_null(document, fields[name])]
            assert not_nullable == [], (id, state["value"])


def test_life_cycles_start_at_once_and_go_forward(document: Document) -> None:
    for id, (row, _) in lifecycles(document).items():
        times = [state["after_s"] for state in row["states"]]
        assert times[0] == 0, id
        assert times == sorted(set(times)), id


def test_actions_of_life_cycles_are_operations_on_the_same_object(document: Document) -> None:
    paths = {op["operationId"]: path for path, _, op in operations(document)}
    for id, (row, _) in lifecycles(document).items():
        for action in row.get("actions", {}):
            assert paths[action].startswith(paths[id] + "/{"), action


@pytest.mark.parametrize("status", ["401", "429", "4XX", "5XX"])
def test_every_operation_states_its_errors(document: Document, status: str) -> None:
    for path, method, op in operations(document):
        response = resolve(document, op["responses"][status]["$ref"])
        schema = response["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ErrorResponse"}, (method, path)


def test_operations_on_a_named_object_state_404(document: Document) -> None:
    for path, method, op in operations(document):
        assert "{" not in path or "404" in op["responses"], (method, path)


def test_ids_of_operations_are_unique(document: Document) -> None:
    ids = [op["operationId"] for _, _, op in operations(document)]
    assert len(ids) == len(set(ids)) == 281
