"""Which of the offered tools a message is about: shared words, names weighing more than descriptions."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from fakeai.content.script import Tool
from fakeai.content.stock import sections, values, words

NAME, DESCRIPTION, PARAMETER = 4.0, 1.0, 1.0
"""Of a whole name, of a word of the description or of a parameter's name and choices."""
NAMED = 100.0
"""The message spells the tool's name, which is not just a word."""
LEAST = 2.0
"""A tool with a lower score is not relevant: half of the name makes it so, one word of the description does not."""
NEAR_BEST = 0.4
"""Share of the best score from which on further tools are called beside it."""
MAX_CHARS = 2_000
"""Of a message and of a description that are looked at."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_HANDOFF = re.compile(r"^(?:transfer|hand_?off|delegate|route|escalate)_(?:back_)?to_")
_CUES = {
    re.compile(r"\d\s*[-+*/×÷^%]\s*\d|\d\s*% of|\d times \d"): ("calculate", "calculator", "math", "compute"),
    re.compile(r"\d\s*[*×]\s*\d|\d times \d"): ("multiply",),
    re.compile(r"\d\s*\+\s*\d"): ("add", "sum"),
    re.compile(r"[$€£]\s?\d"): ("money", "payment", "amount"),
    re.compile(r"\bmy (?:\w+ )?meetings?\b"): ("event", "calendar", "meeting"),
    re.compile(r"https?://|\bwww\."): ("url", "web", "fetch", "browse", "page", "scrape"),
    re.compile(r"(?<![\w@.])[\w-]+\.(?:com|org|net|io)\b"): ("url", "web", "website", "computer", "browser"),
    re.compile(r"[\w.]+@[\w.]+\.\w"): ("email", "mail"),
    re.compile(r"(?<![\w@/:])/\w+|\b[\w-]+\.(?:md|txt|py|js|ts|json|ya?ml|csv|toml|log|html|pdf)\b"): ("file", "path"),
    re.compile(r"\b(?:usd|eur|gbp|jpy|chf|cad|aud|cny|inr)\b"): ("currency", "exchange"),
}
"""What a message has → words of tools that deal with it. Words and phrases are in data/cues.txt."""
_SEARCH = "web internet google bing brave tavily serper duckduckgo search engine online browser"
_LOOKUP = (
    "wikipedia wiki knowledge base kb document docs retrieve retrieval retriever rag context passage vector store query"
    " lookup information info database db sql files faq answer question search"
)
"""A tool with no other words in its name answers any question; one that searches the web, those for facts."""
_FACT = re.compile(
    r"\b(?:who|whom|whose|when|where|which|what|how (?:many|much|old|tall|long|far|big|often)|tell me about|look up"
    r"|find)\b"
)
_QUESTION = re.compile(rf"\?|^(?:how|why|explain|show|list)\b|{_FACT.pattern}")
_PERSONAL = re.compile(
    r"\b(?:your|yourself|did i"
    r"|(?:are|do|can|will) you (?!please|tell|find|search|look|know|show|give|check|get|help))\b"
)
"""Asks the assistant about itself."""
_FICTION = re.compile(
    r"\b(?:write|compose|tell|create|make up)\b[^.?!\n]{0,40}\b(?:poem|haiku|limerick|story|essay|lyrics|joke)s?\b"
)
"""Is wanted as a text, whatever it is about."""
_FOLLOW_UP = re.compile(r"^(?:and|what about|how about|also)\b.{1,60}$")
_CLAUSE = re.compile(r"[.;?!\n]\s+|,? \b(?:and|then)\b |, ")


class _Said(NamedTuple):
    lower: str
    stems: Mapping[str, frozenset[str]]
    """Of words that tell something by themselves: stem → the words of the message that stand for it."""
    all_stems: Mapping[str, frozenset[str]]
    """Of every word, since a tool's name may be a common one: get_time."""


def relevant(tools: Sequence[Tool], message: str, before: str = "") -> list[Tool]:
    """The tools that the message is about, the most relevant first.

    before: the message before, which "And in Rome?" goes on from. Tools after the first are about other words of the
    message: reading a file is not writing it.
    """
    said = _said(message[:MAX_CHARS])
    scored = sorted([(_score(tool, said), len(_shared(tool, said)), -i) for i, tool in enumerate(tools)], reverse=True)
    best = scored[0][0] if scored else 0.0
    if best < LEAST and before and _FOLLOW_UP.match(said.lower):
        return relevant(tools, before)
    if best < LEAST:
        return [tool for tool in tools if _answers(tool, said)][:1]
    chosen: list[Tool] = []
    taken: set[str] = set()
    for score, _, number in scored:
        tool = tools[-number]
        if score >= max(LEAST, best * NEAR_BEST) and _score(tool, said, taken) >= LEAST:
            chosen.append(tool)
            taken |= _shared(tool, said)
    return chosen


def likeliest(tools: Sequence[Tool], message: str) -> Tool:
    """The one to call if one must be called."""
    said = _said(message[:MAX_CHARS])
    return max(tools, key=lambda tool: (_score(tool, said), _answers(tool, said)))


def about_first(tool: Tool, message: str) -> str:
    """The message with the clause in front that is most about the tool, so that its arguments are looked for there."""
    clauses = _CLAUSE.split(message[:MAX_CHARS])
    own = max(clauses, key=lambda clause: _score(tool, _said(clause)))
    return f"{own}. {message}" if own != clauses[0] and _score(tool, _said(own)) >= LEAST else message


def _score(tool: Tool, said: _Said, taken: Container[str] = ()) -> float:
    """taken: words of the message that do not count."""
    name, description, parameters = _words_of(tool)
    score = NAMED if _WORD.fullmatch(tool.name) is None and tool.name.lower() in said.lower else 0.0
    score += NAME * _count(name, said.all_stems, taken) / max(1, len(name))
    score += DESCRIPTION * _count(description, said.stems, taken)
    return score + PARAMETER * _count(parameters, said.stems, taken)


def _count(stems: Iterable[str], said: Mapping[str, frozenset[str]], taken: Container[str]) -> int:
    return sum([any(word not in taken for word in said.get(stem, ())) for stem in stems])


def _shared(tool: Tool, said: _Said) -> set[str]:
    name, description, parameters = _words_of(tool)
    shared = [said.all_stems.get(stem, frozenset()) for stem in name]
    shared += [said.stems.get(stem, frozenset()) for stem in description | parameters]
    return set().union(*shared)


def _answers(tool: Tool, said: _Said) -> bool:
    """Whether it looks up anything at all, and the message asks about something, a hosted one with a question mark."""
    own = _words_of(tool)[0]
    if (tool.kind != "function" and "?" not in said.lower) or not own or not own <= _stems_of(f"{_SEARCH} {_LOOKUP}"):
        return False
    if not any(stem.isalpha() for stem in said.stems):
        return False
    asked = _FACT if own <= _stems_of(_SEARCH) else _QUESTION
    return bool(asked.search(said.lower)) and not (_PERSONAL.search(said.lower) or _FICTION.search(said.lower))


def _words_of(tool: Tool) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    properties: Any = tool.parameters.get("properties")
    told: list[str] = []
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        choices = schema.get("enum") if isinstance(schema, dict) else None
        told += [
            name,
            *(choice for choice in (choices if isinstance(choices, list) else ()) if isinstance(choice, str)),
        ]
    return _tool_words(tool.name, tool.description[:MAX_CHARS], " ".join(told)[:MAX_CHARS])


@lru_cache(maxsize=1024)
def _tool_words(name: str, description: str, names: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Stems of the name, the description and the parameters; a word counts where it weighs most."""
    verbs, stop = words("tool-verb"), words("stop")
    own = _stems(_CAMEL.sub(" ", _HANDOFF.sub("", name)), verbs)
    told = _stems(description, stop) - own - verbs
    return own, told, _stems(_CAMEL.sub(" ", names), stop) - own - told


@lru_cache(maxsize=512)
def _said(message: str) -> _Said:
    lower = message.lower().replace("’", "'")
    sources: dict[str, frozenset[str]] = {}
    for found, implied in _cues_in(message, lower):
        for word in implied:
            sources[word] = sources.get(word, frozenset()) | {found}
    own, every = _stems(lower, words("stop")), _stems(lower, ())
    return _Said(lower, _merged(own, sources), _merged(every, sources))


def _merged(stems: Iterable[str], sources: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {**sources, **{stem: sources.get(stem, frozenset()) | {stem} for stem in stems}}


def _cues_in(message: str, lower: str) -> Iterable[tuple[str, Iterable[str]]]:
    """(what stands in the message, stems of tools)."""
    if _FICTION.search(lower):
        return
    for pattern, implied in _CUES.items():
        if found := pattern.search(lower):
            yield from [(stem, map(_stem, implied)) for stem in _stems(found[0], ()) or {found[0]}]
    if not _tickers().isdisjoint(_WORD.findall(message)):
        yield "symbol", ("stock", "ticker")
    cues, phrases = _cues()
    for stem in {_stem(word) for word in _WORD.findall(lower)} & cues.keys():
        yield stem, cues[stem]
    for phrase, meant in phrases.items():
        if phrase in lower and re.search(rf"\b{re.escape(phrase)}", lower):
            yield phrase, meant


@cache
def _tickers() -> frozenset[str]:
    return frozenset(line.split()[1] for line in values("ticker"))


@cache
def _cues() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Stem of a message → stems of tools, and phrase of a message → the same."""
    found: dict[str, frozenset[str]] = {}
    for named, body in sections("cues.txt").items():
        for cue in map(str.strip, re.split(r"[,\n]", body)):
            key = cue if _WORD.sub("", cue) else _stem(cue)
            found[key] = found.get(key, frozenset()) | {_stem(word) for word in named.split()}
    found.pop("", None)
    phrases = {cue: meant for cue, meant in found.items() if not cue.isalnum()}
    return {cue: meant for cue, meant in found.items() if cue not in phrases}, phrases


def _stems(text: str, without: Container[str]) -> frozenset[str]:
    return frozenset(_stem(word) for word in _WORD.findall(text.lower()) if word not in without and len(word) > 1)


@cache
def _stems_of(words_of_tools: str) -> frozenset[str]:
    return _stems(words_of_tools, ())


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    """Endings that English puts on one word: searches, searching, searched."""
    for ending in ("ing", "ies", "es", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
