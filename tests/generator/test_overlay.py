from pathlib import Path
from typing import Any

import pytest

from fakeai_generator import overlay
from fakeai_generator.schemas import SpecError

DOC = {
    "paths": {
        "/a": {"get": {"operationId": "getA", "tags": ["x"]}, "post": {"operationId": "postA"}},
        "/a/{id}": {"get": {"operationId": "getOne", "parameters": [{"in": "path", "name": "id"}]}},
    }
}
HEAD = "overlay: 1.0.0\ninfo: {title: T, version: 1.0.0, x-why: test}\nactions:\n"


def apply(actions: str, strict: bool = True) -> tuple[dict[str, Any], list[overlay.Skipped]]:
    return overlay.apply(DOC, [overlay.read("10-test.yaml", HEAD + actions)], strict)


def test_update_merges_objects_and_appends_to_arrays() -> None:
    out, _ = apply(
        "- {target: \"$.paths['/a'].get\", update: {tags: [x, y], deprecated: true}}\n"
        "- {target: \"$.paths['/a'].get.tags\", update: z}\n"
    )
    assert out["paths"]["/a"]["get"] == {"operationId": "getA", "tags": ["x", "y", "z"], "deprecated": True}
    assert DOC["paths"]["/a"]["get"]["tags"] == ["x"]


def test_wildcards_and_filters_select_operations() -> None:
    out, _ = apply(
        "- {target: '$.paths.*[?@.operationId]', update: {x-all: 1}}\n"
        "- {target: \"$.paths.*[?@.parameters[?@.in == 'path']]\", update: {x-one: 1}}\n"
    )
    marks = {
        op["operationId"]: sorted(k for k in op if k.startswith("x-"))
        for i in out["paths"].values()
        for op in i.values()
    }
    assert marks == {"getA": ["x-all"], "postA": ["x-all"], "getOne": ["x-all", "x-one"]}


def test_updates_of_several_targets_share_nothing() -> None:
    out, _ = apply("- {target: '$.paths.*.get', update: {responses: {'200': {}}}}\n")
    out["paths"]["/a"]["get"]["responses"]["200"]["changed"] = True
    assert out["paths"]["/a/{id}"]["get"]["responses"] == {"200": {}}


def test_remove_takes_keys_and_array_entries() -> None:
    out, _ = apply(
        "- {target: \"$.paths['/a'].get.tags[*]\", remove: true}\n- {target: '$.paths.*.post', remove: true}\n"
    )
    assert out["paths"]["/a"] == {"get": {"operationId": "getA", "tags": []}}


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("{target: '$.paths.none', update: {a: 1}}", "target matches nothing"),
        ("{target: '$.paths.none', remove: true}", "target matches nothing"),
        ("{target: \"$.paths['/a'].get\", update: {tags: [x], operationId: getA}}", "changes nothing"),
        ("{target: \"$.paths['/a'].get.tags\", update: x}", "changes nothing"),
        ("{target: \"$.paths['/a'].get.operationId\", update: {a: 1}}", "target is neither an object nor an array"),
        ("{target: \"$.paths['/a'].get\", update: x}", "an object can only be updated by an object"),
    ],
)
def test_an_action_without_effect_is_an_error_or_reported(action: str, reason: str) -> None:
    actions = (
        f"- {{target: '$.paths', update: {{/b: {{}}}}}}\n- {action}\n- {{target: '$.paths', update: {{/c: {{}}}}}}\n"
    )
    with pytest.raises(SpecError, match=r"^10-test\.yaml: action 2 ") as error:
        apply(actions)
    assert str(error.value).endswith(reason)
    out, skipped = apply(actions, strict=False)
    assert [(skip.overlay, skip.action, skip.reason) for skip in skipped] == [("10-test.yaml", 2, reason)]
    assert {"/b", "/c"} < out["paths"].keys()


def test_a_strict_run_names_every_action_without_effect() -> None:
    with pytest.raises(SpecError) as error:
        apply("- {target: '$.no', update: {a: 1}}\n- {target: '$.none', remove: true}\n")
    assert [line.split(" (")[0] for line in str(error.value).splitlines()] == [
        "10-test.yaml: action 1",
        "10-test.yaml: action 2",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("openapi: 3.1.0", "not an OpenAPI Overlay 1.0.0 file"),
        ("overlay: 1.0.0\nactions:\n- {target: $.a, remove: true}", "action 1: no x-why"),
        (HEAD + "- {update: {}}", "action 1: no target"),
        (HEAD + "- {target: $.a, remove: true}\n- {target: $.a, copy: $.b}", "action 2: unknown key copy"),
        (HEAD + "- {target: $.a}", "action 1: needs one of update and remove"),
        (HEAD + "- {target: $.a, update: {}, remove: true}", "action 1: needs one of update and remove"),
        (HEAD + "- {target: '$.a[', remove: true}", "action 1: target: "),
    ],
)
def test_a_malformed_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=r"^10-test\.yaml: ") as error:
        overlay.read("10-test.yaml", text)
    assert message in str(error.value)


def test_files_apply_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "20-b.yaml").write_text(HEAD + "- {target: $.paths, update: {/last: {x-from: b}}}\n")
    (tmp_path / "10-a.yaml").write_text(HEAD + "- {target: $.paths, update: {/last: {x-from: a}}}\n")
    overlays = overlay.load(tmp_path)
    assert [one.name for one in overlays] == ["10-a.yaml", "20-b.yaml"]
    assert overlay.apply(DOC, overlays, strict=True)[0]["paths"]["/last"] == {"x-from": "b"}
