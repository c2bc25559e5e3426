"""Finds what a text is about for content/moderation.py: classes of phrases, and rules over their sequence.

Phrases and rules are data/moderation.txt. A sentence is judged by itself: negation and context in it weaken its rules.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from fakeai.content.stock import sections

DEFAULT_GAP = 2
"""Words between two classes of a rule."""
HARMLESS_GAP = 2
NEGATED_WORDS = 3
"""How far before a rule's first word a negation may stand."""
NEGATED = 0.08
CONTEXTS = {"discussion": 0.2, "fiction": 0.3, "hyperbole": 0.3}
"""Class → what is left of a rule's weight in a sentence that has one of its phrases."""
INSTRUCTIONS = ("illicit", "illicit/violent", "self-harm/instructions")
"""As dangerous in a story as outside."""
SEXUAL = ("sexual", "sexual/minors")
NOT_WEAKENED = {"fiction": (*INSTRUCTIONS, *SEXUAL), "hyperbole": (*INSTRUCTIONS, *SEXUAL)}

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[\w@$!*']+")
_SPACED = re.compile(r"(?<!\w)\w(?:[ .\-_*]\w){2,}(?!\w)")
_DISGUISED = re.compile(r"[a-z][\d@$!]|[\d@$!][a-z]")
_LEET = str.maketrans("013457@$!", "oieastasi")


class Rule(NamedTuple):
    """rest: (most words in between, class); weights: category → score of a text of which the rule is all."""

    rest: tuple[tuple[int, str], ...]
    weights: Mapping[str, float]


class Event(NamedTuple):
    """A phrase of the lexicon: its place in the sentence, in words, and its classes."""

    start: int
    end: int
    classes: frozenset[str]


class Lexicon(NamedTuple):
    phrases: dict[str, list[tuple[list[str], frozenset[str]]]]
    """First word → (all words, classes), longest first."""
    rules: dict[str, list[Rule]]
    """By their first class."""
    harmless: frozenset[tuple[str, str]]


def weights(text: str) -> dict[str, float]:
    """Category → how strongly the strongest rule says it, for those that any rule says."""
    found: dict[str, float] = {}
    known = lexicon()
    for sentence in _SENTENCE_END.split(_folded(text)):
        events = _events(sentence, known)
        if not events:
            continue
        contexts = [name for name in CONTEXTS if any(name in event.classes for event in events)]
        for category, weight in _said(_without_harmless(events, known), known):
            for context in contexts:
                if category not in NOT_WEAKENED.get(context, ()):
                    weight *= CONTEXTS[context]
            found[category] = max(found.get(category, 0.0), weight)
    return found


def _folded(text: str) -> str:
    """Lower case, without accents, and with "k i l l" as one word."""
    text = text.casefold().replace("’", "'")
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _SPACED.sub(lambda match: re.sub(r"\W|_", "", match[0]), text)


def _words(sentence: str) -> list[str]:
    return [word if word.isalpha() else _plain(word) for word in _WORD.findall(sentence)]


def _plain(word: str) -> str:
    """Without quotes and exclamation marks around it, and with digits that stand for letters as letters."""
    word = word.strip("'!*")
    return word.translate(_LEET) if _DISGUISED.search(word) else word


def _events(sentence: str, known: Lexicon) -> list[Event]:
    words = _words(sentence)
    events = []
    at = 0
    for start, word in enumerate(words):
        if start < at or word not in known.phrases:
            continue
        for phrase, classes in known.phrases[word]:
            if words[start : start + len(phrase)] == phrase:
                at = start + len(phrase)
                events.append(Event(start, at, classes))
                break
    return events


def _without_harmless(events: list[Event], known: Lexicon) -> list[Event]:
    """Without the first of two neighbours that mean no harm together, as in "kill the process"."""
    kept = []
    for event, follower in zip(events, [*events[1:], Event(1 << 30, 1 << 30, frozenset())], strict=True):
        is_near = follower.start - event.end <= HARMLESS_GAP
        if not (is_near and any((a, b) in known.harmless for a in event.classes for b in follower.classes)):
            kept.append(event)
    return kept


def _said(events: list[Event], known: Lexicon) -> Iterator[tuple[str, float]]:
    """(category, weight) of all rules that fit."""
    negations = [event.start for event in events if "not" in event.classes]
    for index, event in enumerate(events):
        for name in event.classes:
            for rule in known.rules.get(name, ()):
                end = _end(rule, events, index)
                if end is None:
                    continue
                nearest = bisect_left(negations, event.start - NEGATED_WORDS)
                is_negated = nearest < len(negations) and negations[nearest] < end
                for category, weight in rule.weights.items():
                    yield category, weight * NEGATED if is_negated else weight


def _end(rule: Rule, events: list[Event], index: int) -> int | None:
    """Where the rule's last phrase ends, if each of its classes follows the one before."""
    end = events[index].end
    for gap, name in rule.rest:
        index += 1
        while index < len(events) and events[index].start - end <= gap and name not in events[index].classes:
            index += 1
        if index == len(events) or events[index].start - end > gap:
            return None
        end = events[index].end
    return end


@cache
def lexicon() -> Lexicon:
    parts = dict(sections("moderation.txt"))
    rules: dict[str, list[Rule]] = {}
    lines = _lines(parts.pop("rules"))
    pairs = _lines(parts.pop("harmless sequences"))
    for line in lines:
        first, rule = _rule(line, parts)
        rules.setdefault(first, []).append(rule)
    harmless = frozenset((a, b) for a, b in (pair.split() for pair in pairs))
    return Lexicon(_phrases(parts), rules, harmless)


def _lines(body: str) -> list[str]:
    return [line for line in body.splitlines() if line and not line.startswith("#")]


def _phrases(parts: Mapping[str, str]) -> dict[str, list[tuple[list[str], frozenset[str]]]]:
    classes: dict[tuple[str, ...], set[str]] = {}
    for name, body in parts.items():
        for phrase in re.split(r",|\n", "\n".join(_lines(body))):
            classes.setdefault(tuple(_words(_folded(phrase))), set()).add(name)
    by_word: dict[str, list[tuple[list[str], frozenset[str]]]] = {}
    for words in sorted(filter(None, classes), key=len, reverse=True):
        by_word.setdefault(words[0], []).append((list(words), frozenset(classes[words])))
    return by_word


def _rule(line: str, known: Mapping[str, str]) -> tuple[str, Rule]:
    """First class and rule of "intent 5 hurt you > violence .94"."""
    sequence, _, scores = line.partition(" > ")
    classes: list[tuple[int, str]] = []
    gap = DEFAULT_GAP
    for name in re.findall(rf"\d+|{'|'.join(sorted(known, key=len, reverse=True))}", sequence):
        if name.isdigit():
            gap = int(name)
        else:
            classes.append((gap, name))
            gap = DEFAULT_GAP
    pairs = (score.split() for score in scores.split(","))
    return classes[0][1], Rule(tuple(classes[1:]), {category: float(weight) for category, weight in pairs})
