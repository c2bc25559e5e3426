"""Strings: said by the user, or else by pattern, by format, or by the name of the property."""

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from fakeai.content.schemas.document import leaf_validator
from fakeai.content.schemas.formats import FORMATS, longer
from fakeai.content.schemas.names import FORMAT_KINDS, kind_of, words_of
from fakeai.content.schemas.patterns import Style, text_for
from fakeai.content.schemas.said import Said, said_in
from fakeai.content.stock import phrases, values, words
from fakeai.core.seeds import Draw, draws

TRIES = 60
MAX_CHARS = 100_000
MAX_STEPS = 10_000_000
"""Of matching a text with a pattern: one for each character of each. More take over 10 ms, in which no thread runs."""
_UNLABELLED = frozenset({"date", "datetime", "time"})
"""Kinds that are written in other ways than they are said."""

Fits = Callable[[Any], bool]


class TextPlan(NamedTuple):
    """kind: what the message is searched for, and a section of values.txt; words: of the name, as in "name: value"."""

    kind: str
    is_topical: bool
    words: str
    patterns: Sequence[str]
    format: str
    pool: Sequence[str]
    low: int
    high: int | None
    fits: Fits | None


def text_plan(name: str, leaf: dict[str, Any], notes: dict[str, Any], excluded: Sequence[Any]) -> TextPlan | None:
    """None if no text was found that fits."""
    low, high = int(leaf.get("minLength", 0)), leaf.get("maxLength")
    high = None if high is None else int(high)
    if (high is not None and high < low) or low > MAX_CHARS:
        return None
    patterns, formats = leaf.get("pattern", ()), [name for name in leaf.get("format", ()) if name in FORMATS]
    named = notes.get("format", "")
    kind = FORMAT_KINDS.get(named) or kind_of(name, str(notes.get("description", "")))
    fits = _fits(leaf, low, high, formats, excluded)
    pool = [text for text in _believable(notes, kind, named) if fits is None or fits(text)]
    phrase = " ".join(words_of(name))
    is_topical = kind in _TOPICAL and not (patterns or formats or _examples(notes))
    plan = TextPlan(kind, is_topical, phrase, patterns, formats[0] if formats else "", pool, low, high, fits)
    return None if fits and made_text(plan, draws(0), said_in("")) is None else plan


def _fits(leaf: dict[str, Any], low: int, high: int | None, formats: list[str], excluded: Sequence[Any]) -> Fits | None:
    demands = [{key: value} for key in ("pattern", "format") for value in leaf.get(key, ())]
    if not (demands or low or high is not None or excluded):
        return None
    schema: dict[str, Any] = {key: value for key, value in leaf.items() if key in ("minLength", "maxLength")}
    if demands:
        schema["allOf"] = demands
    if excluded:
        schema["not"] = {"enum": list(excluded)}
    is_valid = leaf_validator(schema).is_valid
    most = MAX_STEPS // (1 + sum(map(len, leaf.get("pattern", ()))))
    return lambda text: len(text) <= most and is_valid(text)


def _believable(notes: dict[str, Any], kind: str, named: str) -> list[str]:
    """The schema's own examples are better than ours."""
    texts = _examples(notes)
    if texts or named in FORMATS:
        return texts
    return list(values(_STOCK.get(kind, kind) or "word"))


_EXAMPLE = re.compile(r"(?:e\.g\.|such as|for example|like),? ['\"`]?([A-Z][\w.-]*(?:,? [A-Z][\w.-]*)*)(?<![.,])")


def _examples(notes: dict[str, Any]) -> list[str]:
    examples = notes.get("examples", [])
    told = [found[1] for found in _EXAMPLE.finditer(str(notes.get("description", "")))]
    given = [notes.get("default"), notes.get("example"), *(examples if isinstance(examples, list) else []), *told]
    return [text for text in given if isinstance(text, str) and text]


_STOCK = {
    "author": "person",
    "destination": "city",
    "name": "title",
    "origin": "city",
    "recipient": "email",
    "sender": "person",
    "task": "title",
    "text": "sentence",
    "uuid": "id",
}
_TOPICAL = frozenset({"sentence", "task", "text", "title"})
"""Kinds that are about what was asked."""


@lru_cache(1024)
def _label(phrase: str) -> "re.Pattern[str]":
    escaped = re.escape(phrase).replace(r"\ ", r"[ _-]")
    return re.compile(
        rf"\b{escaped}\b(?:\s*[:=]\s*|\s+(?:is|called|named|set to)\s+|\s+(?=[\"'“`]))"
        r"(?:[\"'“`]([^\"'”`\n]+)[\"'”`]|([\w@.+/#:-]*[\w](?: [A-Z][\w-]*)*))",
        re.IGNORECASE,
    )


_ID_WORDS = frozenset({"id", "identifier", "number", "no", "reference"})


@lru_cache(1024)
def _owned(phrase: str) -> "re.Pattern[str]":
    """An id by whose it is: "customer 4711", "my order number is 98765"."""
    owner = " ".join(word for word in phrase.split() if word not in _ID_WORDS)
    escaped = re.escape(owner or "id").replace(r"\ ", r"[ _-]")
    return re.compile(rf"\b{escaped}\b(?: (?:id|number|no\.?|is|with|called))*[ :]*(#?[\w-]*\d[\w-]*)", re.IGNORECASE)


def found_text(plan: TextPlan, said: Said, used: set[Any]) -> str | None:
    """The first value of this kind in the message that nothing else has taken; it is marked as taken."""
    if plan.words in said.lower and len(plan.words) > 1 and plan.kind not in _UNLABELLED:
        match = _label(plan.words).search(said.text)
        if match:
            text = str(match[1] or match[2])
            if text not in words("stop") and (plan.fits is None or plan.fits(text)):
                return text
    if plan.kind == "id" and (match := _owned(plan.words).search(said.text)):
        text = match[1].removeprefix("#") if match[1].removeprefix("#").isdigit() else match[1]
        if plan.fits is None or plan.fits(text):
            used.add((plan.kind, text))
            return text
    for text in candidates(plan, said):
        if (plan.kind, text) not in used:
            used.add((plan.kind, text))
            return text
    return None


def candidates(plan: TextPlan, said: Said) -> list[str]:
    kind = plan.kind
    found = said.facts(kind)
    if kind == "time" and plan.format == "time":
        found = [f"{time}:00Z" for time in found]
    elif kind == "date" and not found and not plan.format:
        found = said.facts("relative_date")
    elif kind == "datetime" and not found and not plan.format:
        found = said.facts("time")
    elif plan.patterns:
        found = [*found, *said.facts("code_word")]
    return found if plan.fits is None else [text for text in found if plan.fits(text)]


def made_text(plan: TextPlan, r: Draw, said: Said) -> str | None:
    """None if many tries gave nothing that fits."""
    if plan.is_topical and said.text and (topic := said.topic):
        text = _about(topic, plan.kind, r)
        if plan.fits is None or plan.fits(text):
            return text
    pool = plan.pool
    if pool:
        return pool[r() % len(pool)]
    if plan.patterns:
        return _by_pattern(plan, r)
    fits = plan.fits
    if plan.format:
        make = FORMATS[plan.format]
        for _ in range(8):
            text = make(r)
            if fits is None or fits(text):
                return text
        return _checked(longer(plan.format, plan.low, plan.high), fits)
    return _checked(_of_length(plan, r), fits) or _checked(_letters(plan, r), fits)


def _checked(text: str, fits: Fits | None) -> str | None:
    return text if fits is None or fits(text) else None


def _about(topic: str, kind: str, r: Draw) -> str:
    if kind in ("sentence", "text"):
        clauses = _clauses()
        text = clauses[r() % len(clauses)].replace("{t}", topic).replace("{u}", topic) + "."
    else:
        text = topic.removeprefix("the ").removeprefix("a ")
    return text[0].upper() + text[1:]


@cache
def _clauses() -> list[str]:
    return phrases().of("clause")


def _of_length(plan: TextPlan, r: Draw) -> str:
    """Sentences or words, cut or repeated."""
    pool = values("sentence" if plan.low > 20 else "word")
    parts: list[str] = []
    length = 0
    while length <= plan.low:
        parts.append(pool[r() % len(pool)])
        length += len(parts[-1]) + 1
    return " ".join(parts)[: plan.high]


def _letters(plan: TextPlan, r: Draw) -> str:
    return "".join([chr(97 + r() % 26) for _ in range(max(plan.low, min(1, plan.high or 0)))])


def _by_pattern(plan: TextPlan, r: Draw) -> str | None:
    most = max(plan.low, 6)
    try:
        for turn in range(TRIES):
            pattern = plan.patterns[turn % len(plan.patterns)]
            extra = (4, most, 0, 12)[turn % 4] if turn else min(most, 8)
            text = text_for(pattern, Style(r, extra, wild=turn > 2 and turn % 3 == 0, ahead=turn % 2 == 1))
            missing = plan.low - len(text)
            if missing > 0 and (plan.fits is None or not plan.fits(text)) and turn % 3 == 1:
                text += text[-1:] * missing
            if plan.fits is None or plan.fits(text):
                return text
            if plan.high is not None and len(text) > plan.high and plan.fits(text[: plan.high]):
                return text[: plan.high]
    except (re.error, OverflowError):
        return None
    return None
