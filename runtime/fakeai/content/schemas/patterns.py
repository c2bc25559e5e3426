"""Texts that match a regular expression, made by walking what Python's parser makes of it.

What a look-around or a word boundary demands is left to chance: the caller checks.
"""

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined, unused-ignore]
from re import _parser as parser  # type: ignore[attr-defined, unused-ignore]
from typing import Any

from fakeai.content.schemas.document import leaf_validator
from fakeai.core.seeds import Draw

MAX_REPEATS = 10_000
"""In one text, nested ones multiplied."""
MAX_CHARS = 100
"""Of one range, if it has none that are printable in ASCII."""
_PRINTABLE = [chr(code) for code in range(32, 127)]
_PLAIN = "abcdefghijklmnopqrstuvwxyz"
_FRIENDLY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_CLASSES = {
    op.CATEGORY_DIGIT: re.compile(r"[0-9]"),
    op.CATEGORY_NOT_DIGIT: re.compile(r"[^0-9]"),
    op.CATEGORY_SPACE: re.compile(r"[ ]"),
    op.CATEGORY_NOT_SPACE: re.compile(r"[^\s]"),
    op.CATEGORY_WORD: re.compile(r"[A-Za-z0-9_]"),
    op.CATEGORY_NOT_WORD: re.compile(r"[^A-Za-z0-9_]"),
}
_PROPERTIES = {
    "L": "A-Za-zÀ-ÖØ-öø-ÿ",
    "Letter": "A-Za-zÀ-ÖØ-öø-ÿ",
    "Alphabetic": "A-Za-zÀ-ÖØ-öø-ÿ",
    "Lu": "A-Z",
    "Ll": "a-z",
    "N": "0-9",
    "Nd": "0-9",
    "P": "!-#%-*,-/:;?@\\[-\\]_{}",
    "Z": " ",
    "Zs": " ",
}


def python_pattern(pattern: str) -> str:
    """From the dialects of JavaScript and Rust: names, code points, the end, and the most usual Unicode classes."""
    pattern = re.sub(r"(?<!\\)((?:\\\\)*)\\z", r"\1\\Z", pattern)
    pattern = re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern)
    pattern = re.sub(r"\\k<(\w+)>", r"(?P=\1)", pattern)
    pattern = re.sub(r"\\u\{([0-9A-Fa-f]+)\}", lambda found: re.escape(chr(int(found[1], 16))), pattern)
    return re.sub(r"(\[\^?(?:[^\]\\]|\\.)*\])|\\p\{(\w+)\}", _without_properties, pattern)


def _without_properties(found: "re.Match[str]") -> str:
    if found[2]:
        return f"[{_PROPERTIES.get(found[2], 'A-Za-z')}]"
    return re.sub(r"\\p\{(\w+)\}", lambda inner: _PROPERTIES.get(inner[1], "A-Za-z"), found[1])


@lru_cache(512)
def parsed(pattern: str) -> Any:
    """Raises re.error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parser.parse(python_pattern(pattern))


@lru_cache(512)
def compiled(pattern: str) -> "re.Pattern[str] | None":
    """None if Python does not know the dialect."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(pattern)
        except re.error:
            return None


def matches(pattern: str, text: str) -> bool:
    return _matcher(pattern)(text)


@lru_cache(512)
def _matcher(pattern: str) -> Callable[[str], bool]:
    """Not Python's, which may backtrack for hours."""
    return leaf_validator({"pattern": pattern}).is_valid


class Style:
    """extra: how often more than needed something is repeated at most; wild: any printable character will do, not
    just letters and digits; ahead: whether what a look-ahead wants is written out before the rest."""

    __slots__ = ("ahead", "extra", "groups", "r", "repeats", "wild")

    def __init__(self, r: Draw, extra: int, wild: bool = False, ahead: bool = False) -> None:
        self.r = r
        self.extra = extra
        self.wild = wild
        self.ahead = ahead
        self.groups: dict[int, str] = {}
        self.repeats = 0


def text_for(pattern: str, style: Style) -> str:
    """Raises re.error for what is no pattern, OverflowError for one that needs too long a text."""
    return _sequence(parsed(pattern), style)


def _sequence(nodes: Any, style: Style) -> str:
    return "".join([_WRITERS[kind](argument, style) for kind, argument in nodes])


def _nothing(argument: Any, style: Style) -> str:
    return ""


def _one_of(argument: Any, style: Style) -> str:
    key = tuple((kind, value) for kind, value in argument)
    return _drawn(_allowed(key), style)


def _drawn(chars: tuple[list[str], list[str]], style: Style) -> str:
    friendly, all_chars = chars
    chosen = all_chars if style.wild or not friendly else friendly
    return chosen[style.r() % len(chosen)]


@lru_cache(1024)
def _allowed(members: tuple[tuple[Any, Any], ...]) -> tuple[list[str], list[str]]:
    """Letters and digits of a class, and more of it. Empty classes match nothing: then any character."""
    is_negative = members[0][0] is op.NEGATE
    tests = [test for kind, value in members if (test := _test(kind, value))]
    found = [char for char in _PRINTABLE if any(test(char) for test in tests) != is_negative]
    if not found and not is_negative:
        found = [char for kind, value in members for char in _first_of(kind, value)]
    elif not found:
        found = [char for char in map(chr, range(0xA1, 0x250)) if not any(test(char) for test in tests)]
    found = found or ["a"]
    lower = [char for char in found if char in _PLAIN]
    return (lower if is_negative and lower else [char for char in found if char in _FRIENDLY]), found


def _first_of(kind: Any, value: Any) -> list[str]:
    if kind is op.CATEGORY:
        return []
    first, last = value if kind is op.RANGE else (value, value)
    return [chr(code) for code in range(first, min(first + MAX_CHARS, last + 1)) if not 0xD800 <= code < 0xE000]


def _test(kind: Any, value: Any) -> Callable[[str], bool] | None:
    if kind is op.LITERAL:
        return lambda char: ord(char) == value
    if kind is op.RANGE:
        return lambda char: value[0] <= ord(char) <= value[1]
    if kind is op.CATEGORY:
        found = _CLASSES[value]
        return lambda char: bool(found.match(char))
    return None


def _repeat(argument: Any, style: Style) -> str:
    low, high, nodes = argument
    count = low + style.r() % (min(high - low, style.extra) + 1)
    style.repeats += count
    if style.repeats > MAX_REPEATS:
        raise OverflowError
    return "".join([_sequence(nodes, style) for _ in range(count)])


def _group(argument: Any, style: Style) -> str:
    number, _, _, nodes = argument
    text = _sequence(nodes, style)
    if number is not None:
        style.groups[number] = text
    return text


def _branch(argument: Any, style: Style) -> str:
    options = argument[1]
    return _sequence(options[style.r() % len(options)], style)


def _conditional(argument: Any, style: Style) -> str:
    number, then, otherwise = argument
    chosen = then if number in style.groups else otherwise
    return _sequence(chosen, style) if chosen else ""


def _look(argument: Any, style: Style) -> str:
    direction, nodes = argument
    return _sequence(nodes, style) if style.ahead and direction > 0 else ""


_WRITERS: dict[Any, Callable[[Any, Style], str]] = {
    op.LITERAL: lambda code, style: chr(code),
    op.NOT_LITERAL: lambda code, style: _one_of([(op.NEGATE, None), (op.LITERAL, code)], style),
    op.ANY: lambda _, style: _one_of([(op.NEGATE, None)], style),
    op.IN: _one_of,
    op.BRANCH: _branch,
    op.SUBPATTERN: _group,
    op.ATOMIC_GROUP: _sequence,
    op.MAX_REPEAT: _repeat,
    op.MIN_REPEAT: _repeat,
    op.POSSESSIVE_REPEAT: _repeat,
    op.GROUPREF: lambda number, style: style.groups.get(number, ""),
    op.GROUPREF_EXISTS: _conditional,
    op.ASSERT: _look,
    op.ASSERT_NOT: _nothing,
    op.AT: _nothing,
    op.FAILURE: _nothing,
}
