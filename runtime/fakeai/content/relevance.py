"""Which of the offered tools a message is about: shared words, names weighing more than descriptions."""

import re
from collections.abc import Container, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from fakeai.content.script import Tool
from fakeai.content.stock import words

NAME, DESCRIPTION, PARAMETER = 4.0, 1.0, 1.0
"""Of a whole name, of a word of the description or of a parameter's name."""
NAMED = 100.0
"""The message spells the tool's name."""
LEAST = 2.0
"""A tool with a lower score is not relevant: half of the name makes it so, one word of the description does not."""
NEAR_BEST = 0.6
"""Share of the best score from which on further tools are called beside it."""
MAX_CHARS = 2_000
"""Of a message and of a description that are looked at."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_CUES = {
    re.compile(r"\d\s*[-+*/×÷^%]\s*\d|\bsquare root\b|\bpercent\b"): ("calculate", "calculator", "math", "compute"),
    re.compile(r"https?://|\bwww\."): ("url", "web", "fetch", "browse", "page"),
    re.compile(r"[\w.]+@[\w.]+\.\w"): ("email", "mail"),
    re.compile(r"\b(?:rain|sunny|temperature|forecast|umbrella|cold|warm)\b"): ("weather",),
    re.compile(r"\b(?:schedule|meeting|appointment|remind)\b"): (
        "event",
        "calendar",
        "meeting",
        "schedule",
        "reminder",
    ),
    re.compile(r"\b(?:today|latest|news|current|recent)\b"): ("news", "latest", "search"),
}
"""What a message has → words of tools that deal with it."""


class _Said(NamedTuple):
    lower: str
    stems: frozenset[str]
    """Of words that tell something by themselves."""
    all_stems: frozenset[str]
    """Of every word, since a tool's name may be a common one: get_time."""


def relevant(tools: Sequence[Tool], message: str) -> list[Tool]:
    """The tools that the message is about, the most relevant first."""
    said = _said(message[:MAX_CHARS])
    scored = [(_score(tool, said), -number) for number, tool in enumerate(tools)]
    best = max(scored, default=(0.0, 0))[0]
    chosen = sorted([entry for entry in scored if entry[0] >= max(LEAST, best * NEAR_BEST)], reverse=True)
    return [tools[-number] for _, number in chosen]


def likeliest(tools: Sequence[Tool], message: str) -> Tool:
    """The one to call if one must be called."""
    said = _said(message[:MAX_CHARS])
    return max(tools, key=lambda tool: _score(tool, said))


def _score(tool: Tool, said: _Said) -> float:
    name, description, parameters = _words_of(tool)
    score = NAMED if len(tool.name) > 3 and tool.name.lower() in said.lower else 0.0
    score += NAME * len(said.all_stems & name) / max(1, len(name))
    return score + DESCRIPTION * len(said.stems & description) + PARAMETER * len(said.stems & parameters)


def _words_of(tool: Tool) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    properties: Any = tool.parameters.get("properties")
    names = " ".join(properties) if isinstance(properties, dict) else ""
    return _tool_words(tool.name, tool.description[:MAX_CHARS], names)


@lru_cache(maxsize=1024)
def _tool_words(name: str, description: str, names: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Stems of the name, the description and the parameters; a word counts where it weighs most."""
    verbs, stop = words("tool-verb"), words("stop")
    own = _stems(_CAMEL.sub(" ", name), verbs)
    told = _stems(description, stop) - own - verbs
    return own, told, _stems(_CAMEL.sub(" ", names), stop) - own - told


@lru_cache(maxsize=512)
def _said(message: str) -> _Said:
    lower = message.lower()
    cues = {_stem(word) for pattern, implied in _CUES.items() if pattern.search(lower) for word in implied}
    return _Said(lower, _stems(lower, words("stop")) | cues, _stems(lower, ()) | cues)


def _stems(text: str, without: Container[str]) -> frozenset[str]:
    return frozenset(_stem(word) for word in _WORD.findall(text.lower()) if word not in without and len(word) > 1)


def _stem(word: str) -> str:
    """Endings that English puts on one word: searches, searching, searched."""
    for ending in ("ing", "ies", "es", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
