"""Inputs of custom tools by the grammar they ask for: a regular expression or a Lark grammar."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import inf
from typing import Any

import orjson

from fakeai.content.schemas.document import CannotWrite
from fakeai.content.schemas.strict import check_pattern
from fakeai.content.schemas.writing import schema_text
from fakeai.core.errors import ApiError
from fakeai.core.seeds import Draw

Grammar = Mapping[str, Any]
"""{syntax: regex or lark, definition}."""

MAX_GRAMMARS = 128
FREE_LEVELS = 6
"""How much deeper than the smallest sentence others may be nested."""
TRIES = 5
"""Sentences that are made until the parser accepts one: its terminals may look beyond themselves."""


def grammar_text(grammar: Grammar, said: str, r: Draw) -> str:
    """Raises CannotWrite."""
    if grammar["syntax"] == "regex":
        return matching(grammar["definition"], said, r)
    sentences = _sentences(grammar["definition"])
    for _ in range(TRIES):
        text = sentences.make(said, r)
        if sentences.accepts(text):
            return text
    raise CannotWrite("#", "no sentence of the grammar was found")


def matching(pattern: str, said: str, r: Draw) -> str:
    """A text that the expression matches as a whole."""
    return str(orjson.loads(schema_text({"type": "string", "pattern": f"^(?:{pattern})$"}, said, r)))


def check_grammar(grammar: Grammar, param: str) -> None:
    """Raises ApiError 400 for one that cannot be read."""
    if grammar["syntax"] == "regex":
        return check_pattern(grammar["definition"], param, "invalid_grammar")
    try:
        _sentences(grammar["definition"])
    except CannotWrite as error:
        raise ApiError(400, f"Invalid lark grammar: {error.why}", code="invalid_grammar", param=param) from None


class _Sentences:
    def __init__(self, definition: str) -> None:
        from lark import Lark
        from lark.exceptions import LarkError

        try:
            self._parser = Lark(definition, parser="earley")
        except (LarkError, RecursionError) as error:
            raise CannotWrite("#", str(error).split("\n", 1)[0]) from None
        self._terminals = {terminal.name: terminal.pattern for terminal in self._parser.terminals}
        self._expansions: dict[str, list[Sequence[Any]]] = {}
        for rule in self._parser.rules:
            self._expansions.setdefault(rule.origin.name, []).append(rule.expansion)
        self._heights = _heights(self._expansions)
        if self._heights.get("start", inf) == inf:
            raise CannotWrite("#", "the grammar has no sentence that ends")
        self._between = self._ignored()

    def _ignored(self) -> str:
        """A space where the grammar overlooks spaces."""
        patterns = [self._terminals[name] for name in self._parser.ignore_tokens if name in self._terminals]
        return " " if any(_matches_space(pattern.to_regexp()) for pattern in patterns) else ""

    def make(self, said: str, r: Draw) -> str:
        parts: list[str] = []
        self._expand("start", self._heights["start"] + FREE_LEVELS, parts, said, r)
        return self._between.join(parts)

    def accepts(self, text: str) -> bool:
        from lark.exceptions import LarkError

        try:
            self._parser.parse(text)
        except LarkError:
            return False
        return True

    def _expand(self, name: str, budget: float, parts: list[str], said: str, r: Draw) -> None:
        fitting = [symbols for symbols in self._expansions[name] if self._height(symbols) < budget]
        for symbol in fitting[r() % len(fitting)]:
            if symbol.is_term:
                parts.append(self._terminal(symbol.name, said, r))
            else:
                self._expand(symbol.name, budget - 1, parts, said, r)

    def _height(self, symbols: Sequence[Any]) -> float:
        return max([0.0 if symbol.is_term else self._heights[symbol.name] for symbol in symbols], default=0.0)

    def _terminal(self, name: str, said: str, r: Draw) -> str:
        pattern = self._terminals[name]
        return str(pattern.value) if pattern.type == "str" else matching(pattern.to_regexp(), said, r)


def _heights(expansions: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, float]:
    """Levels of the smallest tree of each rule; inf if it never ends."""
    heights = dict.fromkeys(expansions, inf)
    is_settled = False
    while not is_settled:
        is_settled = True
        for name, choices in expansions.items():
            least = min(
                1 + max([0.0 if part.is_term else heights.get(part.name, inf) for part in symbols], default=0.0)
                for symbols in choices
            )
            if least < heights[name]:
                heights[name], is_settled = least, False
    return heights


def _matches_space(pattern: str) -> bool:
    try:
        return re.fullmatch(pattern, " ") is not None
    except re.error:
        return False


@lru_cache(MAX_GRAMMARS)
def _sentences(definition: str) -> _Sentences:
    return _Sentences(definition)
