"""The rules of spec/hints.yaml: which values make a faked property lifelike.

A rule is a JSON value, or one of four short forms: "$list" draws from a word list, "file-*" is an id (prefix and random
characters), "now+60" is a unix time, and a YAML list means any of its values. A rule only counts where the schema
accepts its values, so that one rule per property name suffices.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

Test = Callable[[Any], bool]
Choose = Callable[[int], str]
"""Number of choices → Python expression of a random index below it."""

_NOW = re.compile(r"now([+-]\d+)?$")
_ID_LENGTHS = (24, 16, 8)
_SOME_TIME = 1_750_000_000


@dataclass(frozen=True)
class Spot:
    """Where a schema stands: in which component, as which property, of which kind of object."""

    owner: str
    trail: tuple[str, ...] = ()
    """From the component down; for messages and for names of functions."""
    names: tuple[str, ...] = ()
    """The properties among them."""
    kinds: tuple[str, ...] = ()
    """Constants of the enclosing object's `object` and `type`."""

    def down(self, step: str) -> "Spot":
        return replace(self, trail=(*self.trail, step))

    def member(self, name: str) -> "Spot":
        return replace(self, trail=(*self.trail, name), names=(*self.names, name))

    def __str__(self) -> str:
        return "/".join(("#/components/schemas", self.owner, *self.trail))


@dataclass(frozen=True)
class Literals:
    """One of some JSON values."""

    values: tuple[Any, ...]

    def narrow(self, valid: Test) -> "Literals | None":
        kept = tuple(value for value in self.values if valid(value))
        return Literals(kept) if kept else None

    def code(self, choose: Choose) -> str:
        if len(self.values) == 1:
            return repr(self.values[0])
        return f"{self.values!r}[{choose(len(self.values))}]"


@dataclass(frozen=True)
class Words:
    """One of a word list, which the emitted code shares."""

    name: str
    values: tuple[str, ...]

    def narrow(self, valid: Test) -> "Words | Literals | None":
        kept = tuple(value for value in self.values if valid(value))
        if len(kept) == len(self.values):
            return self
        return Literals(kept) if kept else None

    def code(self, choose: Choose) -> str:
        return f"{constant(self.name)}[{choose(len(self.values))}]"


@dataclass(frozen=True)
class Ident:
    prefix: str
    length: int = _ID_LENGTHS[0]

    def narrow(self, valid: Test) -> "Ident | None":
        fitting = (n for n in _ID_LENGTHS if valid(self.prefix + "0" * n))
        return next((Ident(self.prefix, n) for n in fitting), None)

    def code(self, choose: Choose) -> str:
        return f"f{(self.prefix + '{r():08x}' * (self.length // 8))!r}"


@dataclass(frozen=True)
class Instant:
    """A unix time, relative to now."""

    offset: int

    def narrow(self, valid: Test) -> "Instant | None":
        return self if valid(_SOME_TIME + self.offset) else None

    def code(self, choose: Choose) -> str:
        return f"now {'+' if self.offset > 0 else '-'} {abs(self.offset)}" if self.offset else "now"


Rule = Literals | Words | Ident | Instant


def constant(name: str) -> str:
    """The emitted name of a word list."""
    return name.upper()


class Hints:
    """Finds the rules for a spot, the most specific first."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.words = {name: tuple(values) for name, values in raw.get("words", {}).items()}
        self._values = {str(name): self._parse(name, value) for name, value in raw.get("values", {}).items()}
        self._prefixes: dict[str, str] = raw.get("prefixes", {})
        self._texts = [self._parse("texts", value) for value in raw.get("texts", ())]

    def _parse(self, name: str, value: Any) -> Rule:
        if isinstance(value, str):
            return self._short(name, value)
        return Literals(tuple(value)) if isinstance(value, list) else Literals((value,))

    def _short(self, name: str, text: str) -> Rule:
        if text.startswith("$"):
            if text[1:] not in self.words:
                raise ValueError(f"hints: {name} uses the unknown word list {text[1:]}")
            return Words(text[1:], self.words[text[1:]])
        if text.endswith("*"):
            return Ident(text[:-1])
        now = _NOW.match(text)
        return Instant(int(now[1] or 0)) if now else Literals((text,))

    def rules(self, spot: Spot) -> Iterator[Rule]:
        """Rules of the hints file, then what the name itself says."""
        keys = [".".join((spot.owner, *spot.names)), *spot.names[-1:]]
        if keys[-1] == "id":
            keys.pop()
        yield from (self._values[key] for key in keys if key in self._values)
        if spot.names:
            yield from self._implied(spot)

    def _implied(self, spot: Spot) -> Iterator[Rule]:
        name = spot.names[-1]
        if name == "id":
            yield Ident(self.prefix(spot))
        elif name.endswith("_at"):
            yield Instant(0)
        elif match := re.match(r"(\w+?)_ids?$", name):
            yield Ident(match[1] + "_")

    def prefix(self, spot: Spot) -> str:
        """Of an object's id: by what the object is, else by the property that holds it, else by the schema's name."""
        holder = spot.names[-2] if len(spot.names) > 1 else spot.owner
        names = [*(kind.removesuffix(".deleted") for kind in spot.kinds), holder, holder.rpartition(".")[0]]
        known = (self._prefixes[name] for name in names if name in self._prefixes)
        return next(known, names[0].rpartition(".")[2].lower() + "_")

    def texts(self) -> list[Rule]:
        """For text that nothing else is known about, to be tried in this order."""
        return self._texts

    def is_null(self, spot: Spot) -> bool:
        """Whether the rule for a nullable spot is null."""
        return next(self.rules(spot), None) == Literals((None,))
