"""Prepared text with its tokens: phrases are tokenised once per vocabulary, topics once per prompt."""

import re
from collections.abc import Sequence
from functools import lru_cache
from math import ceil, inf
from typing import NamedTuple
from zlib import crc32

from fakeai.content.prompt import Prompt
from fakeai.content.stock import phrases
from fakeai.content.theme import Theme, excerpt, theme
from fakeai.content.tokenizer import Piece, Tokenizer, get

# How a phrase begins and ends in an answer. The key of a phrase said in a form is number * FORMS + beginning + tail.
TAILS = (".", ".\n\n", ".\n", "\n\n", "")
TAIL_STOP, TAIL_PARAGRAPH, TAIL_LINE, TAIL_BLANK_LINE, TAIL_NONE = range(len(TAILS))
SPACE_CAPITAL, SPACE, CAPITAL = range(0, 3 * len(TAILS), len(TAILS))
FORMS = 3 * len(TAILS)
FEW_CLAUSES = {-0.5: 23, -1.0: 11, -1.5: 5, -inf: 3}
"""How many different ones an answer has, by the penalty from which on: primes, as their order wants."""
TOPICS_PER_PENALTY = 2.5
SLOTS = (" {t}", " {u}")
_SLOT = re.compile("( {t}| {u})")


class Segment:
    """Text that encodes to the ids of its pieces (`tokens` of them), also between segments that follow the rule of
    splits_between(). One that is made of others joins their pieces when they are asked for."""

    __slots__ = ("_ids", "_parts", "_pieces", "_topics", "text", "tokens")

    def __init__(
        self,
        text: str,
        tokens: int,
        pieces: tuple[Piece, ...] | None,
        parts: "Sequence[Segment | int]" = (),
        topics: "Sequence[Segment]" = (),
    ) -> None:
        """pieces: None if they are those of the parts, in which numbers stand for topics."""
        self.text = text
        self.tokens = tokens
        self._pieces = pieces
        self._ids: tuple[int, ...] | None = None
        self._parts = parts
        self._topics = topics

    @property
    def pieces(self) -> tuple[Piece, ...]:
        pieces = self._pieces
        if pieces is None:
            pieces = ()
            for part in self._parts:
                pieces += (self._topics[part] if isinstance(part, int) else part).pieces
            self._pieces = pieces
        return pieces

    @property
    def ids(self) -> tuple[int, ...]:
        ids = self._ids
        if ids is None:
            ids = ()
            for part in self._parts if self._pieces is None else self._pieces:
                ids += (self._topics[part] if isinstance(part, int) else part).ids
            self._ids = ids
        return ids


class Phrase(NamedTuple):
    """template: with %s for each slot; tokens: of the rest; slots and the numbers in parts: 0 is {t}, 1 is {u}."""

    template: str
    tokens: int
    slots: tuple[int, ...]
    parts: tuple[Segment | int, ...]


class Voice:
    """What is shared by all answers of one tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.segment = lru_cache(maxsize=2048)(self.fresh)
        self.phrase = lru_cache(maxsize=4096)(self._phrase)
        self._speaker = lru_cache(maxsize=256)(self._new_speaker)
        self.others = [self.segment(f" {noun}") for noun in phrases().of("other")]
        words = phrases().of("filler")
        self.fillers = [piece for word in words for piece in self.segment(f" {word}").pieces]
        self.first_filler = self.segment(words[0]).pieces[0]

    def fresh(self, text: str) -> Segment:
        """Tokenises without remembering."""
        pieces = tuple(self.tokenizer.pieces(text))
        return Segment("".join([piece.text for piece in pieces]), sum([len(piece.ids) for piece in pieces]), pieces)

    def _phrase(self, key: int) -> "Phrase":
        """A phrase cut at its slots."""
        parts: list[Segment | int] = []
        template = ""
        for chunk in _SLOT.split(formed(key)):
            if chunk in SLOTS:
                parts.append(SLOTS.index(chunk))
                template += "%s"
            elif chunk:
                segment = self.segment(chunk)
                parts.append(segment)
                template += segment.text.replace("%", "%%")
        slots = tuple([part for part in parts if isinstance(part, int)])
        tokens = sum([part.tokens for part in parts if not isinstance(part, int)])
        return Phrase(template, tokens, slots, tuple(parts))

    def speaker(self, prompt: Prompt) -> "Speaker":
        earlier = prompt.earlier
        before = excerpt(earlier[-1]) if earlier else ""
        return self._speaker(excerpt(prompt.user), excerpt(prompt.system), before, prompt.penalty)

    def _new_speaker(self, user: str, system: str, earlier: str, penalty: float) -> "Speaker":
        return Speaker(self, theme(user, system, earlier), penalty)


class Speaker:
    """A voice with the topics of one prompt: says numbered phrases, each filled once and then remembered.

    A penalty below 0 leaves it few clauses, so that they come again; one above 0 gives it further topics.
    """

    def __init__(self, voice: Voice, theme: Theme, penalty: float = 0.0) -> None:
        self.voice = voice
        self.theme = theme
        self.said: dict[int, Segment] = {}
        self.offset = crc32(theme.topics[0].encode("utf-8", "surrogatepass"))
        self._topics = [voice.segment(f" {topic}") for topic in theme.topics]
        self.sections = phrases().sections
        self.clauses, self.connectors = self.sections["clause"], self.sections["connector"]
        if penalty < 0:
            count = next(few for above, few in FEW_CLAUSES.items() if penalty >= above)
            start = self.clauses.start + self.offset % (len(self.clauses) - count)
            self.clauses = range(start, start + count)
        elif penalty > 0:
            self._topics += voice.others[: ceil(penalty * TOPICS_PER_PENALTY)]
        self.opening = f"open.{theme.kind}"
        self._apart = all(topic[-1].isalnum() for topic in theme.topics)  # then what follows has tokens of its own

    def say(self, key: int) -> Segment:
        segment = self.said.get(key)
        if segment is None:
            segment = self.said[key] = self._fill(key)
        return segment

    def _fill(self, key: int) -> Segment:
        template, tokens, slots, parts = self.voice.phrase(key)
        if not slots:
            return Segment(template.replace("%%", "%"), tokens, None, parts)
        topics = self._pair(key // FORMS)
        if not self._apart:
            return self.voice.fresh(template % tuple([topics[slot].text for slot in slots]))
        if len(slots) == 1:
            topic = topics[slots[0]]
            return Segment(template % topic.text, tokens + topic.tokens, None, parts, topics)
        said = [topics[slot] for slot in slots]
        tokens += sum([topic.tokens for topic in said])
        return Segment(template % tuple([topic.text for topic in said]), tokens, None, parts, topics)

    def _pair(self, number: int) -> tuple[Segment, Segment]:
        """Two different topics for {t} and {u}; the phrases that open an answer take the first topic."""
        count = len(self._topics)
        first = number % count if number in self.clauses else 0
        if count == 1:
            return self._topics[0], self.voice.others[number % len(self.voice.others)]
        return self._topics[first], self._topics[(first + 1) % count]


def formed(key: int) -> str:
    """The phrase of a key with its beginning and tail."""
    number, form = divmod(key, FORMS)
    tail = form % len(TAILS)
    phrase = phrases().phrases[number]
    if form - tail != SPACE:
        phrase = phrase[0].upper() + phrase[1:]
    return f"{'' if form - tail == CAPITAL else ' '}{phrase}{TAILS[tail]}"


@lru_cache(maxsize=64)
def voice(tokenizer_name: str) -> Voice:
    return Voice(get(tokenizer_name))
