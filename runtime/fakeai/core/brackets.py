"""Names with brackets, as SDKs write nested values into queries and forms: a[]=1, a[b]=2, a[b][]=3, a[][b]=4."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

MAX_BRACKETS = 8
"""A name with more pairs is taken literally; no contract nests deeper than three."""

_BRACKETED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")


def nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """{"a": ["1"]} of a[]=1; a plain name that is repeated gives a list too. Contradicting names never fail:
    the later one wins."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        _put(tree, split_name(name), value)
    return tree


def split_name(name: str) -> list[str]:
    """["a", "b", ""] of "a[b][]"."""
    if not name.endswith("]"):
        return [name]
    match = _BRACKETED.fullmatch(name)
    if match is None or match[2].count("[") > MAX_BRACKETS:
        return [name]
    return [match[1], *match[2][1:-1].split("][")]


def _put(tree: dict[str, Any], parts: list[str], value: Any) -> None:
    node: Any = tree
    for part, following in pairwise(parts):
        node = _element(node, following) if type(node) is list else _member(node, part, following)
    if type(node) is list:
        node.append(value)
    elif parts[-1] not in node:
        node[parts[-1]] = value
    elif type(node[parts[-1]]) is list:
        node[parts[-1]].append(value)
    else:
        node[parts[-1]] = [node[parts[-1]], value]


def _member(node: dict[str, Any], part: str, following: str) -> Any:
    """The container under node[part]: a list if it is to be appended to, else an object."""
    current = node.get(part)
    if following == "" and type(current) is not list:
        node[part] = [] if current is None else [current]
    elif following != "" and type(current) is not dict:
        node[part] = {}
    return node[part]


def _element(node: list[Any], following: str) -> Any:
    """The last container of the list, or a fresh one if the last has that name already: a[][b]=1&a[][b]=2."""
    kind = list if following == "" else dict
    if not node or type(node[-1]) is not kind or following in node[-1]:
        node.append(kind())
    return node[-1]
