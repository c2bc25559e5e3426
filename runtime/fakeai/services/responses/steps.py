"""Which events tell of an output item, and where the pieces that are said for it go."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from fakeai.content.tokenizer import Piece
from fakeai.core.operation import Document
from fakeai.services.responses.items import Output, summary_pieces

Event = tuple[str, Document]
"""Type without "response.", and fields."""
CODE_CHARS = 24
"""Of a hosted call's input in one event: its pieces are those of the JSON around it."""


class Step(NamedTuple):
    rows: int
    """Pieces of the script that belong to it."""
    opening: Sequence[Event] = ()
    delta: Event | None = None
    """Of each piece, without its text; None: the pieces are not shown."""
    closing: Sequence[Event] = ()
    logprobs: Sequence[Document] | None = None
    """Of the pieces, an entry a token; None where events of the type have none."""


def steps(output: Output, index: int, summary: str | None, partial_images: int) -> list[Step]:
    """`index`: of the item in the response."""
    item = output.item
    place = {"item_id": item["id"], "output_index": index}
    made = STEPS.get(item["type"], _plain)(_Facts(output, place, summary, partial_images))
    added = ("output_item.added", {"output_index": index, "item": _begun(item)})
    done = ("output_item.done", {"output_index": index, "item": item})
    made[0] = made[0]._replace(opening=[added, *made[0].opening])
    made[-1] = made[-1]._replace(closing=[*made[-1].closing, done])
    return made


class _Facts(NamedTuple):
    output: Output
    place: Document
    summary: str | None
    partial_images: int

    @property
    def item(self) -> Document:
        return self.output.item

    @property
    def pieces(self) -> Sequence[Piece]:
        return self.output.pieces


BEGUN: dict[str, Document] = {
    "message": {"content": []},
    "reasoning": {"summary": [], "content": []},
    "function_call": {"arguments": ""},
    "custom_tool_call": {"input": ""},
    "code_interpreter_call": {"code": "", "outputs": None},
    "file_search_call": {"results": None},
    "image_generation_call": {"result": None},
    "mcp_call": {"arguments": "", "output": None},
    "mcp_list_tools": {"tools": []},
}
"""What is not known yet when an item of the type begins."""


def _begun(item: Document) -> Document:
    unknown = {name: value for name, value in BEGUN.get(item["type"], {}).items() if name in item}
    status = {"status": "in_progress"} if "status" in item else {}
    return item | unknown | status


def _plain(facts: _Facts) -> list[Step]:
    return [Step(len(facts.pieces))]


def _message(facts: _Facts) -> list[Step]:
    content = facts.item["content"][0]
    place = facts.place | {"content_index": 0}
    if content["type"] == "refusal":
        empty: Document = {"type": "refusal", "refusal": ""}
        delta, done = ("refusal.delta", place), ("refusal.done", place | {"refusal": content["refusal"]})
        annotated: list[Event] = []
    else:
        empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        delta = ("output_text.delta", place if content["logprobs"] else place | {"logprobs": []})
        done = ("output_text.done", place | {"text": content["text"], "logprobs": shown(content["logprobs"])})
        annotated = [
            ("output_text.annotation.added", place | {"annotation_index": number, "annotation": annotation})
            for number, annotation in enumerate(content["annotations"])
        ]
    return [
        Step(
            len(facts.pieces),
            [("content_part.added", place | {"part": empty})],
            delta,
            [*annotated, done, ("content_part.done", place | {"part": content})],
            content.get("logprobs"),
        )
    ]


def shown(logprobs: Sequence[Document]) -> list[Document]:
    """As events have them: without bytes."""
    return [
        {
            "token": entry["token"],
            "logprob": entry["logprob"],
            "top_logprobs": [{"token": o["token"], "logprob": o["logprob"]} for o in entry["top_logprobs"]],
        }
        for entry in logprobs
    ]


def _reasoning(facts: _Facts) -> list[Step]:
    item, place = facts.item, facts.place
    if item.get("content"):
        return [_reasoning_text(item["content"][0], place | {"content_index": 0}, len(facts.pieces))]
    if not item["summary"]:
        return _plain(facts)
    return [
        _summary(place | {"summary_index": number}, pieces)
        for number, pieces in enumerate(summary_pieces(facts.summary, facts.pieces))
    ]


def _reasoning_text(content: Document, place: Document, rows: int) -> Step:
    empty = {"type": "reasoning_text", "text": ""}
    return Step(
        rows,
        [("content_part.added", place | {"part": empty})],
        ("reasoning_text.delta", place),
        [
            ("reasoning_text.done", place | {"text": content["text"]}),
            ("content_part.done", place | {"part": content}),
        ],
    )


def _summary(place: Document, pieces: Sequence[Piece]) -> Step:
    part = {"type": "summary_text", "text": "".join([piece.text for piece in pieces])}
    return Step(
        len(pieces),
        [("reasoning_summary_part.added", place | {"part": part | {"text": ""}})],
        ("reasoning_summary_text.delta", place),
        [
            ("reasoning_summary_text.done", place | {"text": part["text"]}),
            ("reasoning_summary_part.done", place | {"part": part}),
        ],
    )


def _input(name: str, *facts_of_item: str) -> Callable[[_Facts], list[Step]]:
    """A call by the client: its name is no delta, its arguments or input are."""
    field = facts_of_item[-1]

    def make(facts: _Facts) -> list[Step]:
        done = {fact: facts.item[fact] for fact in facts_of_item}
        delta = (f"{name}.delta", facts.place)
        closing = [(f"{name}.done", facts.place | done)] if facts.item[field] is not None else []
        return [Step(1), Step(len(facts.pieces) - 1, (), delta, closing)]

    return make


def _states(name: str, *before: str, after: str = "completed") -> Callable[[_Facts], list[Step]]:
    """A call by the server that tells how far it has come."""

    def make(facts: _Facts) -> list[Step]:
        opening = [(f"{name}.{state}", facts.place) for state in before]
        return [Step(len(facts.pieces), opening, None, [(f"{name}.{after}", facts.place)])]

    return make


def _interpreter(facts: _Facts) -> list[Step]:
    name, place, code = "code_interpreter_call", facts.place, facts.item["code"]
    told = [*_typed(f"{name}_code", "code", place, code), (f"{name}.interpreting", place), (f"{name}.completed", place)]
    return [Step(len(facts.pieces), [(f"{name}.in_progress", place)], None, told)]


def _remote(facts: _Facts) -> list[Step]:
    name, place = "mcp_call", facts.place
    told = [*_typed(f"{name}_arguments", "arguments", place, facts.item["arguments"]), (f"{name}.completed", place)]
    return [Step(len(facts.pieces), [(f"{name}.in_progress", place)], None, told)]


def _typed(name: str, field: str, place: Document, text: str) -> Iterator[Event]:
    for start in range(0, len(text), CODE_CHARS):
        yield f"{name}.delta", place | {"delta": text[start : start + CODE_CHARS]}
    yield f"{name}.done", place | {field: text}


def _image(facts: _Facts) -> list[Step]:
    name, place = "image_generation_call", facts.place
    partial: list[Event] = [
        (f"{name}.partial_image", place | {"partial_image_index": n, "partial_image_b64": facts.item["result"]})
        for n in range(facts.partial_images)
    ]
    opening = [(f"{name}.in_progress", place), (f"{name}.generating", place)]
    return [Step(len(facts.pieces), opening, None, [*partial, (f"{name}.completed", place)])]


STEPS: dict[str, Callable[[Any], list[Step]]] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _input("function_call_arguments", "name", "arguments"),
    "custom_tool_call": _input("custom_tool_call_input", "input"),
    "web_search_call": _states("web_search_call", "in_progress", "searching"),
    "file_search_call": _states("file_search_call", "in_progress", "searching"),
    "code_interpreter_call": _interpreter,
    "image_generation_call": _image,
    "mcp_call": _remote,
    "mcp_list_tools": _states("mcp_list_tools", "in_progress"),
}
