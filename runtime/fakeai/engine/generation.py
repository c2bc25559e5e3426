"""What is asked of the engine, and what it answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge

from fakeai.content.script import Script
from fakeai.content.tokenizer import Piece
from fakeai.core.operation import Document
from fakeai.core.seeds import Draw, derive, draws
from fakeai.core.specs import ModelSpec


@dataclass(slots=True)
class Ask:
    """One request for text, from whichever API family."""

    model: ModelSpec
    messages: list[Document] = field(default_factory=list)
    """Chat messages as the request has them."""
    prompts: Sequence[str | list[int]] = ()
    """Bare prompts of the legacy API, text or token ids, in place of messages."""
    tools: Sequence[Document] = ()
    """Offered to the model: they count as prompt tokens."""
    n: int = 1
    """Answers to each prompt."""
    max_tokens: int | None = None
    min_tokens: int = 0
    ignore_eos: bool = False
    stop: tuple[str, ...] = ()
    seed: int | None = None
    temperature: float = 1.0


@dataclass(slots=True)
class Usage:
    """Token counts of a whole request; the prompt counts once, however many answers it gets."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    audio_tokens: int = 0

    def document(self) -> Document:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens, "audio_tokens": self.audio_tokens},
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


@dataclass(slots=True)
class Generation:
    """The planned answer: what is said, and when each token is due."""

    scripts: list[Script]
    """[prompts * n]"""
    token_times: list[float]
    """Due time of the k-th token of every script, [longest script]; empty if all are due at once."""
    usage: Usage
    arrived_s: float
    seed: int
    """Of the content: equal for a request and its streamed twin."""

    def draws(self, choice: int) -> Draw:
        """Random numbers for what accompanies the choice's text."""
        return draws(derive(self.seed, "choice", choice))

    def turns(self) -> Iterator[tuple[float, int, Piece]]:
        """(due, choice, piece) of everything that is said, by due time; choices that are due together take turns."""
        tracks = [self._track(index, script) for index, script in enumerate(self.scripts)]
        for due_s, _, index, piece in merge(*tracks):
            yield due_s, index, piece

    def _track(self, index: int, script: Script) -> Iterator[tuple[float, int, int, Piece]]:
        tokens = 0
        for row, piece in enumerate(script.pieces):
            tokens += len(piece.ids)
            yield self.token_times[tokens - 1] if self.token_times else self.arrived_s, row, index, piece

    @property
    def done_s(self) -> float:
        return self.token_times[-1] if self.token_times else self.arrived_s
