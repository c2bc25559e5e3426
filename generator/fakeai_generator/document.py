"""Builds the document that everything is emitted from: distilled facts → normaliser → overlays → normaliser.

The second run lets overlays use short forms such as `nullable: true`.
"""

from dataclasses import dataclass
from pathlib import Path

from fakeai_generator import overlay
from fakeai_generator.normalise import normalise
from fakeai_generator.overlay import Skipped
from fakeai_generator.schemas import Json, SpecError, dangling
from fakeai_generator.upstream import parse


@dataclass(frozen=True)
class Built:
    document: Json
    counts: dict[str, int]
    """How often each rule of the normaliser applied to the facts."""
    skipped: list[Skipped]
    """Overlay actions that did not apply; empty when strict."""


def build(spec_dir: Path, strict: bool = True) -> Json:
    """Raises SpecError; when strict, also for overlay actions that no longer apply."""
    return assemble(spec_dir, strict).document


def assemble(spec_dir: Path, strict: bool = True) -> Built:
    facts, counts = normalise(facts_of(spec_dir))
    overlaid, skipped = overlay.apply(facts, overlay.load(spec_dir / "overlays"), strict)
    if broken := dangling(overlaid):
        raise SpecError("\n".join(broken))
    return Built(normalise(overlaid)[0], counts, skipped)


def facts_of(spec_dir: Path) -> Json:
    """The committed contract facts, as distilled."""
    path = spec_dir / "openapi.yaml"
    try:
        text = path.read_text()
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from error
    doc: Json = parse(text, path.name)
    return doc
