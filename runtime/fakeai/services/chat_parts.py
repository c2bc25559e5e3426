"""Answers of several parts in the form of chat: messages, and the deltas that add up to them."""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from fakeai.content.script import Part, Script
from fakeai.content.tokenizer import Piece
from fakeai.core.ids import token
from fakeai.core.operation import Document
from fakeai.core.seeds import derive, draws

CALL_ID_CHARS = 24


class Form(NamedTuple):
    """How one request wants parts shown."""

    seed: int
    """Of the content, from which the ids of calls derive."""
    reasoning_field: str
    is_legacy: bool
    """Asked for by `functions`, so answered by one function_call."""


def message(script: Script, choice: int, form: Form) -> Document:
    """What an assistant message has of content, refusal, calls and reasoning."""
    parts = script.parts
    said: Document = {"content": _joined(parts, "text"), "refusal": _joined(parts, "refusal"), "annotations": []}
    thought = _joined(parts, "reasoning")
    if thought:
        said[form.reasoning_field] = thought
    calls = [_call(part, number, choice, form) for number, part in enumerate(script.calls)]
    if said["content"] is None and not _stands_alone(script):
        said["content"] = ""  # all was spent on reasoning
    if calls and form.is_legacy:
        said["function_call"] = calls[0]["function"]
    elif calls:
        said["tool_calls"] = calls
    return said


def _joined(parts: Sequence[Part], kind: str) -> str | None:
    """None if no part is of that kind."""
    texts = [part.text for part in parts if part.kind == kind]
    return "".join(texts) if texts else None


def _call(part: Part, number: int, choice: int, form: Form) -> Document:
    assert part.tool is not None
    kind, field = _kind(part)
    return {
        "id": _call_id(form.seed, choice, number),
        "type": kind,
        kind: {"name": part.tool.name, field: part.text},
    }


def _kind(part: Part) -> tuple[str, str]:
    """The type of the call, and the name of what it carries."""
    return ("custom", "input") if part.tool is not None and part.tool.kind == "custom" else ("function", "arguments")


def _call_id(seed: int, choice: int, number: int) -> str:
    return "call_" + token(draws(derive(seed, "call", choice, number)), CALL_ID_CHARS)


def finish_reason(script: Script, form: Form) -> str:
    return "function_call" if form.is_legacy and script.finish_reason == "tool_calls" else script.finish_reason


def opening(script: Script) -> bytes:
    """The delta that begins a choice. Without content where its message has none."""
    has_content = any(part.kind == "text" for part in script.parts) or not _stands_alone(script)
    return b'{"role":"assistant","content":%b,"refusal":null}' % (b'""' if has_content else b"null")


def _stands_alone(script: Script) -> bool:
    """Whether calls or a refusal need no text beside them."""
    return any(part.kind in ("call", "refusal") for part in script.parts)


class Deltas:
    """Of the pieces of one choice, by their row."""

    def __init__(self, script: Script, choice: int, form: Form) -> None:
        self._form = form
        self._choice = choice
        self._rows = [entry for entry in _numbered(script.parts) for _ in entry[1].pieces]
        self._opened = -1
        """Number of the call whose name was sent."""

    def kind(self, row: int) -> str:
        return self._rows[row][1].kind

    def of(self, row: int, piece: Piece) -> bytes | None:
        """None for what is not shown."""
        number, part = self._rows[row]
        if part.kind == "call":
            return self._of_call(number, part, piece)
        if part.kind == "reasoning":
            return orjson.dumps({self._form.reasoning_field: piece.text}) if piece.text else None
        return b'{"%b":%b}' % (b"content" if part.kind == "text" else b"refusal", orjson.dumps(piece.text))

    def _of_call(self, number: int, part: Part, piece: Piece) -> bytes:
        """Id, type and name come once; strings are joined by clients."""
        kind, field = _kind(part)
        if number == self._opened:
            fragment: Document = {kind: {field: piece.text}}
        else:
            self._opened = number
            fragment = _call(part._replace(text=""), number, self._choice, self._form)
        if self._form.is_legacy:
            return orjson.dumps({"function_call": fragment[kind]})
        return orjson.dumps({"tool_calls": [{"index": number, **fragment}]})


def _numbered(parts: Sequence[Part]) -> list[tuple[int, Part]]:
    """Each part with the number of calls before it."""
    calls, numbered = 0, []
    for part in parts:
        numbered.append((calls, part))
        calls += part.kind == "call"
    return numbered
