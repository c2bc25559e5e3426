"""Nodes of arrays and objects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fakeai.content.schemas.document import CannotWrite
from fakeai.content.schemas.flat import frozen
from fakeai.content.schemas.nodes import MAX_SIZE, MISSING, NEVER, Node, Numeric, Writing
from fakeai.content.stock import values

NATURAL_ITEMS = 3
MAX_ITEMS = 10
UNIQUE_TRIES = 60
REPEATED_TRIES = 4
"""Where items may be equal, they still look better if they are not."""
MANY = 40
"""Beyond so many objects, arrays and items, names are numbered."""
OPTIONAL_ONE_IN = 3
"""One optional property in three is left out if nothing was said about it."""


class Array(Node):
    __slots__ = ("contains", "high", "is_unique", "items", "low", "prefix")

    def __init__(self, path: str, low: int, high: int | None, is_unique: bool) -> None:
        super().__init__(path)
        self.low = low
        self.high = high
        self.is_unique = is_unique
        self.prefix: list[Node] = []
        self.contains: list[Node] = []
        self.items: Node | None = None
        """None if there can be none beyond the prefix."""

    def rise(self) -> float:
        needed = [node.height for node in self.prefix[: self.low]] + [node.height for node in self.contains]
        beyond = max(0, self.low - len(self.prefix) - len(self.contains))
        if beyond or (self.contains and self.items is None):
            needed.append(self.items.height if self.items else NEVER)
        too_few = self.high is not None and self.high < max(self.low, len(self.contains))
        return NEVER if too_few else 1 + max(needed, default=-1)

    def find(self, w: Writing) -> Any:
        if self.prefix or self.contains or self.items is None:
            return MISSING
        found = self.items.find_all(w)
        if self.is_unique:
            found = list({frozen(value): value for value in found}.values())
        found = found[: MAX_ITEMS if self.high is None else min(self.high, MAX_ITEMS)]
        return found if len(found) >= max(self.low, 1) else MISSING

    def make(self, w: Writing, budget: float) -> Any:
        budget = w.enter(self, budget) - 1
        found: list[Any] = []
        seen: set[Any] = set()
        needed = max(self.low, len(self.contains))
        for node in self._nodes(w, budget):
            value = self._fresh(w, node, budget, seen) if self.is_unique or len(found) < MAX_ITEMS else MISSING
            if value is MISSING and not self.is_unique and len(found) < needed:
                value = node.make(w, budget)
            if value is MISSING:
                break
            found.append(value)
        if len(found) < needed:
            raise CannotWrite(self.path, "there are not enough different items")
        return found

    def _nodes(self, w: Writing, budget: float) -> Sequence[Node]:
        """Of every item, in order."""
        fitting = self.items if self.items and self.items.height <= budget else None
        wanted = max(self.low, len(self.prefix))
        if fitting and self.low <= len(self.prefix):
            wanted += 1 + w.r() % NATURAL_ITEMS - (1 if self.prefix else 0)
        wanted = wanted if self.high is None else min(wanted, self.high)
        w.grow(self, wanted)
        nodes: list[Node] = []
        for node in self.prefix[:wanted]:
            if node.height > budget:
                return nodes
            nodes.append(node)
        nodes += self.contains
        if fitting:
            nodes += [fitting] * (wanted - len(nodes))
        return nodes

    def _fresh(self, w: Writing, node: Node, budget: float, seen: set[Any]) -> Any:
        for _ in range(UNIQUE_TRIES if self.is_unique else REPEATED_TRIES):
            value = node.make(w, budget)
            key = frozen(value)
            if key not in seen:
                seen.add(key)
                return value
        if self.is_unique:
            for value in islice(node.variants(), MAX_SIZE):
                if frozen(value) not in seen:
                    seen.add(frozen(value))
                    return value
        return MISSING


@dataclass(slots=True)
class Extras:
    """What an object may have beside its named properties.

    name: proposes one; node_of: for a name, None if it is not allowed; nodes: all of those.
    """

    name: Callable[[Writing], str]
    node_of: Callable[[str], Node | None]
    nodes: Sequence[Node]


@dataclass(slots=True, frozen=True)
class Property:
    name: str
    node: Node
    is_required: bool


class Object(Node):
    __slots__ = ("extras", "high", "is_map", "low", "numeric", "properties")

    def __init__(self, path: str, low: int, high: int | None, extras: Extras, is_map: bool) -> None:
        super().__init__(path)
        self.low = low
        self.high = high
        self.extras = extras
        self.is_map = is_map
        self.properties: list[Property] = []
        self.numeric: list[Property] = []

    def rise(self) -> float:
        needed = [given.node.height for given in self.properties if given.is_required]
        if self.high is not None and self.high < max(self.low, len(needed)):
            return NEVER
        more = self.low - len(needed)
        if more > 0:
            others = min([node.height for node in self.extras.nodes], default=NEVER)
            optional = [given.node.height for given in self.properties if not given.is_required]
            needed += sorted([*optional, *[others] * more])[:more]
        return 1 + max(needed, default=-1)

    def settle(self) -> None:
        """When all heights are known."""
        self.properties = [given for given in self.properties if given.node.height < NEVER]
        numeric = [given for given in self.properties if isinstance(_inner(given.node), Numeric)]
        self.numeric = numeric if len(numeric) > 1 else []

    def make(self, w: Writing, budget: float) -> Any:
        budget = w.enter(self, budget) - 1
        found = self._named(w, budget)
        if self.low > len(found) or self.is_map:
            self._add(w, budget, found)
        if self.high is not None and len(found) > self.high:
            self._drop(found, self.high)
        return found

    def _named(self, w: Writing, budget: float) -> dict[str, Any]:
        found: dict[str, Any] = {}
        near = self._near(w) if self.numeric and w.said.numbers else {}
        for given in self.properties:
            node = given.node
            value = near[given.name] if given.name in near else node.find(w)
            if value is MISSING:
                is_left_out = not w.r() % OPTIONAL_ONE_IN and bool(found)  # but nobody means an empty object
                if not given.is_required and (node.height > budget or is_left_out):
                    continue
                value = node.make(w, budget)
            found[given.name] = value
        return found

    def _near(self, w: Writing) -> dict[str, Any]:
        """Numbers that stand beside the name of a property are not for the others."""
        pairs = [(given.name, _inner(given.node).near(w)) for given in self.numeric]  # type: ignore[attr-defined]
        return {name: value for name, value in pairs if value is not MISSING}

    def _add(self, w: Writing, budget: float, found: dict[str, Any]) -> None:
        """Optional properties that were left out, then others."""
        wanted = max(self.low, len(found) + 1 + w.r() % 2 if self.is_map and not self.properties else 0)
        if self.high is not None:
            wanted = min(wanted, self.high)
        for given in self.properties:
            if len(found) < self.low and given.name not in found and given.node.height <= budget:
                found[given.name] = given.node.make(w, budget)
        named = [given.name for given in self.properties if given.name in found]
        found |= {name: found.pop(name) for name in named}
        w.grow(self, wanted)
        for _ in range(20 + 3 * wanted):
            if len(found) >= wanted:
                return
            try:
                name = self.extras.name(w)
            except OverflowError:
                continue
            node = None if name in found else self.extras.node_of(name)
            if node and node.height <= budget:
                found[name] = node.make(w, budget)
        if len(found) < self.low:
            raise CannotWrite(self.path, f"no {self.low} properties were found that fit")

    def _drop(self, found: dict[str, Any], high: int) -> None:
        for given in reversed(self.properties):
            if len(found) > high and not given.is_required:
                found.pop(given.name, None)
        if len(found) > high:
            raise CannotWrite(self.path, "more properties are required than allowed")


def _inner(node: Node) -> Node:
    alternatives = getattr(node, "alternatives", None)
    return _inner(alternatives[0]) if alternatives else node


def key_name(w: Writing) -> str:
    """A believable name for a property that the schema does not name."""
    names = values("key")
    draw = w.r()
    name = names[draw % len(names)]
    return name if draw & 0x300 and w.size < MANY else f"{name}_{draw >> 12 & 0xFFF}"
