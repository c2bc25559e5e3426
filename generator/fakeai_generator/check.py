"""Everything that can be wrong with the spec folder, found at once; this is what CI runs."""

from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from fakeai_generator import distil, document
from fakeai_generator.schemas import Json, SpecError


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
    errors = OpenAPIV31SpecValidator(doc).iter_errors()
    return [f"#/{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors]
