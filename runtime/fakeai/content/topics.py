"""The words of a prompt that an answer can take up."""

import re
from collections.abc import Container
from typing import NamedTuple

from fakeai.content.stock import words

MAX_TOPICS = 3
MAX_CHARS = 40

_EDGES = "!\"$%&'()*,-./:;<=>?@[\\]^_`{|}~“”’‘…–—«»"
_WIDE = str.maketrans({mark: f" {mark} " for mark in "、。，！？；：「」（）"})
_TOPIC = re.compile(r"[^\W_](?:[^\x00-\x7f\s]|[-'’.]?[^\W_])*[+#]*")
_LINKS = {("of",): " of ", ("of", "the"): " of the "}
_DETERMINERS = {"the": "the ", "a": "a ", "an": "an ", "my": "your ", "our": "your "}


class Words(NamedTuple):
    """The words of a text as they stand, and in lower case without punctuation around them."""

    raw: list[str]
    lower: list[str]


def split(text: str) -> Words:
    text = text if text.isascii() else text.translate(_WIDE)
    return Words(text.split(), [word.strip(_EDGES) for word in text.lower().split()])


def topics(said: Words, without: Container[str] = ()) -> tuple[str, ...]:
    """The first MAX_TOPICS different phrases of up to three words that carry meaning, articles kept."""
    raw, lower = said
    stop = words("stop")
    found: dict[str, str] = {}
    phrase, length, last, is_open = "", 0, 0, False
    for at, word in enumerate(lower):
        if word in stop or word in without:
            continue
        bare = raw[at].strip(_EDGES)
        if not _can_be_topic(lower, at, bare):
            continue
        link = _link(lower, last, at) if is_open and length < 3 else ""
        if link and len(phrase) + len(bare) < MAX_CHARS:
            phrase, length = phrase + link + bare, length + 1
        else:
            if phrase:
                found.setdefault(phrase.lower(), phrase)
            if len(found) == MAX_TOPICS:
                return tuple(found.values())
            phrase, length = _opened(lower, at, bare[:MAX_CHARS]), 1
        last, is_open = at, raw[at].endswith(bare)
    if phrase:
        found.setdefault(phrase.lower(), phrase)
    return tuple(found.values())


def _link(lower: list[str], last: int, at: int) -> str:
    """What stands between two words with no punctuation after the first, "" if they are of different phrases."""
    return " " if at == last + 1 else _LINKS.get(tuple(lower[last + 1 : at]), "")


def _can_be_topic(lower: list[str], at: int, word: str) -> bool:
    """Not numbers, single characters, addresses, and verbs as in "a function that sorts"."""
    if len(word) < 2 or not ((word.isascii() and word.isalpha()) or (_TOPIC.fullmatch(word) and not word.isdigit())):
        return False
    return not (at and word[-1] == "s" and lower[at - 1] in ("that", "which", "who"))


def _opened(lower: list[str], at: int, word: str) -> str:
    """The word with the article before it; a verb of the prompt ("how to cook rice") becomes a noun."""
    before = lower[at - 1] if at else ""
    further = lower[at - 2] if at > 1 else ""
    if before == "to" and further in words("before-infinitive"):
        return gerund(word)
    if before in ("i", "you", "we", "one") and further in words("before-subject"):
        return gerund(word)
    return _DETERMINERS.get(before, "") + word


def gerund(verb: str) -> str:
    if not verb.isalpha() or not verb.isascii() or verb.endswith("ing"):
        return verb
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb):
        return verb + verb[-1] + "ing"
    return verb + "ing"
