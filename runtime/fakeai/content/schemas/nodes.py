"""A compiled schema: nodes that find their value in what was said, or make one.

height: how deep the smallest value is nested; infinite if there is none. `budget` is how deep a value may be, at least
the node's height.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Any

from fakeai.content.schemas.document import CannotWrite
from fakeai.content.schemas.names import words_of
from fakeai.content.schemas.numbers import Grid
from fakeai.content.schemas.said import Number, Said
from fakeai.content.schemas.texts import TextPlan, candidates, found_text, made_text
from fakeai.core.seeds import Draw

NEVER = float("inf")
MISSING: Any = object()
MAX_SIZE = 50_000
NATURAL_SIZE = 600
"""Beyond so many objects, arrays and items only what is needed is written."""
MAX_VARIANTS = 1_000
CHECKED_TRIES = 40
MAX_TRIES = 4_000
"""In one value, nested ones multiplied."""
NUMBER_TRIES = 30
NULL_ONE_IN = 5
_NEAR_CHARS = 14


@dataclass(slots=True)
class Writing:
    """One value being written; used: what was said and has been taken."""

    said: Said
    r: Draw
    used: set[Any] = field(default_factory=set)
    size: int = 0
    tries: int = 0

    def enter(self, node: "Node", budget: float) -> float:
        self.grow(node, 1)
        return budget if self.size < NATURAL_SIZE else node.height

    def grow(self, node: "Node", parts: int) -> None:
        self.size += parts
        if self.size > MAX_SIZE:
            raise CannotWrite(node.path, "the smallest value is too large to write")


class Node:
    __slots__ = ("height", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.height: float = 0

    def rise(self) -> float:
        """The height, by those of the nodes inside."""
        return 0

    def find(self, w: Writing) -> Any:
        return MISSING

    def find_all(self, w: Writing) -> list[Any]:
        """For items of arrays."""
        return []

    def make(self, w: Writing, budget: float) -> Any:
        raise NotImplementedError

    def variants(self) -> Iterable[Any]:
        """Values one after the other, for arrays in which chance no longer finds a new one."""
        return ()


class Choice(Node):
    __slots__ = ("default", "texts", "values")

    def __init__(self, path: str, values: Sequence[Any], default: Any) -> None:
        super().__init__(path)
        self.values = values
        self.default = default
        said = [value for value in values if isinstance(value, str | int) and value is not True and value is not False]
        self.texts = [(value, str(value).lower().replace("_", " ")) for value in said if value != ""]

    def find(self, w: Writing) -> Any:
        lower = w.said.lower
        found = [(at, value) for value, text in self.texts if (at := _mention(lower, text)) >= 0]
        fresh = [pair for pair in found if pair[1] not in w.used] if len(found) > 1 else found
        if not fresh:
            return MISSING
        value = min(fresh, key=itemgetter(0))[1]
        if len(self.values) > 1:
            w.used.add(value)
        return value

    def find_all(self, w: Writing) -> list[Any]:
        found = [(at, value) for value, text in self.texts if (at := _mention(w.said.lower, text)) >= 0]
        return [value for _, value in sorted(found, key=itemgetter(0))]

    def make(self, w: Writing, budget: float) -> Any:
        if self.default is not MISSING:
            return self.default
        values = self.values
        return values[w.r() % len(values)]

    def variants(self) -> Iterable[Any]:
        return self.values


def _mention(lower: str, text: str) -> int:
    """Where the words stand, not as part of longer ones; -1 if nowhere."""
    at = lower.find(text)
    while at >= 0:
        end = at + len(text)
        if not (at and lower[at - 1].isalnum()) and not (
            end < len(lower) and lower[end].isalnum() and lower[end] != "s"
        ):
            return at
        at = lower.find(text, at + 1)
    return -1


class Boolean(Node):
    __slots__ = ("default", "marks")

    def __init__(self, path: str, name: str, default: Any) -> None:
        super().__init__(path)
        self.default = default
        self.marks = [word for word in words_of(name) if len(word) > 2 and word not in _AUXILIARIES]

    def find(self, w: Writing) -> Any:
        lower = w.said.lower
        for mark in self.marks:
            at = _mention(lower, mark)
            if at >= 0:
                before = lower[max(0, at - 12) : at].split()
                return not any(word in _NEGATIONS for word in before)
        return MISSING

    def make(self, w: Writing, budget: float) -> Any:
        return w.r() % 2 == 0 if self.default is MISSING else self.default

    def variants(self) -> Iterable[Any]:
        return (True, False)


_AUXILIARIES = frozenset({"has", "should", "enable", "include", "use", "are", "can", "allow", "with", "flag", "the"})
_NEGATIONS = frozenset({"no", "not", "without", "don't", "never", "isn't", "exclude", "skip", "non"})


class Numeric(Node):
    __slots__ = ("axis", "default", "fits", "grid", "is_integer", "marks")

    def __init__(
        self, path: str, name: str, grid: Grid, is_integer: bool, default: Any, fits: Callable[[Any], bool]
    ) -> None:
        super().__init__(path)
        self.grid = grid
        self.is_integer = is_integer
        self.default = default
        self.fits = fits
        self.axis = next((_AXES[word] for word in words_of(name) if word in _AXES), None)
        self.marks = [word[:-1] if word.endswith("s") else word for word in words_of(name) if len(word) > 2]

    def _suits(self, number: Number) -> bool:
        return not (self.is_integer and isinstance(number.value, float)) and self.fits(number.value)

    def near(self, w: Writing) -> Any:
        """The number beside a word of the name."""
        for mark in self.marks:
            at = w.said.lower.find(mark)
            if at >= 0:
                nearest = min(w.said.numbers, key=lambda number: _gap(number, at, at + len(mark)))
                if _gap(nearest, at, at + len(mark)) <= _NEAR_CHARS and self._suits(nearest):
                    w.used.add(nearest)
                    return nearest.value
        return MISSING

    def find(self, w: Writing) -> Any:
        numbers = w.said.numbers
        if self.axis is not None and (places := w.said.facts("coordinates")):
            value = float(places[0].split()[self.axis])
            return value if not self.is_integer and self.fits(value) else MISSING
        if not numbers:
            return MISSING
        value = self.near(w)
        if value is not MISSING:
            return value
        for number in numbers:
            if number not in w.used and self._suits(number):
                w.used.add(number)
                return number.value
        return MISSING

    def find_all(self, w: Writing) -> list[Any]:
        return [number.value for number in w.said.numbers if self._suits(number)]

    def make(self, w: Writing, budget: float) -> Any:
        if self.default is not MISSING:
            return self.default
        for _ in range(NUMBER_TRIES):
            value = self.grid.draw(w.r)
            if self.fits(value):
                return value
        raise CannotWrite(self.path, "no number was found that fits")

    def variants(self) -> Iterable[Any]:
        return filter(self.fits, self.grid)


_AXES = {"latitude": 0, "lat": 0, "longitude": 1, "lon": 1, "lng": 1}
"""Of coordinates."""


def _gap(number: Number, start: int, end: int) -> int:
    return number.start - end if number.start >= end else max(start - number.end, 0)


class Text(Node):
    __slots__ = ("plan",)

    def __init__(self, path: str, plan: TextPlan) -> None:
        super().__init__(path)
        self.plan = plan

    def find(self, w: Writing) -> Any:
        text = found_text(self.plan, w.said, w.used)
        return MISSING if text is None else text

    def find_all(self, w: Writing) -> list[Any]:
        plan = self.plan
        found = candidates(plan, w.said)
        if found and plan.kind not in _SENTENCES:
            return found
        return [item for item in w.said.series if plan.fits is None or plan.fits(item)]

    def make(self, w: Writing, budget: float) -> Any:
        text = made_text(self.plan, w.r, w.said)
        if text is None:
            raise CannotWrite(self.path, "no text was found that fits")
        return text

    def variants(self) -> Iterable[Any]:
        numbered = (f"{text} {number}" for number in range(2, MAX_VARIANTS) for text in self.plan.pool)
        return filter(self.plan.fits, numbered) if self.plan.fits else numbered


_SENTENCES = frozenset({"message", "title", "name", "sentence", "text"})


class Union(Node):
    """One of several alternatives, the most natural first, null last.

    is_ranked: only the first that has a value counts.
    """

    __slots__ = ("alternatives", "is_nullable", "is_ranked")

    def __init__(self, path: str, is_ranked: bool = False) -> None:
        super().__init__(path)
        self.alternatives: list[Node] = []
        self.is_nullable = False
        self.is_ranked = is_ranked

    def settle(self) -> None:
        """When all heights are known."""
        self.alternatives = [node for node in self.alternatives if node.height < NEVER]
        if self.is_ranked:
            del self.alternatives[1:]
        self.is_nullable = self.is_nullable and len(self.alternatives) > 1

    def rise(self) -> float:
        return min([node.height for node in self.alternatives], default=NEVER)

    def find(self, w: Writing) -> Any:
        for node in self.alternatives:
            value = node.find(w)
            if value is not MISSING:
                return value
        return MISSING

    def find_all(self, w: Writing) -> list[Any]:
        return next((found for node in self.alternatives if (found := node.find_all(w))), [])

    def make(self, w: Writing, budget: float) -> Any:
        options = self.alternatives
        if len(options) > 1:
            options = [node for node in options if node.height <= budget] or options
            if self.is_nullable and len(options) > 1:
                options = options[:-1] if w.r() % NULL_ONE_IN else options[-1:]
        return options[w.r() % len(options) if len(options) > 1 else 0].make(w, budget)

    def variants(self) -> Iterable[Any]:
        return chain.from_iterable(node.variants() for node in self.alternatives)


class Checked(Node):
    """A node whose values need not be right: they are checked, and made anew."""

    __slots__ = ("_is_valid", "node", "validator")

    def __init__(self, path: str, node: Node, validator: Callable[[], Callable[[Any], bool]]) -> None:
        super().__init__(path)
        self.node = node
        self.validator = validator
        self._is_valid: Callable[[Any], bool] | None = None

    def rise(self) -> float:
        return self.node.height

    def is_valid(self, value: Any) -> bool:
        if self._is_valid is None:
            self._is_valid = self.validator()
        return self._is_valid(value)

    def find(self, w: Writing) -> Any:
        value = self.node.find(w)
        return value if value is not MISSING and self.is_valid(value) else MISSING

    def find_all(self, w: Writing) -> list[Any]:
        return [value for value in self.node.find_all(w) if self.is_valid(value)]

    def make(self, w: Writing, budget: float) -> Any:
        node, why = self.node, "no value was found that fits"
        for turn in range(CHECKED_TRIES):
            w.tries += 1
            if w.tries > MAX_TRIES:
                break
            try:
                value = self._try(w, budget, turn)
            except CannotWrite as failure:
                why = failure.why
                continue
            if self.is_valid(value):
                return value
        raise CannotWrite(node.path, why)

    def variants(self) -> Iterable[Any]:
        return filter(self.is_valid, self.node.variants())

    def _try(self, w: Writing, budget: float, turn: int) -> Any:
        """Each alternative has its turn."""
        node = self.node
        if turn and isinstance(node, Union):
            options = [option for option in node.alternatives if option.height <= budget]
            return options[turn % len(options)].make(w, budget)
        return node.make(w, budget)
