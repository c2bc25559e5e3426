"""Everything that can be wrong with the spec folder, found at once; this is what CI runs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from fakeai_generator import distil, document
from fakeai_generator.schemas import Json, SpecError, pointer, schemas


def check(spec_dir: Path) -> list[str]:
    """One line per problem: unknown keywords, overlay actions without effect, what OpenAPI 3.1 forbids."""
    try:
        distil.distil(document.facts_of(spec_dir))
        built = document.assemble(spec_dir, strict=False)
    except SpecError as error:
        return str(error).splitlines()
    return [*map(str, built.skipped), *unknown_keywords(built.document), *invalid(built.document)]


def unknown_keywords(doc: Json) -> list[str]:
    """Overlays can bring in keywords that the generator does not know, just as upstream can."""
    try:
        distil.distil(doc)
    except SpecError as error:
        return [str(error)]
    return []


def invalid(doc: Json) -> list[str]:
    """openapi-spec-validator's errors as `path: message`; takes some ten seconds."""
    return [f"{_place(doc, error)}: {error.message[:300]}" for error in OpenAPIV31SpecValidator(doc).iter_errors()]


def _place(doc: Json, error: Any) -> str:
    """Where a ValidationError is: inside of a schema it has a path from there only; the schema is found by identity."""
    path = tuple(map(str, error.absolute_path))
    for at, schema in schemas(doc):
        if _follow(schema, error.absolute_path) is error.instance:
            return pointer((*at, *path))
    return pointer(path)


def _follow(node: Any, path: Iterable[str | int]) -> Any:
    for key in path:
        inside = key in node if isinstance(node, dict) else isinstance(node, list) and int(key) < len(node)
        if not inside:
            return None
        node = node[key]
    return node
