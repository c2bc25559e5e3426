"""Answers of each kind as sequences of segments. Where two segments meet, every vocabulary splits anyway.

A composer gets the speaker and the length.
"""

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from fakeai.content.json_items import json_item
from fakeai.content.stock import code_blocks, phrases
from fakeai.content.voice import (
    CAPITAL,
    FORMS,
    SPACE,
    SPACE_CAPITAL,
    TAIL_BLANK_LINE,
    TAIL_LINE,
    TAIL_NONE,
    TAIL_PARAGRAPH,
    TAIL_STOP,
    Segment,
    Speaker,
)
from fakeai.core.seeds import Draw

HALF_SENTENCE_TOKENS = 9
ITEM_TOKENS = 22
CLOSING_FROM_TOKENS = 60
"""Shorter answers have no closing sentence."""


class Length(NamedTuple):
    """What is natural now, the least that is wanted, and where the answer will be cut, in tokens.

    Beyond `end` nothing need be said, but up to there it must be what a longer answer says.
    """

    natural: int
    least: int
    end: int


def compose(speaker: Speaker, length: Length, r: Draw) -> list[Segment]:
    composer = KINDS.get(speaker.theme.kind, _prose)
    return composer(speaker, length, r)


def _prose(speaker: Speaker, length: Length, r: Draw) -> list[Segment]:
    draw = r()
    said = [_one_of(speaker, speaker.opening, CAPITAL + TAIL_STOP, draw)]
    closing = length.natural >= CLOSING_FROM_TOKENS and draw % 4 == 0
    wanted = length.natural - HALF_SENTENCE_TOKENS * (3 if closing else 1)
    _sentences(speaker, said, min(max(wanted, length.least), length.end), r, 3)
    if closing:
        said.append(_one_of(speaker, "closing", SPACE_CAPITAL + TAIL_STOP, r()))
    return said


def _social(speaker: Speaker, length: Length, r: Draw) -> list[Segment]:
    """Greetings and thanks are answered in a line, whatever length is natural."""
    said = [_one_of(speaker, speaker.theme.kind, CAPITAL + TAIL_NONE, r())]
    _sentences(speaker, said, length.least, r, 3)
    return said


def _one_of(speaker: Speaker, section: str, form: int, draw: int) -> Segment:
    numbers = speaker.sections[section]
    return speaker.say((numbers.start + (draw >> 2) % len(numbers)) * FORMS + form)


def _sentences(speaker: Speaker, said: list[Segment], wanted: int, r: Draw, until_break: int) -> None:
    """Appends sentences until the answer has the wanted tokens; `until_break` is 0 if it ends with a blank line."""
    clauses, opening, connectors = speaker.clauses, speaker.connectors.start * FORMS, len(speaker.connectors)
    said_before, say, tokens = speaker.said.get, speaker.say, _tokens(said)
    start, step, count = *_stride(speaker, r), len(clauses)
    clause, first, key = start, clauses.start * FORMS, -1
    while tokens < wanted:
        draw = r()
        lead = SPACE_CAPITAL if until_break else CAPITAL
        until_break = until_break - 1 if until_break else 2 + draw % 5
        if not draw & 0x300:
            key = opening + (draw >> 10) % connectors * FORMS + lead + TAIL_NONE
            segment = said_before(key) or say(key)
            said.append(segment)
            tokens += segment.tokens
            lead = SPACE
        key = first + clause * FORMS + lead + (TAIL_STOP if until_break else TAIL_PARAGRAPH)
        segment = said_before(key) or say(key)
        said.append(segment)
        tokens += segment.tokens
        clause = (clause + step) % count
        if clause == start:
            step = 1 + draw % (count - 1)
    if key >= 0 and not until_break:
        said[-1] = say(key - TAIL_PARAGRAPH + TAIL_STOP)


def _stride(speaker: Speaker, r: Draw) -> tuple[int, int]:
    """A first clause and a step that visits all of them before one comes again: their number is a prime."""
    draw, count = r(), len(speaker.clauses)
    return (draw + speaker.offset) % count, 1 + (draw >> 12) % (count - 1)


def _code(speaker: Speaker, length: Length, r: Draw) -> list[Segment]:
    language, segment = speaker.theme.language, speaker.voice.segment
    name = _identifier(speaker.theme.topics[0])
    head, *blocks = [_named(block, name) for block in code_blocks()[language]]
    said = [_one_of(speaker, "code.intro", CAPITAL + TAIL_BLANK_LINE, r()), segment(f"```{language}\n")]
    said.append(segment(f"{head}\n\n"))
    start = r() % len(blocks)
    for number in range(1, len(blocks) + 1):
        block = segment(blocks[(start + number) % len(blocks)])
        last = number == len(blocks) or _tokens(said) + block.tokens + ITEM_TOKENS > length.natural
        said.append(segment(block.text + ("\n" if last else "\n\n")))
        if last:
            break
    return _followed(speaker, [*said, segment("```")], segment("```\n\n"), length, r)


def _followed(speaker: Speaker, said: list[Segment], open_end: Segment, length: Length, r: Draw) -> list[Segment]:
    """Adds an explanation in prose if there is room; `open_end` is the last segment with a blank line after it."""
    wanted = max(length.natural - HALF_SENTENCE_TOKENS, length.least)
    if _tokens(said) < wanted:
        said[-1] = open_end
        _sentences(speaker, said, wanted, r, 0)
    return said


def _identifier(topic: str) -> str:
    """At most two words in snake_case; "items" if nothing of the topic can stand in an identifier."""
    words = [word for word in re.findall(r"[a-z0-9]+", topic.lower()) if word not in ("the", "a", "an", "your")][:2]
    name = "_".join(words)
    return name if name and name[0].isalpha() else "items"


def _named(block: str, name: str) -> str:
    camel = "".join(word.capitalize() for word in name.split("_"))
    return block.replace("{n}", name).replace("{N}", camel)


def _list(speaker: Speaker, length: Length, r: Draw) -> list[Segment]:
    theme, segment = speaker.theme, speaker.voice.segment
    count = theme.items or min(10, max(3, length.natural // ITEM_TOKENS))
    numbered = theme.items > 0 or r() % 2 == 0
    heads, clauses = phrases().of("list.head"), speaker.clauses
    said = [_one_of(speaker, "list.intro", CAPITAL + TAIL_BLANK_LINE, r())]
    offset, key, (start, step) = r() % len(heads), 0, _stride(speaker, r)
    for number in range(1, count + 1):
        head = heads[(offset + number * 7) % len(heads)]
        clause = (start + number * step) % len(clauses)
        said.append(segment(f"{f'{number}.' if numbered else '-'} **{head}**:"))
        key = (clauses.start + clause) * FORMS + SPACE + (TAIL_STOP if number == count else TAIL_LINE)
        said.append(speaker.say(key))
    return _followed(speaker, said, speaker.say(key - TAIL_STOP + TAIL_PARAGRAPH), length, r)


def _json(speaker: Speaker, length: Length, r: Draw) -> list[Segment]:
    """One object with an array of as many objects as were asked for, or as make the natural length."""
    theme, fresh = speaker.theme, speaker.voice.fresh
    wanted = max(length.natural, length.least)
    said = [fresh(f'{{\n  "topic": {json.dumps(theme.topics[0], ensure_ascii=False)},\n  "items": [\n')]
    tokens, number, line = said[0].tokens, 0, ""
    while number == 0 or (number < theme.items if theme.items and length.least < tokens else tokens < wanted):
        if line:
            said.append(fresh(line + ",\n"))
            tokens += said[-1].tokens
        line = "    " + json.dumps(json_item(theme, number, r), ensure_ascii=False)
        number += 1
    return [*said, fresh(line + "\n"), fresh("  ]\n}")]


def _tokens(said: list[Segment]) -> int:
    return sum([segment.tokens for segment in said])


KINDS: dict[str, Callable[[Speaker, Length, Draw], list[Segment]]] = {
    "greeting": _social,
    "thanks": _social,
    "code": _code,
    "list": _list,
    "json": _json,
}
