"""A short string that matches a regular expression, always the same one."""

import re
from collections.abc import Callable
from re import _constants as codes  # type: ignore[attr-defined, unused-ignore]
from re import _parser as parser  # type: ignore[attr-defined, unused-ignore]
from typing import Any

from fakeai_generator.merge import Unsupported

_PREFERRED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ " + "".join(map(chr, range(33, 127)))
_LONGEST = 4096


def sample(pattern: str, min_length: int = 0) -> str:
    """Repeats as often as min_length asks. Raises Unsupported if no match is found this way."""
    repeats = 0
    while repeats <= _LONGEST:
        text = _Sampler(repeats).sequence(parser.parse(pattern))
        if len(text) >= min_length and re.search(pattern, text):
            return text
        repeats = repeats * 2 or 1
    raise Unsupported(f"no string found for pattern {pattern!r}")


class _Sampler:
    """Each open repetition is done `repeats` times, within its bounds."""

    def __init__(self, repeats: int) -> None:
        self.repeats = repeats
        self.groups: dict[int, str] = {}

    def sequence(self, tokens: Any) -> str:
        return "".join([self.token(code, value) for code, value in tokens])

    def token(self, code: Any, value: Any) -> str:
        if code not in _TOKENS:
            raise Unsupported(f"pattern construct {str(code).lower()}")
        return _TOKENS[code](self, value)

    def repeat(self, value: Any) -> str:
        low, high, tokens = value
        times: int = min(max(low, self.repeats), high, _LONGEST)
        return self.sequence(tokens) * times

    def group(self, value: Any) -> str:
        text = self.sequence(value[-1])
        if value[0] is not None:
            self.groups[value[0]] = text
        return text

    def one_of(self, value: Any) -> str:
        return next(char for char in _PREFERRED if _in_set(char, value))


def _in_set(char: str, members: Any) -> bool:
    negated = members[0][0] is codes.NEGATE
    return negated != any(_is_member(char, code, value) for code, value in members[negated:])


def _is_member(char: str, code: Any, value: Any) -> bool:
    if code is codes.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    if code is codes.CATEGORY:
        return bool(re.match(_CATEGORIES[value], char))
    return bool(ord(char) == value)


_CATEGORIES: dict[Any, str] = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}

_TOKENS: dict[Any, Callable[[_Sampler, Any], str]] = {
    codes.LITERAL: lambda sampler, value: chr(value),
    codes.NOT_LITERAL: lambda sampler, value: next(char for char in _PREFERRED if ord(char) != value),
    codes.IN: _Sampler.one_of,
    codes.ANY: lambda sampler, value: "a",
    codes.AT: lambda sampler, value: "",
    codes.ASSERT: lambda sampler, value: "",
    codes.ASSERT_NOT: lambda sampler, value: "",
    codes.MAX_REPEAT: _Sampler.repeat,
    codes.MIN_REPEAT: _Sampler.repeat,
    codes.SUBPATTERN: _Sampler.group,
    codes.GROUPREF: lambda sampler, value: sampler.groups[value],
    codes.BRANCH: lambda sampler, value: sampler.sequence(value[1][0]),
}
