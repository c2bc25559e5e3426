"""Applies OpenAPI Overlay 1.0 files to a document.

Stricter than the standard: each action says why it is there (`x-why`, its own or its file's), must match, and must
change something, so that a repair which upstream has made itself is noticed. An array entry that is already there is
not appended again.
"""

from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonpath_rfc9535
from jsonpath_rfc9535 import JSONPathNode, JSONPathQuery

from fakeai_generator.schemas import Json, SpecError
from fakeai_generator.upstream import parse

_ACTION_KEYS = {"target", "description", "update", "remove", "x-why"}


@dataclass(frozen=True)
class Overlay:
    name: str
    actions: tuple[Json, ...]


@dataclass(frozen=True)
class Skipped:
    """An action that did not apply; `action` counts from 1."""

    overlay: str
    action: int
    target: str
    reason: str

    def __str__(self) -> str:
        return f"{self.overlay}: action {self.action} ({self.target}): {self.reason}"


def load(directory: Path) -> list[Overlay]:
    """The overlays of a directory in file-name order. Raises SpecError for one that is not well formed."""
    return [read(path.name, path.read_text()) for path in sorted(directory.glob("*.yaml"))]


def read(name: str, text: str) -> Overlay:
    data = parse(text, name)
    if not isinstance(data, dict) or data.get("overlay") != "1.0.0" or not isinstance(data.get("actions"), list):
        raise SpecError(f"{name}: not an OpenAPI Overlay 1.0.0 file with actions")
    why = data.get("info", {}).get("x-why")
    for number, action in enumerate(data["actions"], 1):
        if problem := _malformed(action, why):
            raise SpecError(f"{name}: action {number}: {problem}")
    return Overlay(name, tuple(data["actions"]))


def apply(doc: Json, overlays: list[Overlay], strict: bool) -> tuple[Json, list[Skipped]]:
    """The document after all actions. Strict: raises SpecError that lists every action which did not apply."""
    out = deepcopy(doc)
    skipped = [
        Skipped(overlay.name, number, action["target"], reason)
        for overlay in overlays
        for number, action in enumerate(overlay.actions, 1)
        if (reason := _apply(out, action))
    ]
    if skipped and strict:
        raise SpecError("\n".join(map(str, skipped)))
    return out, skipped


def _malformed(action: Any, why: str | None) -> str:
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        return "no target"
    if unknown := action.keys() - _ACTION_KEYS:
        return f"unknown key {sorted(unknown)[0]}"
    if not (action.get("x-why") or why):
        return "no x-why"
    if ("update" in action) == (action.get("remove") is True):
        return "needs one of update and remove: true"
    try:
        _compile(action["target"])
    except jsonpath_rfc9535.JSONPathError as error:
        return f"target: {error}"
    return ""


def _apply(doc: Json, action: Json) -> str:
    """Applies one action in place; the reason if it did not apply."""
    nodes = list(_compile(action["target"]).find(doc))
    if not nodes:
        return "target matches nothing"
    if action.get("remove"):
        for node in reversed(nodes):
            del _parent(doc, node)[node.location[-1]]
        return ""
    if problem := next((problem for node in nodes if (problem := _unfit(node.value, action["update"]))), ""):
        return problem
    changes = [_update(node.value, action["update"]) for node in nodes]
    return "" if any(changes) else "changes nothing"


def _unfit(target: Any, update: Any) -> str:
    if isinstance(target, dict):
        return "" if isinstance(update, dict) else "an object can only be updated by an object"
    return "" if isinstance(target, list) else "target is neither an object nor an array"


def _update(target: Any, update: Any) -> bool:
    if isinstance(target, list):
        return _append(target, [update])
    changed = [_merge_key(target, key, value) for key, value in update.items()]
    return any(changed)


def _merge_key(target: Json, key: str, value: Any) -> bool:
    old = target.get(key)
    if isinstance(old, dict) and isinstance(value, dict):
        return _update(old, value)
    if isinstance(old, list) and isinstance(value, list):
        return _append(old, value)
    if key in target and old == value and type(old) is type(value):
        return False
    target[key] = deepcopy(value)
    return True


def _append(target: list[Any], entries: list[Any]) -> bool:
    new = [deepcopy(entry) for entry in entries if entry not in target]
    target.extend(new)
    return bool(new)


def _parent(doc: Json, node: JSONPathNode) -> Any:
    parent: Any = doc
    for key in node.location[:-1]:
        parent = parent[key]
    return parent


@lru_cache(maxsize=1024)
def _compile(target: str) -> JSONPathQuery:
    return jsonpath_rfc9535.compile(target)
