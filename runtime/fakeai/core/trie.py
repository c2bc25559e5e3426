"""Finds the operation of a path in the generated trie: dictionary look-ups, no patterns."""

from typing import Any

Node = dict[str, Any]
"""Segment → node. "{}" matches any segment, "{+}" one or more (ids with slashes); "" holds method → operationId."""


def find(node: Node, segments: list[str]) -> tuple[dict[str, str], list[str]] | None:
    """(method → operationId, values of the path parameters in order); None if no path matches."""
    if not segments:
        methods = node.get("")
        return (methods, []) if methods else None
    head, rest = segments[0], segments[1:]
    if not head:
        return None
    below = node.get(head)
    found = find(below, rest) if below is not None else None
    if found:
        return found
    below = node.get("{}")
    if below is not None:
        found = find(below, rest)
        return (found[0], [head, *found[1]]) if found else None
    below = node.get("{+}")
    return _find_greedy(below, segments) if below is not None else None


def _find_greedy(node: Node, segments: list[str]) -> tuple[dict[str, str], list[str]] | None:
    if not all(segments):
        return None
    if len(segments) > 1 and segments[-1] in node:
        return node[segments[-1]][""], ["/".join(segments[:-1])]
    return node[""], ["/".join(segments)]
