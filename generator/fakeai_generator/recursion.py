"""Which schemas contain themselves, and how an instance of them is kept finite."""

from math import inf

from fakeai_generator.merge import Contradiction, Merger, Unsupported
from fakeai_generator.tree import Schema, ref_name, references


class Recursion:
    """`cyclic`: the components on a cycle of references, or between two cycles.

    `height(schema)`: how many references the smallest instance of a schema nests.
    """

    def __init__(self, merger: Merger) -> None:
        self._merger = merger
        self.cyclic = _cyclic(merger.components)
        self._heights: dict[str, float] = dict.fromkeys(self.cyclic, inf)
        while self._settle():
            pass
        endless = sorted(name for name, height in self._heights.items() if height == inf)
        if endless:
            raise Unsupported(f"{endless[0]}: every instance would contain itself without end")

    def _settle(self) -> bool:
        """One round of the least fixed point; whether anything changed."""
        before = dict(self._heights)
        for name in sorted(self.cyclic):
            self._heights[name] = self.height(self._merger.components[name])
        return before != self._heights

    def height(self, schema: Schema | bool) -> float:
        try:
            simple = self._merger.simplify(schema)
        except Contradiction:
            return inf
        name = ref_name(simple)
        if name is not None:
            return 1 + self._heights.get(name, 0)
        if "anyOf" in simple:
            return min(self.height(variant) for variant in simple["anyOf"])
        parts = [simple.get("properties", {}).get(key, True) for key in simple.get("required", ())]
        if simple.get("minItems", 0) > 0:
            parts.append(simple.get("items", True))
        return max(map(self.height, parts), default=0)


def _cyclic(components: dict[str, Schema]) -> frozenset[str]:
    """What remains when components that lead nowhere, or that nothing leads to, are taken away again and again."""
    graph = {name: set(references(schema)) for name, schema in components.items()}
    while True:
        pointed = set().union(*graph.values()) if graph else set()
        kept = {name for name, targets in graph.items() if name in pointed and targets}
        if len(kept) == len(graph):
            return frozenset(kept)
        graph = {name: graph[name] & kept for name in kept}
