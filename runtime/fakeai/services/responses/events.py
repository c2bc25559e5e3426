"""A response as server-sent events: brackets around items and parts, and a delta a piece from byte templates."""

from collections.abc import Iterator, Sequence

import orjson

from fakeai.content.tokenizer import Piece
from fakeai.core.operation import Document
from fakeai.engine.generation import Generation, Turns
from fakeai.services.responses.head import NOISE_CHARS, Head
from fakeai.services.responses.items import Output
from fakeai.services.responses.steps import Event, Step, shown, steps

Due = tuple[float, bytes]
CHUNKS_PER_PIECE = 16
"""Deltas that are due together: joining them is cheaper than handing each over."""


class Events:
    """Of one response. What has got its time comes with said(), the rest with end()."""

    def __init__(
        self, head: Head, generation: Generation, outputs: Sequence[Output], joined: int = CHUNKS_PER_PIECE
    ) -> None:
        """joined: how many deltas one piece of the stream may have."""
        partial = [
            tool.get("partial_images") or 0 for tool in head.facts["tools"] if tool["type"] == "image_generation"
        ]
        self.head = head
        self.generation = generation
        self.outputs = outputs
        self.joined = joined
        self.sequence = 0
        self._turns = Turns(generation)
        made = [steps(output, n, head.summary, max(partial, default=0)) for n, output in enumerate(outputs)]
        self._steps = iter([step for several in made for step in several])
        self._step = Step(0)
        self._row = 0
        """Of the next piece."""
        self._end = 0
        """First row after the step."""
        self._delta = b""
        self._tokens = 0
        """Of the step that were said."""
        self._tails = _tails(head)

    def begin(self) -> Iterator[Due]:
        due_s = self.generation.arrived_s
        states = ("queued", "in_progress") if self.head.facts["background"] else ("in_progress",)
        yield due_s, self._told("created", {"response": self.head.unfinished(states[0])})
        for state in states:
            yield due_s, self._told(state, {"response": self.head.unfinished(state)})

    def said(self) -> Iterator[Due]:
        if not self._row and self.generation.is_at_once:
            yield from self._said_at_once()
            return
        for due_s, _, row, piece in self._turns.known():
            while row >= self._end:
                yield from self._next(due_s)
            if self._delta:
                yield due_s, self._one(piece)
            self._row = row + 1
            if self._row == self._end:
                yield from self._events(due_s, self._step.closing)

    def _said_at_once(self) -> Iterator[Due]:
        due_s, pieces = self.generation.done_s, self.generation.scripts[0].pieces
        while self._row < len(pieces):
            yield from self._next(due_s)
            if self._step.rows:
                for start in range(self._row, self._end if self._delta else 0, self.joined):
                    some = pieces[start : min(start + self.joined, self._end)]
                    yield due_s, self._several(some)
                self._row = self._end
                yield from self._events(due_s, self._step.closing)

    def end(self) -> Iterator[Due]:
        """Items that no piece belongs to, and the response as it has become."""
        due_s = self.generation.done_s
        for step in () if self.generation.has_failed else self._steps:
            yield from self._events(due_s, [*step.opening, *step.closing])
        final = self.head.finished(self.generation, [output.item for output in self.outputs])
        yield due_s, self._told(final["status"], {"response": final})

    def _next(self, due_s: float) -> Iterator[Due]:
        """Begins the next step, and ends it if no piece belongs to it."""
        step = self._step = next(self._steps)
        yield from self._events(due_s, step.opening)
        self._end = self._row + step.rows
        self._delta, self._tokens = b"", 0
        if step.delta is not None:
            name, fields = step.delta
            head = orjson.dumps({"type": f"response.{name}", **fields})[:-1]
            self._delta = b"event: response." + name.encode() + b"\ndata: " + head + b',"sequence_number":'
        if not step.rows:
            yield from self._events(due_s, step.closing)

    def _several(self, pieces: Sequence[Piece]) -> bytes:
        """Their deltas."""
        if self._step.logprobs:
            return b"".join([self._one(piece) for piece in pieces])
        delta, tails, dumps, number = self._delta, self._tails, orjson.dumps, self.sequence
        self.sequence += len(pieces)
        deltas = [
            b'%b%d,"delta":%b%b' % (delta, row, dumps(text), tails[len(text) & 15])
            for row, (text, _) in enumerate(pieces, number)
        ]
        return b"".join(deltas)

    def _one(self, piece: Piece) -> bytes:
        """The delta of a piece."""
        number, text = self.sequence, piece.text
        self.sequence = number + 1
        tail = self._tails[len(text) & 15]
        if self._step.logprobs:
            tail = self._logprobs(piece, self._step.logprobs) + tail
        return b'%b%d,"delta":%b%b' % (self._delta, number, orjson.dumps(text), tail)

    def _logprobs(self, piece: Piece, logprobs: Sequence[Document]) -> bytes:
        own = logprobs[self._tokens : self._tokens + len(piece.ids)]
        self._tokens += len(piece.ids)
        return b',"logprobs":' + orjson.dumps(shown(own))

    def _events(self, due_s: float, events: Sequence[Event]) -> Iterator[Due]:
        for name, fields in events:
            yield due_s, self._told(name, fields)

    def _told(self, name: str, fields: Document) -> bytes:
        data = orjson.dumps({"type": f"response.{name}", "sequence_number": self.sequence, **fields})
        self.sequence += 1
        return b"event: response." + name.encode() + b"\ndata: " + data + b"\n\n"


def _tails(head: Head) -> list[bytes]:
    """Ends of deltas, by the length of their text modulo 16: a delta and its noise have a multiple of so many
    characters, which hides how long the delta is."""
    if not head.obfuscate:
        return [b"}\n\n"] * NOISE_CHARS
    noise = head.noise.encode()
    return [b',"obfuscation":"' + noise[size:] + b'"}\n\n' for size in range(NOISE_CHARS)]
