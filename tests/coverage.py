"""Writes docs/coverage.md: how true each operation of the contract is. python -m tests.coverage [--check]"""

import importlib
import sys
from pathlib import Path
from typing import Any

from fakeai.core.operation import Operation
from fakeai.services import SERVICES
from fakeai_api.operations import OPERATIONS
from tests import drift

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
STORED_KINDS = ("create", "retrieve", "list", "update", "delete", "action")
LEVELS = ("faked", "stored", "simulated", "streamed")
Row = tuple[Operation, set[str]]
INTRODUCTION = """\
# Coverage

How true each operation of the contract is. Written by `make coverage`.

- **faked**: answers with a body that the contract accepts, made up from the seed. Every operation does.
- **stored**: on objects that are remembered, listed, paged, changed and deleted; other ids are 404.
- **simulated**: a handwritten method makes it behave.
- **streamed**: also answers with server-sent events, with a single made-up one where it is not simulated.
"""


def overridden(service: type) -> set[str]:
    """Public methods that a Service defines itself."""
    own = (
        base for base in service.__mro__ if not base.__module__.startswith(("fakeai_api.", "fakeai.core.", "builtins"))
    )
    return {
        name for base in own for name, member in vars(base).items() if callable(member) and not name.startswith("_")
    }


def simulated() -> set[tuple[str, str]]:
    """(group, method) of everything handwritten."""
    found = set()
    for group, place in SERVICES.items():
        module, name = place.split(":")
        service: Any = getattr(importlib.import_module(module), name)
        found |= {(group, method) for method in overridden(service)}
    return found


def levels(operation: Operation, handwritten: set[tuple[str, str]]) -> set[str]:
    facts = {
        "faked": True,
        "stored": operation.kind in STORED_KINDS and operation.collection is not None,
        "simulated": (operation.group, operation.name) in handwritten,
        "streamed": operation.event is not None,
    }
    return {level for level in LEVELS if facts[level]}


def page() -> str:
    handwritten = simulated()
    rows = [(operation, levels(operation, handwritten)) for operation in OPERATIONS.values()]
    groups = sorted({operation.group for operation in OPERATIONS.values()})
    tables = [_group(group, [row for row in rows if row[0].group == group]) for group in groups]
    return "\n".join([INTRODUCTION, _totals(rows, groups), *tables, drift.section()])


def _totals(rows: list[Row], groups: list[str]) -> str:
    lines = ["| group | operations | stored | simulated | streamed |", "|---|---:|---:|---:|---:|"]
    for group in ["all", *groups]:
        own = [had for operation, had in rows if group in ("all", operation.group)]
        counts = [sum(level in had for had in own) for level in LEVELS]
        name = f"**{group}**" if group == "all" else f"[{group}](#{group})"
        lines.append("| " + " | ".join([name, *map(str, counts)]) + " |")
    return "\n".join([*lines, ""])


def _group(group: str, rows: list[Row]) -> str:
    lines = [f"## {group}", "", "| operation | kind | stored | simulated | streamed |", "|---|---|---|---|---|"]
    for operation, had in sorted(rows, key=lambda row: (row[0].path, row[0].method)):
        marks = ["yes" if level in had else "" for level in LEVELS[1:]]
        lines.append("| " + " | ".join([f"`{operation.method} {operation.path}`", operation.kind, *marks]) + " |")
    return "\n".join([*lines, ""])


def main(arguments: list[str]) -> int:
    text = page()
    if "--check" not in arguments:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text)
        return 0
    if PAGE.exists() and PAGE.read_text() == text:
        return 0
    print(f"stale: {PAGE}: run make coverage", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
