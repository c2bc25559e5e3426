"""Endpoints that the installed openai SDK calls and the contract lacks, and the reverse: python -m tests.drift."""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import openai

from fakeai_api.operations import OPERATIONS

RESOURCES = Path(openai.__file__).parent / "resources"
VERBS = {"_get": "GET", "_post": "POST", "_put": "PUT", "_patch": "PATCH", "_delete": "DELETE", "_get_api_list": "GET"}
Endpoint = tuple[str, str]
"""(path with {} for parameters, method)."""


def sdk_endpoints() -> set[Endpoint]:
    """Read from the SDK's source, which names method and path in every call."""
    calls = (
        node
        for path in sorted(RESOURCES.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VERBS and node.args
    )
    return {endpoint for call in calls for endpoint in _endpoint(call)}


def _endpoint(call: ast.Call) -> Iterator[Endpoint]:
    assert isinstance(call.func, ast.Attribute)
    path = _text(call.args[0])
    if path is not None and path.startswith("/"):
        given = {word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)}
        yield plain(path), str(given.get("method", VERBS[call.func.attr])).upper()


def _text(node: ast.expr) -> str | None:
    """ "/a/{}" of "/a/{b}", f"/a/{b}" and path_template("/a/{b}", b=b)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Call) and node.args:
        return _text(node.args[0])
    return None


def plain(path: str) -> str:
    """Without parameter names and query."""
    return re.sub(r"\{[^}]*\}", "{}", path.partition("?")[0])


def contract_endpoints() -> set[Endpoint]:
    return {(plain(operation.path), operation.method) for operation in OPERATIONS.values()}


def lacking() -> list[Endpoint]:
    """What the SDK calls and the contract does not have."""
    return sorted(sdk_endpoints() - contract_endpoints())


def uncalled() -> list[Endpoint]:
    """What the contract has and the SDK does not call."""
    return sorted(contract_endpoints() - sdk_endpoints())


def section() -> str:
    """As a part of docs/coverage.md."""
    called, had = len(sdk_endpoints()), len(contract_endpoints())
    lines = [
        "## Drift",
        "",
        f"openai {version('openai')} calls {called} endpoints; the contract has {had}.",
        "",
        f"### Called by the SDK, not in the contract: {len(lacking())}",
        "",
        *(f"- `{method} {path}`" for path, method in lacking()),
        "",
        f"### In the contract, not called by the SDK: {len(uncalled())}",
        "",
        *(f"- `{method} {path}`" for path, method in uncalled()),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(section())
