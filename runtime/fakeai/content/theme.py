"""What a prompt asks for: the kind of answer and what to take up. Found by rules over a short excerpt."""

import re
from functools import cache
from typing import NamedTuple

from fakeai.content.stock import words
from fakeai.content.topics import split, topics

EXCERPT_CHARS = 400
MAX_ITEMS = 50
MAX_FIELDS = 8


class Theme(NamedTuple):
    """kind: a key of compose.KINDS or a section "open.<kind>" of the phrases; topics: at least one, in prompt order.

    language: of the code asked for; items: how many list items were asked for, 0 if no number was given;
    fields: names that the objects of a JSON answer shall have.
    """

    kind: str
    topics: tuple[str, ...]
    language: str = ""
    items: int = 0
    fields: tuple[str, ...] = ()


def excerpt(text: str) -> str:
    """The beginning and the end of a long text."""
    if len(text) <= EXCERPT_CHARS:
        return text
    half = EXCERPT_CHARS // 2
    return f"{text[:half]} … {text[-half:]}"


def theme(user: str, system: str = "", earlier: str = "") -> Theme:
    """Of excerpts: the last user message, the system message and the user message before the last."""
    said, lower = split(user), user.lower()
    kind = _kind(lower, said.lower, system)
    if kind == "code":
        without = words("code") | LANGUAGES.keys()
        subject = topics(said, without) or topics(split(earlier), without) or ("the task",)
        return Theme(kind, subject[:1], language=_language(said.lower))
    fields = fields_in(lower) if kind == "json" else ()
    subject = topics(said, fields) or topics(split(earlier)) or ("this",)
    return Theme(kind, subject, items=_items(said.lower) if kind in ("json", "list") else 0, fields=fields)


def _kind(lower: str, said: list[str], system: str) -> str:
    marks = _marks()
    if not marks.keys().isdisjoint(said):
        marked = [marks[word] for word in said if word in marks]
        for kind, pattern in KINDS.items():
            if kind in marked and pattern.search(lower):
                return kind
    if system and "json" in system.lower() and _JSON_SYSTEM.search(system):
        return "json"
    asked = lower.rfind("?")
    if asked >= 0:
        said = split(lower[_sentence_start(lower, asked) : asked]).lower
    lead_in, first = words("lead-in"), ""
    for first in said:
        if first not in lead_in:
            break
    else:
        first = ""
    if first in ("how", "why", "what", "what's"):
        return first.removesuffix("'s")
    if asked >= 0:
        return "yesno" if first in words("yesno") else "question"
    if first in words("question"):
        return "question"
    return "instruction" if first in words("verb") else "statement"


@cache
def _marks() -> dict[str, str]:
    """The words that make it worth while to try a kind's pattern, which is slow."""
    return {word: kind for kind in KINDS for word in words(kind)}


def _sentence_start(text: str, end: int) -> int:
    return max(text.rfind(mark, 0, end) for mark in ".!?\n") + 1


def _language(said: list[str]) -> str:
    """The language named first; Python if none is."""
    return next((LANGUAGES[word] for word in said if word in LANGUAGES), "python")


def _items(said: list[str]) -> int:
    """The first number below 1,000."""
    for word in said:
        if word in NUMBERS:
            return NUMBERS[word]
        if word.isascii() and word.isdigit() and len(word) <= 3:
            return min(int(word), MAX_ITEMS)
    return 0


def fields_in(text: str) -> tuple[str, ...]:
    """The names in "with fields name, age and email for each user"."""
    listed = re.search(r"\b(?:fields?|keys?|properties|attributes|columns)\b(?: named| called|:)* ([\w\"'`, ]+)", text)
    names = re.split(r",| and | or ", re.split(r" (?:for|of|in|to|per|from) ", listed[1])[0]) if listed else []
    clean = (re.sub(r"\W+", "_", name.strip(" \"'`")) for name in names)
    return tuple(dict.fromkeys(name for name in clean if 0 < len(name) <= 24))[:MAX_FIELDS]


_JSON_SYSTEM = re.compile(r"(?:respond|reply|answer|return|output|only|valid)[^.\n]{0,40}\bjson\b", re.IGNORECASE)
_ASK = r"\b(?:write|show|give|create|implement|generate|make|build|fix|refactor|complete|return|provide|need|print)\b"

KINDS = {
    "greeting": re.compile(
        r"\A\s*(?:(?:hi|hello|hey)(?: there| world)?|good (?:morning|evening|afternoon|day)|greetings|howdy)\b"
        r"[\s!.,]*(?:how are you(?: doing)?(?: today)?)?[\s?!.]*\Z"
    ),
    "thanks": re.compile(r"\A\s*(?:many thanks|thanks?(?: you)?|thx|cheers)\b[^?\n]{0,30}\Z"),
    "json": re.compile(
        r"\b(?:return|respond|reply|answer|give|generate|output|produce|write|create|provide|format|as|in|only|valid|a)"
        r"\b[^.?\n]{0,60}\bjson\b"
    ),
    "code": re.compile(
        _ASK + r"[^.?\n]{0,60}\b(?:code|script|snippet|regex|unit tests?|sql|function (?:that|to|for|which|called|in)"
        r"|(?:python|javascript|typescript|java|go|rust|bash) (?:function|class|program)"
        r"|(?:a|the|this|recursive|helper) function|(?:a|the|this|simple|small) program"
        r"|class (?:that|for|called|named))\b|\bimplement\b"
    ),
    "list": re.compile(
        r"\b(?:list|bullet(?:ed)?|bullets|numbered|step[- ]by[- ]step|checklist)\b"
        r"|\b(?:\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|some|few|several) (?:\w+ )?"
        r"(?:ideas|tips|ways|steps|examples|reasons|names|suggestions|things|points|facts|benefits|questions)\b"
    ),
}
"""Kinds that a pattern tells, the first one that fits."""

LANGUAGES = {
    "python": "python",
    "javascript": "javascript",
    "js": "javascript",
    "node": "javascript",
    "typescript": "typescript",
    "ts": "typescript",
    "sql": "sql",
    "postgres": "sql",
    "mysql": "sql",
    "bash": "bash",
    "shell": "bash",
    "go": "go",
    "golang": "go",
    "rust": "rust",
    "java": "java",
}

NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
