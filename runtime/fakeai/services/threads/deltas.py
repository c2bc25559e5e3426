"""Deltas of messages and steps."""

from collections.abc import Iterator

from fakeai.content.script import Part
from fakeai.content.tokenizer import Piece
from fakeai.core.operation import Document


def message_delta(id: str, part: Part, piece: Piece, is_first: bool) -> Document:
    """The first one has a list of annotations, which would grow with each that has one."""
    if part.kind == "refusal":
        content: Document = {"index": 0, "type": "refusal", "refusal": piece.text}
    else:
        text = {"value": piece.text, "annotations": []} if is_first else {"value": piece.text}
        content = {"index": 0, "type": "text", "text": text}
    return {"id": id, "object": "thread.message.delta", "delta": {"content": [content]}}


def step_delta(id: str, call: Document) -> Document:
    details = {"type": "tool_calls", "tool_calls": [call]}
    return {"id": id, "object": "thread.run.step.delta", "delta": {"step_details": details}}


def call_deltas(call: Document, index: int, piece: Piece, is_first: bool, is_last: bool) -> Iterator[Document]:
    """A function's name comes with its first piece, its arguments piece by piece. What a hosted tool was given and
    what came of it is told when the call is over."""
    kind = call["type"]
    known: Document = {"index": index, "type": kind}
    if kind == "function":
        named = {"name": call["function"]["name"], "arguments": "", "output": None}
        yield known | ({"id": call["id"], kind: named} if is_first else {kind: {"arguments": piece.text}})
        return
    if is_first:
        empty = {"input": "", "outputs": []} if kind == "code_interpreter" else {}
        yield known | {"id": call["id"], kind: empty}
    if is_last and kind == "code_interpreter":
        outputs = [{"index": number} | output for number, output in enumerate(call[kind]["outputs"])]
        yield known | {kind: {"input": call[kind]["input"]}}
        yield known | {kind: {"outputs": outputs}}
