from pathlib import Path

import pytest

from fakeai_generator import check, document
from fakeai_generator.schemas import SpecError

FACTS = """openapi: 3.1.0
info: {title: T, version: '1'}
paths:
  /things:
    get:
      operationId: listThings
      responses: {'200': {description: ''}}
components:
  schemas: {Thing: {type: object}}
"""
OVERLAY = "overlay: 1.0.0\ninfo: {title: T, version: 1.0.0, x-why: test}\nactions:\n"


def spec(tmp_path: Path, facts: str = FACTS, actions: str = "- {target: $.paths, update: {/more: {}}}\n") -> Path:
    (tmp_path / "overlays").mkdir()
    (tmp_path / "openapi.yaml").write_text(facts)
    (tmp_path / "overlays" / "10-test.yaml").write_text(OVERLAY + actions)
    return tmp_path


def test_the_committed_spec_has_no_problem(spec_dir: Path) -> None:
    assert check.check(spec_dir) == []


def test_a_sound_spec_has_no_problem(tmp_path: Path) -> None:
    assert check.check(spec(tmp_path)) == []


@pytest.mark.parametrize(
    ("actions", "problem"),
    [
        ("- {target: $.none, remove: true}\n", "10-test.yaml: action 1 ($.none): target matches nothing"),
        ("- {target: $.info, update: {title: T}}\n", "10-test.yaml: action 1 ($.info): changes nothing"),
        (
            "- {target: $.components.schemas.Thing, update: {if: {}}}\n",
            "#/components/schemas/Thing/if: unknown schema keyword",
        ),
        ("- {target: $.components.schemas.Thing, update: {type: thing}}\n", "#/components/schemas/Thing/type: "),
        (
            "- {target: $.paths, update: {/more: {parameters: [{$ref: '#/components/parameters/None'}]}}}\n",
            "#/paths/~1more/parameters/0: refers to #/components/parameters/None, which is not there",
        ),
        ("- {target: $.info}\n", "10-test.yaml: action 1: needs one of update and remove: true"),
    ],
)
def test_a_problem_is_one_line_with_its_place(tmp_path: Path, actions: str, problem: str) -> None:
    problems = check.check(spec(tmp_path, actions=actions))
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_an_unknown_keyword_of_the_facts_is_a_problem(tmp_path: Path) -> None:
    facts = FACTS.replace("{type: object}", "{type: object, $dynamicRef: '#a'}")
    assert check.check(spec(tmp_path, facts)) == ["#/components/schemas/Thing/$dynamicRef: unknown schema keyword"]


def test_a_missing_spec_is_a_problem(tmp_path: Path) -> None:
    assert check.check(tmp_path) == [f"{tmp_path / 'openapi.yaml'}: No such file or directory"]


def test_build_is_strict_unless_told_otherwise(tmp_path: Path) -> None:
    path = spec(tmp_path, actions="- {target: $.none, remove: true}\n")
    with pytest.raises(SpecError, match="target matches nothing"):
        document.build(path)
    assert list(document.build(path, strict=False)["paths"]) == ["/things"]
    assert [str(skip) for skip in document.assemble(path, strict=False).skipped] == [
        "10-test.yaml: action 1 ($.none): target matches nothing"
    ]
