"""A module imports its own folder and lower floors only; neighbours never import each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    "fakeai.core": 0,
    "fakeai.config": 1,
    "fakeai_api": 2,
    "fakeai.sim": 2,
    "fakeai.content": 2,
    "fakeai.state": 2,
    "fakeai.telemetry": 2,
    "fakeai.guard": 2,
    "fakeai.engine": 3,
    "fakeai.services": 4,
    "fakeai.server": 5,
    "fakeai.cli": 6,
    "fakeai.models": 6,
    "fakeai.fakeai_service": 6,
    "fakeai.__main__": 7,
}
GENERATED_CORE = "fakeai.core"
SOURCES = [p for root in ("runtime", "generated", "generator") for p in sorted((ROOT / root).rglob("*.py"))]


def room(module: str) -> str | None:
    return next((name for name in FLOORS if module == name or module.startswith(name + ".")), None)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts[1:]).removesuffix(".__init__")


def allowed(importer: str, imported: str) -> bool:
    mine, theirs = room(importer), room(imported)
    if importer.startswith("fakeai_generator"):
        return theirs is None and not imported.startswith("fakeai.")
    if mine is None or theirs is None or mine == theirs:
        return not imported.startswith("fakeai_generator")
    if mine == "fakeai_api":
        return theirs == GENERATED_CORE
    return FLOORS[theirs] < FLOORS[mine]


@pytest.mark.unit
@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_go_down(path: Path) -> None:
    importer = module_of(path)
    wrong = [name for name in imports(path) if not allowed(importer, name)]
    assert not wrong, f"{importer} imports {wrong}"


@pytest.mark.unit
def test_every_module_has_a_floor() -> None:
    runtime = [module_of(path) for path in SOURCES if module_of(path).startswith("fakeai.")]
    assert [name for name in runtime if room(name) is None] == []
