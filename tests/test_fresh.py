"""generated/ is what spec/ makes, byte for byte, each time and everywhere."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakeai_generator import emit

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "generated" / "fakeai_api"
OTHER_PYTHONS = ("3.12", "3.13", "3.14")


@pytest.fixture(scope="module")
def built() -> dict[str, bytes]:
    return emit.build(ROOT / "spec")


@pytest.mark.timeout(300)
def test_the_committed_tree_is_fresh(built: dict[str, bytes]) -> None:
    assert emit.stale(built, TARGET) == []


@pytest.mark.timeout(300)
def test_another_process_with_other_hashes_writes_the_same_bytes(built: dict[str, bytes], tmp_path: Path) -> None:
    _generate(sys.executable, tmp_path)
    assert _tree(tmp_path) == built


@pytest.mark.parametrize("version", OTHER_PYTHONS)
@pytest.mark.timeout(300)
def test_another_python_writes_the_same_bytes(version: str, built: dict[str, bytes], tmp_path: Path) -> None:
    """GENERATOR_PYTHON_3_13 names an interpreter in whose environment the `generate` extra is installed."""
    variable = f"GENERATOR_PYTHON_{version.replace('.', '_')}"
    if variable not in os.environ:
        pytest.skip(f"no Python {version} with the generator's tools: {variable} is not set")
    _generate(os.environ[variable], tmp_path)
    assert emit.stale(built, tmp_path) == []


def test_the_manifest_has_the_hash_of_every_file() -> None:
    manifest = json.loads((TARGET / "MANIFEST.json").read_text())["sha256"]
    present = {
        str(path.relative_to(TARGET)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in TARGET.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    unlisted = {"MANIFEST.json", "openapi.json.gz", *emit.KEPT}
    assert {path: value for path, value in present.items() if path not in unlisted} == manifest


def _generate(python: str, target: Path) -> None:
    command = [python, "-m", "fakeai_generator", "generate", "--target", str(target)]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "42"}, check=True, capture_output=True)


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
