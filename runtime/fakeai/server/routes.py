"""From a request path to the operation it names."""

from dataclasses import dataclass
from urllib.parse import unquote

from fakeai.core.operation import Operation
from fakeai.core.trie import find
from fakeai_api.operations import OPERATIONS, TRIE


@dataclass(frozen=True, slots=True)
class Route:
    """What a path leads to. `namespace` is that of a base path /ns/<namespace>/v1."""

    methods: dict[str, Operation]
    values: tuple[str, ...]
    namespace: str | None


class Routes:
    """Paths answer at /v1, without it, and both below /ns/<namespace>."""

    def __init__(self) -> None:
        self._known: dict[bytes, Route | None] = {}

    def of(self, raw_path: bytes) -> Route | None:
        """The path still percent-encoded: an encoded slash belongs to an id. None if no operation has the path."""
        known = self._known.get(raw_path)
        if known is not None:
            return known
        route = _route(raw_path)
        if route is not None and not route.values and route.namespace is None:
            self._known[raw_path] = route
        return route


def _route(raw_path: bytes) -> Route | None:
    namespace, segments = located(raw_path)
    found = find(TRIE, segments)
    if found is None:
        return None
    methods = {method: OPERATIONS[id] for method, id in found[0].items()}
    return Route(methods, tuple(found[1]), namespace)


def located(raw_path: bytes) -> tuple[str | None, list[str]]:
    """The namespace that a path names, and its segments below the base path."""
    segments = [unquote(part) for part in raw_path.decode("latin-1").lstrip("/").split("/")]
    namespace = None
    if len(segments) > 2 and segments[0] == "ns":
        namespace, segments = segments[1], segments[2:]
    return namespace, segments[1:] if segments[0] == "v1" else segments
