"""A later version of upstream's document goes through the generator as it is, and its operations serve at once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakeai_generator.document import facts_of
from tests.generator.next_upstream import changed

ROOT = Path(__file__).parents[2]
Document = dict[str, Any]

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def next_spec(facts: Document, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of spec/ with the document of the next version, which went through `make spec UPSTREAM=…`."""
    folder = tmp_path_factory.mktemp("next")
    shutil.copytree(ROOT / "spec", folder / "spec")
    (folder / "upstream.json").write_text(json.dumps(changed(facts)))
    told = _run("spec", "--spec", str(folder / "spec"), "--upstream", str(folder / "upstream.json"))
    assert told.returncode == 0, told.stderr
    (folder / "diff.txt").write_text(told.stdout)
    return folder


@pytest.fixture(scope="module")
def generated(next_spec: Path) -> "subprocess.CompletedProcess[str]":
    target = next_spec / "package" / "fakeai_api"
    done = _run("generate", "--spec", str(next_spec / "spec"), "--target", str(target))
    assert done.returncode == 0, done.stderr
    return done


def _run(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "fakeai_generator", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | env)


def test_the_difference_is_told(next_spec: Path) -> None:
    told = (next_spec / "diff.txt").read_text()
    for name in ("POST /gadgets", "listBatchesOfAll", "GadgetPart", "/videos/characters"):
        assert name in told


def test_actions_that_no_longer_apply_are_named_and_skipped(generated: "subprocess.CompletedProcess[str]") -> None:
    skipped = [line for line in generated.stderr.splitlines() if line.startswith("skipped: ")]
    assert len(skipped) == 1
    assert "30-kinds.yaml" in skipped[0]
    assert "/videos/characters" in skipped[0]
    assert "matches nothing" in skipped[0]


def test_checking_refuses_them(next_spec: Path) -> None:
    done = _run("generate", "--check", "--spec", str(next_spec / "spec"))
    assert done.returncode == 2
    assert "/videos/characters" in done.stderr


def test_new_operations_serve_validate_and_remember(
    next_spec: Path, generated: "subprocess.CompletedProcess[str]"
) -> None:
    """In a process of its own, for this one has imported the committed fakeai_api."""
    command = [sys.executable, "-m", "tests.generator.next_client"]
    env = os.environ | {"PYTHONPATH": str(next_spec / "package")}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["lifecycle", "union", "recursion", "form", "renamed", "committed"]


@pytest.mark.parametrize("command", ["spec", "generate"])
def test_a_new_keyword_is_named_with_its_path(facts: Document, tmp_path: Path, command: str) -> None:
    """By `make spec`, and by `make generate` if it came in by an overlay."""
    strange = changed(facts)
    strange["components"]["schemas"]["GadgetDisc"]["properties"]["radius"]["unevaluatedWonder"] = True
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    document = tmp_path / "spec" / "openapi.yaml"
    if command == "spec":
        document = tmp_path / "upstream.json"
    document.write_text(json.dumps(strange))
    more = {"spec": ["--upstream", str(document)], "generate": ["--target", str(tmp_path / "out")]}
    done = _run(command, "--spec", str(tmp_path / "spec"), *more[command])
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("fakeai-generate: ")
    assert "components/schemas/GadgetDisc/properties/radius/unevaluatedWonder" in last


def test_the_copy_does_not_touch_the_committed_facts(facts: Document) -> None:
    assert facts == facts_of(ROOT / "spec")
