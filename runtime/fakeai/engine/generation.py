"""What is asked of the engine, and what it answers."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge

from fakeai.content.prediction import Match
from fakeai.content.script import Script
from fakeai.content.tokenizer import Piece
from fakeai.content.wanted import Wanted
from fakeai.core.operation import Document
from fakeai.core.seeds import Draw, derive, draws
from fakeai.core.specs import ModelSpec
from fakeai.engine.cached import CACHED_TOKENS, Mode, Prefixes
from fakeai.sim.driver import Flow
from fakeai.sim.request import SimRequest, State


@dataclass(slots=True)
class Ask:
    """One request for text, from whichever API family."""

    model: ModelSpec
    messages: list[Document] = field(default_factory=list)
    """Chat messages as the request has them."""
    prompts: Sequence[str | list[int]] = ()
    """Bare prompts of the legacy API, text or token ids, in place of messages."""
    tools: Sequence[Document] = ()
    """Offered to the model, as the request has them: they count as prompt tokens."""
    wanted: Wanted | None = None
    """None: plain text."""
    prediction: str = ""
    """What the client expects to be answered."""
    n: int = 1
    """Answers to each prompt."""
    max_tokens: int | None = None
    min_tokens: int = 0
    ignore_eos: bool = False
    stop: tuple[str, ...] = ()
    seed: int | None = None
    temperature: float = 1.0
    top_p: float = 1.0
    logit_bias: Mapping[str, float] | None = None
    """By token id."""
    penalty: float = 0.0
    """Of frequency and presence."""
    salt: str = ""
    """Prompts with different salts share no cache."""
    cache_mode: Mode = "implicit"
    """Whether the end of the prompt is a breakpoint of the cache, for models that have these."""
    priority: int = 0
    """Lower is served first."""
    stream: bool = False
    session: str | None = None
    """Whose conversation it is, for routers that keep one on a worker."""


@dataclass(slots=True)
class Usage:
    """Token counts of a whole request; the prompt counts once, however many answers it gets."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    audio_tokens: int = 0
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0
    """Among the completion's, though nobody says them."""
    cache_write_tokens: int | None = None
    """None: of a model that does not tell."""

    def document(self) -> Document:
        read: Document = {"cached_tokens": self.cached_tokens, "audio_tokens": self.audio_tokens}
        if self.cache_write_tokens is not None:
            read["cache_write_tokens"] = self.cache_write_tokens
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": read,
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": self.accepted_prediction_tokens,
                "rejected_prediction_tokens": self.rejected_prediction_tokens,
            },
        }


@dataclass(slots=True)
class Generation:
    """The planned answer: what is said, and when each token is due."""

    scripts: list[Script]
    """[prompts * n], or those of them that are shown"""
    requests: Sequence[SimRequest]
    """Of the scripts: each token gets its time as the simulation reaches it."""
    flow: Flow
    """Of all that is generated, shown or not."""
    prompt_tokens: int
    completion_tokens: int
    readers: Sequence[SimRequest]
    """The first choice of each prompt, whose cache hits count: the others find what it brought in."""
    model: ModelSpec
    arrived_s: float
    seed: int
    """Of the content: equal for a request and its streamed twin."""
    audio_tokens: int = 0
    """Of the prompt's."""
    prefixes: Prefixes | None = None
    """Of the prompt, for models that cache up to breakpoints."""
    matches: Sequence[Match] = ()
    """Of each script with what the client predicted, if it did."""

    def usage(self) -> Usage:
        """Known when something has been said."""
        found = [request.cached_tokens for request in self.readers]
        written = None
        if self.prefixes is not None:
            cached = self.prefixes.cached(found[0])
            written = max(0, self.prefixes.written - cached)
        else:
            cached = sum(map(CACHED_TOKENS[self.model.cached_tokens], found))
        thought = sum([script.reasoning_tokens for script in self.scripts if script.parts])
        return Usage(
            self.prompt_tokens,
            self.completion_tokens,
            cached,
            thought,
            self.audio_tokens,
            accepted_prediction_tokens=sum([match.accepted_tokens for match in self.matches]),
            rejected_prediction_tokens=sum([match.rejected_tokens for match in self.matches]),
            cache_write_tokens=written,
        )

    def draws(self, choice: int) -> Draw:
        """Random numbers for what accompanies the choice's text."""
        return draws(derive(self.seed, "choice", choice))

    async def progress(self) -> AsyncIterator[bool]:
        """Goes on whenever something more has got its time; True when that is all, which comes once."""
        flow = self.flow
        is_known = flow.is_known
        while not is_known:
            await flow.more()
            is_known = flow.is_known
            if not is_known:
                yield False
        yield True

    @property
    def is_at_once(self) -> bool:
        """Whether all of the first choice was said in one moment, in which it ended."""
        first = self.requests[0]
        times = first.token_times
        return first.state == State.FINISHED and times[0] == times[-1]

    @property
    def has_failed(self) -> bool:
        return self.flow.has_failed

    @property
    def first_s(self) -> float:
        """When the first token of any choice is due, once it is known; when a silent answer ends."""
        return min([request.first_token_s for request in self.requests if request.token_times] or [self.done_s])

    @property
    def done_s(self) -> float:
        """When the last token is due, once all are known."""
        return max([request.last_token_s for request in self.flow.requests if request.token_times] or [self.arrived_s])


Said = tuple[float, int, int, Piece]
"""When it is due, the choice, the piece's number in its script, and the piece."""


class Turns:
    """What is said, by due time; choices that are due together take turns."""

    def __init__(self, generation: Generation) -> None:
        self._tracks = list(zip(generation.scripts, generation.requests, strict=True))
        self._said = [0] * len(self._tracks)
        """Pieces of each choice that were given out."""
        self._tokens = [0] * len(self._tracks)

    def known(self) -> Iterable[Said]:
        """The pieces that have got their times since the last call."""
        tracks = [self._track(index) for index in range(len(self._tracks))]
        return merge(*tracks, key=_turn) if len(tracks) > 1 else tracks[0]

    def _track(self, index: int) -> list[Said]:
        script, request = self._tracks[index]
        times, pieces = request.token_times, script.pieces
        row, tokens = self._said[index], self._tokens[index]
        found: list[Said] = []
        while row < len(pieces):
            piece = pieces[row]
            more = tokens + len(piece.ids)
            if more > len(times):
                break
            found.append((times[more - 1], index, row, piece))
            row, tokens = row + 1, more
        self._said[index], self._tokens[index] = row, tokens
        return found


def _turn(said: Said) -> tuple[float, int, int]:
    due_s, index, row, _ = said
    return due_s, row, index
