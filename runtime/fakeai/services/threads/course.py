"""What happens in a run, event by event, as tokens get their times.

A turn is one answer of the model: calls of tools, a message, or both. The store and a stream each follow a turn with a
Course of their own, so that a stream may know what the store does not show before its time.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

from fakeai.content.script import Part
from fakeai.content.tokenizer import Piece
from fakeai.core.operation import Document
from fakeai.engine.generation import Generation, Turns
from fakeai.services.threads import documents
from fakeai.services.threads.deltas import call_deltas, message_delta, step_delta

STEP_ENDS = {"incomplete": "completed"}
"""How a run ends → how its open step does, where the two differ."""
MESSAGE_REASONS = {"cancelled": "run_cancelled", "expired": "run_expired", "failed": "run_failed"}
CUT: dict[str, tuple[str, Document]] = {
    "length": ("max_tokens", {"reason": "max_completion_tokens"}),
    "content_filter": ("content_filter", {}),
}
"""Finish reason → why the message is incomplete, and the run, which has no word for a filter."""
FAILURE = {"code": "server_error", "message": "Sorry, something went wrong."}


class Event(NamedTuple):
    due_s: float
    name: str
    data: Document


class Stop(NamedTuple):
    """A run's end that the model did not choose."""

    status: str
    at_s: float


@dataclass(slots=True)
class Turn:
    run: Document
    """As it is when the turn begins."""
    generation: Generation
    calls: Sequence[Document]
    """As a step shows them, one for each call of the script."""
    step_ids: tuple[str, str]
    """Of the calls, and of the message."""
    message_id: str
    spent: tuple[int, int] = (0, 0)
    """Prompt and completion tokens of the turns before."""
    ended: Stop | None = None
    parts: Sequence[Part] = field(init=False)

    def __post_init__(self) -> None:
        script = self.generation.scripts[0]
        self.parts = script.parts or [Part("text", script.text, script.pieces)]

    @property
    def asks_client(self) -> bool:
        return any(call["type"] == "function" for call in self.calls)

    @property
    def stop(self) -> Stop | None:
        if self.ended is None and self.generation.has_failed:
            return Stop("failed", self.generation.requests[0].done_s)
        return self.ended

    def end(self, status: str, at_s: float) -> None:
        """Nothing is said any more."""
        self.ended = Stop(status, at_s)
        self.generation.flow.close()


class Course:
    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.run = dict(turn.run)
        self.steps: list[Document] = []
        self.message: Document | None = None
        self.is_over = False
        """Of this turn; the run may go on after one that calls functions."""
        self._turns = Turns(turn.generation)
        self._waiting: deque[tuple[float, int, int, Piece]] = deque()
        self._part_of = [number for number, part in enumerate(turn.parts) for _ in part.pieces]
        self._texts: list[str] = []
        self._call = 0
        """Number of the one that is being made."""
        self._tokens = 0
        self._in_steps = 0
        """Completion tokens that steps have told in their usage."""

    @property
    def spent(self) -> tuple[int, int]:
        """Prompt and completion tokens of the run so far."""
        prompt, completion = self.turn.spent
        return prompt + self.turn.generation.prompt_tokens, completion + self._tokens

    def events(self, until_s: float = inf) -> Iterator[Event]:
        """Those that have got their times, up to a time, since the last call."""
        turn = self.turn
        if self.run["status"] not in documents.ACTIVE:
            return
        if not self.is_over:
            yield from self._said(until_s)
        if turn.stop is not None and turn.stop.at_s <= until_s:
            yield from self._close(turn.stop.at_s, turn.stop.status)
        elif not self.is_over and self._is_said and turn.generation.done_s <= until_s:
            yield from self._end(turn.generation.done_s)

    @property
    def _is_said(self) -> bool:
        return self.turn.generation.flow.is_known and not self._waiting

    def answer(self, calls: Sequence[Document], at_s: float) -> Iterator[Event]:
        """The client has told the outputs of its functions."""
        self.turn.calls = calls
        yield from self._close_step(at_s, "completed")

    # What is said

    def _said(self, until_s: float) -> Iterator[Event]:
        begun_s = self.turn.generation.requests[0].first_scheduled_s
        if self.run["status"] == "queued" and 0 <= begun_s <= until_s:
            yield self._change(begun_s, self.run, "in_progress", started_at=self.run["started_at"] or int(begun_s))
        self._waiting.extend(self._turns.known())
        while self._waiting and self._waiting[0][0] <= min(until_s, self.turn.stop.at_s if self.turn.stop else inf):
            due_s, _, row, piece = self._waiting.popleft()
            yield from self._piece(due_s, row, piece)

    def _piece(self, due_s: float, row: int, piece: Piece) -> Iterator[Event]:
        number = self._part_of[row]
        part = self.turn.parts[number]
        is_first = row == 0 or self._part_of[row - 1] != number
        is_last = row + 1 == len(self._part_of) or self._part_of[row + 1] != number
        if part.kind == "call":
            yield from self._called(due_s, piece, is_first, is_last)
        elif part.kind != "reasoning":
            if is_first:
                yield from self._open_message(due_s)
            self._texts.append(piece.text)
            yield Event(due_s, "thread.message.delta", message_delta(self.turn.message_id, part, piece, is_first))
        self._tokens += len(piece.ids)

    def _called(self, due_s: float, piece: Piece, is_first: bool, is_last: bool) -> Iterator[Event]:
        if not self.steps:
            yield from self._open_step(due_s, 0, {"type": "tool_calls", "tool_calls": []})
        call = self.turn.calls[self._call]
        for delta in call_deltas(call, self._call, piece, is_first, is_last):
            yield Event(due_s, "thread.run.step.delta", step_delta(self.steps[0]["id"], delta))
        self._call += is_last

    def _open_step(self, due_s: float, number: int, details: Document) -> Iterator[Event]:
        step = documents.step(self.turn.step_ids[number], int(due_s), self.run, details)
        self.steps.append(step)
        yield Event(due_s, "thread.run.step.created", dict(step))
        yield Event(due_s, "thread.run.step.in_progress", dict(step))

    def _open_message(self, due_s: float) -> Iterator[Event]:
        yield from self._close_step(due_s, "completed")
        id = self.turn.message_id
        details = {"type": "message_creation", "message_creation": {"message_id": id}}
        yield from self._open_step(due_s, 1, details)
        self.message = documents.answer(id, int(due_s), self.run)
        yield Event(due_s, "thread.message.created", dict(self.message))
        yield Event(due_s, "thread.message.in_progress", dict(self.message))

    # How it ends

    def _end(self, due_s: float) -> Iterator[Event]:
        reason = self.turn.generation.scripts[0].finish_reason
        if reason in CUT:
            message_reason, details = CUT[reason]
            yield from self._close(due_s, "incomplete", message_reason, incomplete_details=details)
        elif self.turn.asks_client:
            self._tell_calls()
            self.is_over = True
            yield self._change(
                due_s, self.run, "requires_action", required_action=documents.required_action(self.turn.calls)
            )
        else:
            if self.message is None:
                yield from self._open_message(due_s)
            yield from self._close(due_s, "completed")

    def _close(self, due_s: float, status: str, message_reason: str | None = None, **facts: Any) -> Iterator[Event]:
        """Whatever is open, and the run."""
        if self.message is not None:
            yield self._close_message(due_s, message_reason or MESSAGE_REASONS.get(status))
        yield from self._close_step(due_s, STEP_ENDS.get(status, status))
        self.is_over = True
        usage = documents.usage(*self.spent)
        error = FAILURE if status == "failed" else None
        facts |= {"expires_at": None, "required_action": None, "last_error": error, "usage": usage}
        yield self._change(due_s, self.run, status, **facts)

    def _close_message(self, due_s: float, reason: str | None) -> Event:
        message = self.message or {}
        said, is_refusal = "".join(self._texts), self.turn.parts[-1].kind == "refusal"
        message["content"] = [{"type": "refusal", "refusal": said} if is_refusal else documents.text(said)]
        if reason is None:
            return self._change(due_s, message, "completed")
        return self._change(due_s, message, "incomplete", incomplete_details={"reason": reason})

    def _close_step(self, due_s: float, status: str) -> Iterator[Event]:
        step = self.steps[-1] if self.steps else None
        if step is None or step["status"] != "in_progress":
            return
        self._tell_calls()
        prompt_tokens = 0 if self._in_steps or len(self.steps) > 1 else self.turn.generation.prompt_tokens
        usage = documents.usage(prompt_tokens, self._tokens - self._in_steps)
        self._in_steps = self._tokens
        yield self._change(due_s, step, status, usage=usage, last_error=FAILURE if status == "failed" else None)

    def _tell_calls(self) -> None:
        """Those that were made wholly are in the step's details."""
        for step in self.steps:
            if step["type"] == "tool_calls":
                step["step_details"] = {"type": "tool_calls", "tool_calls": self.turn.calls[: self._call]}

    def _change(self, due_s: float, document: Document, status: str, **facts: Any) -> Event:
        """Sets the status and its time."""
        document.update(facts, status=status)
        if f"{status}_at" in document:
            document[f"{status}_at"] = int(due_s)
        return Event(due_s, f"{document['object']}.{status}", dict(document))
