"""The checker of stream grammar refuses what it is there to refuse."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.server.grammar import DONE, BadStream, check

pytestmark = [pytest.mark.unit, pytest.mark.streaming]

Chunks = list[dict[str, Any]]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def chunk(*choices: dict[str, Any], usage: Any = None) -> dict[str, Any]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": list(choices), "usage": usage}


def choice(index: int, finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": finish_reason}


def call(index: int, **rest: Any) -> dict[str, Any]:
    return choice(0, tool_calls=[{"index": index, **rest}])


GOOD: Chunks = [
    chunk(choice(0, role="assistant", content="")),
    chunk(choice(1, role="assistant", content="")),
    chunk(choice(0, content="Hi")),
    chunk(choice(1, content="Ho")),
    chunk(choice(0, "stop")),
    chunk(choice(1, "length")),
    chunk(usage=USAGE),
]
CALLS: Chunks = [
    chunk(choice(0, role="assistant", content=None)),
    chunk(call(0, id="call_a", type="function", function={"name": "f", "arguments": ""})),
    chunk(call(0, function={"arguments": "{}"})),
    chunk(call(1, id="call_b", type="function", function={"name": "g", "arguments": ""})),
    chunk(choice(0, "tool_calls")),
    chunk(usage=USAGE),
]


def fault(chunks: Chunks, path: str = "/chat/completions", end: tuple[str, ...] = (DONE,)) -> str | None:
    """The rule that the stream breaks."""
    try:
        check(path, [json.dumps(chunk) for chunk in chunks] + list(end))
    except BadStream as broken:
        return str(broken)
    return None


def _edit(change: Callable[[Chunks], object], base: Chunks = GOOD) -> Chunks:
    chunks = deepcopy(base)
    change(chunks)
    return chunks


BAD = {
    "other id": _edit(lambda c: c[3].update(id="chatcmpl-2")),
    "no role": _edit(lambda c: c[0]["choices"][0]["delta"].pop("role")),
    "role twice": _edit(lambda c: c[2]["choices"][0]["delta"].update(role="assistant")),
    "index 1 first": _edit(lambda c: c.pop(0)),
    "gap in indices": _edit(lambda c: c[1]["choices"][0].update(index=2)),
    "text after finish": _edit(lambda c: c.insert(5, chunk(choice(0, content="more")))),
    "finish with text": _edit(lambda c: c[4]["choices"][0]["delta"].update(content="x")),
    "never finished": _edit(lambda c: c.pop(5)),
    "unknown reason": _edit(lambda c: c[4]["choices"][0].update(finish_reason="done")),
    "calls without a call": _edit(lambda c: c[4]["choices"][0].update(finish_reason="tool_calls")),
    "usage not last": _edit(lambda c: c.insert(4, c.pop())),
    "usage missing": _edit(lambda c: c.pop()),
    "usage only sometimes": _edit(lambda c: c[3].pop("usage")),
    "wrong sum": _edit(lambda c: c[6]["usage"].update(total_tokens=9)),
    "no choices": [chunk(usage=USAGE)],
    "call without index": _edit(lambda c: c[1]["choices"][0]["delta"]["tool_calls"][0].pop("index"), CALLS),
    "call without id": _edit(lambda c: c[1]["choices"][0]["delta"]["tool_calls"][0].pop("id"), CALLS),
    "id repeated": _edit(lambda c: c[2]["choices"][0]["delta"]["tool_calls"][0].update(id="call_a"), CALLS),
    "back to the first call": _edit(lambda c: c.insert(4, chunk(call(0, function={"arguments": "x"}))), CALLS),
}


@pytest.mark.parametrize("chunks", [GOOD, CALLS], ids=["text", "calls"])
def test_a_good_stream_passes(chunks: Chunks) -> None:
    assert fault(chunks) is None


@pytest.mark.parametrize("chunks", BAD.values(), ids=BAD)
def test_a_bad_stream_does_not(chunks: Chunks) -> None:
    assert fault(chunks)


@pytest.mark.parametrize("end", [(), (DONE, DONE)], ids=["none", "two"])
def test_done_comes_once(end: tuple[str, ...]) -> None:
    assert fault(GOOD, end=end)


def test_an_error_may_cut_a_stream_off() -> None:
    assert fault(GOOD[:3]) is not None
    assert fault(GOOD[:3], end=('{"error": {"message": "overloaded"}}',)) is None


def test_legacy_completions() -> None:
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m"}
    parts = [{**head, "choices": [{"index": 0, "text": text, "finish_reason": reason}]} for text, reason in
             [("Hi", None), ("", "stop")]]  # fmt: skip
    assert fault(parts, "/completions") is None
    assert fault([*parts, parts[0]], "/completions")
    assert fault(parts[:1], "/completions")
