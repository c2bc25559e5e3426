"""Scripts: finished answers in pieces. Cutting one keeps the law that its text encodes to exactly its ids.

A token sequence cut anywhere need not be what its text encodes to ("token" + "ization" may lose its second half, but
white space before a word may then merge differently). So a cut is checked from the last place where the pre-tokeniser
splits anyway; if it does not hold, the last tokens are replaced by one-token words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal, NamedTuple

from fakeai.content.tokenizer import Piece, Tokenizer
from fakeai.content.vocabulary import splits_between
from fakeai.content.voice import Segment, voice

_GIVE_UP_PIECES = 8

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Tool:
    """What a model may call, of whichever API family."""

    kind: str
    """function, custom, or what a hosted tool is called: web_search, code_interpreter, …"""
    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """JSON Schema of the arguments; a custom tool's input is text."""
    grammar: Mapping[str, Any] | None = field(default=None, hash=False)
    """Of a custom tool's input: {syntax: regex or lark, definition}."""
    ends_turn: bool = True
    """Whether the client has to answer the call. What the server runs by itself is followed by text."""


class Part(NamedTuple):
    """A stretch of an answer: text is the pieces' text, but of a call, whose first piece is the tool's name.

    Reasoning that is hidden has pieces without text.
    """

    kind: Literal["reasoning", "text", "refusal", "call"]
    text: str
    """Of a call the arguments or the input."""
    pieces: Sequence[Piece]
    tool: Tool | None = None

    @property
    def tokens(self) -> int:
        return sum([len(piece.ids) for piece in self.pieces])


class Script:
    """text is the pieces' text, tokens the number of their ids; tokenizer.count(text) == tokens.

    A script made of segments joins their pieces when they are asked for: an answer that is not streamed needs none.
    One of parts has the pieces of all of them; its text is that of its text parts.
    """

    __slots__ = ("_pieces", "finish_reason", "parts", "segments", "text", "tokens")

    def __init__(
        self,
        pieces: list[Piece] | None,
        finish_reason: FinishReason,
        text: str,
        tokens: int,
        segments: Sequence[Segment] = (),
        parts: Sequence[Part] = (),
    ) -> None:
        """pieces: None if they are those of the segments. parts: none if all is text."""
        self._pieces = pieces
        self.finish_reason: FinishReason = finish_reason
        self.text = text
        self.tokens = tokens
        self.segments = segments
        self.parts = parts

    @property
    def reasoning_tokens(self) -> int:
        return sum([part.tokens for part in self.parts if part.kind == "reasoning"])

    @property
    def calls(self) -> list[Part]:
        return [part for part in self.parts if part.kind == "call"]

    @property
    def pieces(self) -> list[Piece]:
        pieces = self._pieces
        if pieces is None:
            pieces = self._pieces = []
            for segment in self.segments:
                pieces += segment.pieces
        return pieces

    @property
    def ids(self) -> Iterable[int]:
        """Of all pieces."""
        if self._pieces is None:
            return chain.from_iterable([segment.ids for segment in self.segments])
        return chain.from_iterable([piece.ids for piece in self._pieces])


def script(segments: Sequence[Segment]) -> Script:
    text = "".join([segment.text for segment in segments])
    return Script(None, "stop", text, sum([segment.tokens for segment in segments]), segments)


def cut(whole: Script, tokens: int, tokenizer: Tokenizer) -> Script:
    """The first `tokens` tokens, as many as `whole` has at most."""
    quick = _cut_segments(whole, tokens)
    if quick is not None:
        return quick
    kept, missing = _whole_pieces(whole, tokens)
    pieces = whole.pieces
    if not missing and (not 0 < kept < len(pieces) or splits_between(pieces[kept - 1].text, pieces[kept].text)):
        dropped = sum([len(piece.text) for piece in pieces[kept:]])
        return Script(pieces[:kept], "length", whole.text[: len(whole.text) - dropped], tokens)
    pieces = _checked(pieces, kept, missing, tokenizer)
    return Script(pieces, "length", joined(pieces), tokens)


def _cut_segments(whole: Script, tokens: int) -> Script | None:
    """The same without the pieces of the segments that stay whole; None where that is not enough."""
    end, chars, dropped = len(whole.segments), len(whole.text), whole.tokens - tokens
    while end and dropped >= whole.segments[end - 1].tokens:
        end -= 1
        chars -= len(whole.segments[end].text)
        dropped -= whole.segments[end].tokens
    if not end:
        return None
    segments = list(whole.segments[:end])
    if dropped:
        pieces, kept = segments[-1].pieces, segments[-1].tokens - dropped
        if len(pieces) != kept + dropped or not splits_between(pieces[kept - 1].text, pieces[kept].text):
            return None
        text = joined(pieces[:kept])
        chars -= len(segments[-1].text) - len(text)
        segments[-1] = Segment(text, kept, pieces[:kept])
    return Script(None, "length", whole.text[:chars], tokens, segments)


def _whole_pieces(whole: Script, tokens: int) -> tuple[int, int]:
    """How many pieces fit, and how many tokens are then missing because the next piece has several."""
    if whole.tokens == len(whole.pieces):
        return tokens, 0
    for index, piece in enumerate(whole.pieces):
        if len(piece.ids) > tokens:
            return index, tokens
        tokens -= len(piece.ids)
    return len(whole.pieces), 0


def _checked(pieces: list[Piece], kept: int, missing: int, tokenizer: Tokenizer) -> list[Piece]:
    start = _last_split(pieces, kept)
    for end in range(kept, max(start, kept - _GIVE_UP_PIECES), -1):
        tail = pieces[start:end]
        text = joined(tail)
        fill = missing + token_count(pieces[end:kept])
        if not (fill and text[-1].isspace()) and tokenizer.encode(text) == [t for piece in tail for t in piece.ids]:
            return pieces[:end] + filler(fill, tokenizer)
    return pieces[:start] + filler(missing + token_count(pieces[start:kept]), tokenizer, first=start == 0)


def _last_split(pieces: Sequence[Piece], end: int) -> int:
    for index in range(min(end, len(pieces) - 1), 0, -1):
        if splits_between(pieces[index - 1].text, pieces[index].text):
            return index
    return 0


def filler(tokens: int, tokenizer: Tokenizer, first: bool = False) -> list[Piece]:
    """That many one-token words, to stand after a character that is not a blank, or `first` in a text."""
    words = voice(tokenizer.name).fillers
    pieces = (words * (tokens // len(words) + 1))[:tokens]
    if first and pieces:
        pieces[0] = voice(tokenizer.name).first_filler
    return pieces


def stretch(whole: Script, tokens: int, tokenizer: Tokenizer) -> Script:
    """Repeats the text until there are at least `tokens` tokens."""
    text = whole.text.strip()
    if not text:
        pieces = filler(tokens, tokenizer, first=True)
    else:
        again = tokenizer.pieces(f" {text}")
        pieces = tokenizer.pieces(whole.text.rstrip())
        pieces += again * -(-max(0, tokens - token_count(pieces)) // token_count(again))
    return Script(pieces, "stop", joined(pieces), token_count(pieces))


def apply_stop(whole: Script, stops: Sequence[str], tokenizer: Tokenizer) -> Script:
    """Ends the script before the first stop text in it; the finish reason is then "stop"."""
    places = [whole.text.find(stop) for stop in stops if stop]
    end = min((place for place in places if place >= 0), default=-1)
    if end < 0:
        return whole
    kept, length = 0, 0
    while kept < len(whole.pieces) and length + len(whole.pieces[kept].text) <= end:
        length += len(whole.pieces[kept].text)
        kept += 1
    start = _last_split(whole.pieces, kept)
    length -= len(joined(whole.pieces[start:kept]))
    pieces = whole.pieces[:start] + tokenizer.pieces(whole.text[length:end])
    return Script(pieces, "stop", whole.text[:end], token_count(pieces))


def joined(pieces: Iterable[Piece]) -> str:
    return "".join([piece.text for piece in pieces])


def token_count(pieces: Iterable[Piece]) -> int:
    return sum([len(piece.ids) for piece in pieces])
