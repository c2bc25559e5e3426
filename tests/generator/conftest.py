from pathlib import Path
from typing import Any

import pytest

from fakeai_generator import document as documents
from fakeai_generator.document import Built

SPEC = Path(__file__).parents[2] / "spec"


@pytest.fixture(scope="session")
def spec_dir() -> Path:
    return SPEC


@pytest.fixture(scope="session")
def facts() -> dict[str, Any]:
    """The committed contract facts, as distilled; not to be changed by tests."""
    return documents.facts_of(SPEC)


@pytest.fixture(scope="session")
def built() -> Built:
    return documents.assemble(SPEC)


@pytest.fixture(scope="session")
def document(built: Built) -> dict[str, Any]:
    """The finished document; not to be changed by tests."""
    return built.document
