"""No dead module, no setting that nothing reads, nothing that has grown too long."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from fakeai.config import AppConfig

ROOT = Path(__file__).parents[1]
RUNTIME = ROOT / "runtime"
ENTRIES = ("fakeai.__main__", "fakeai.cli", "fakeai.server.app", "fakeai.fakeai_service", "fakeai.models")
"""What is started by hand: the program, the application, and what users import."""
PUBLIC_PACKAGES = ("fakeai.models",)
"""Their modules are import paths for users, who name them one by one."""
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
GENERATED = sorted((ROOT / "generated").rglob("*.py"))
HANDWRITTEN = [path for root in ("runtime", "generator") for path in sorted((ROOT / root).rglob("*.py"))]


def module_name(path: Path) -> str:
    parts = path.relative_to(RUNTIME).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted((RUNTIME / "fakeai").rglob("*.py"))}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(name: str) -> set[str]:
    """Modules of ours that a module names: by import, or as text such as "fakeai.services.chat:ChatService"."""
    found: set[str] = set()
    for node in ast.walk(tree(MODULES[name])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value.partition(":")[0])
    packages = {".".join(part.split(".")[:end]) for part in found for end in range(1, part.count(".") + 2)}
    return packages & set(MODULES)


@cache
def generated_imports() -> set[str]:
    lines = re.compile(r"^(?:from|import) (fakeai\.[\w.]+)", re.MULTILINE)
    return {name for path in GENERATED for name in lines.findall(path.read_text())}


@cache
def reachable() -> set[str]:
    seen: set[str] = set()
    public = tuple(f"{package}." for package in PUBLIC_PACKAGES)
    todo = [name for name in MODULES if name in ENTRIES or name in generated_imports() or name.startswith(public)]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(imported(name))
    return seen


def test_every_module_is_used() -> None:
    assert sorted(set(MODULES) - reachable()) == []


def settings() -> list[str]:
    return [
        f"{section}.{field}"
        for section, info in AppConfig.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
        for field in info.annotation.model_fields
    ]


READERS = ("fakeai.config.banner",)
"""Modules of the configuration that act on settings."""
SECTIONS = {
    info.annotation.__name__: section
    for section, info in AppConfig.model_fields.items()
    if isinstance(info.annotation, type)
}


@cache
def settings_read() -> set[str]:
    """Every section.field that live code outside of the configuration reads."""
    live = [MODULES[name] for name in reachable() if not name.startswith("fakeai.config.") or name in READERS]
    return {read for path in live for function in functions(path) for read in _read_in(function)}


def _read_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """config.section.field, and variable.field where the variable is a section."""
    sections = _sections_in(function)
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            owner = node.value
            if isinstance(owner, ast.Attribute):
                yield f"{owner.attr}.{node.attr}"
            elif isinstance(owner, ast.Name) and owner.id in sections:
                yield f"{sections[owner.id]}.{node.attr}"


def _sections_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, str]:
    """Variable → section: parameters by their annotation, others by what is assigned to them."""
    found: dict[str, str] = {}
    for argument in (*function.args.args, *function.args.kwonlyargs):
        if isinstance(argument.annotation, ast.Name) and argument.annotation.id in SECTIONS:
            found[argument.arg] = SECTIONS[argument.annotation.id]
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr in SECTIONS.values()
        ):
            found |= {target.id: node.value.attr for target in node.targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize("setting", settings())
def test_every_setting_is_read(setting: str) -> None:
    assert setting in settings_read()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_handwritten_file_is_too_long() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in HANDWRITTEN}
    assert {path: count for path, count in lines.items() if count > MAX_FILE_LINES} == {}


def test_no_handwritten_function_is_too_long() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in HANDWRITTEN
        for node in functions(path)
    }
    assert {name: count for name, count in lengths.items() if count > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("word", ["_utils", "_helpers", "_manager", "_advanced"])
def test_no_module_is_named_for_being_left_over(word: str) -> None:
    assert [str(path) for path in HANDWRITTEN if path.stem.endswith(word)] == []
