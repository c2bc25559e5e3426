"""The parts of a script as output items, in their final form."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from fakeai.content.logprobs import Sampling, chat_logprobs
from fakeai.content.script import Part
from fakeai.content.tokenizer import Piece
from fakeai.core.operation import Document
from fakeai.core.seeds import Draw
from fakeai.engine.generation import Generation
from fakeai.services.responses.head import Head
from fakeai.services.responses.hosted import HOSTED, Made, call_id, listing, pages

SUMMARY_TOKENS = {"auto": 1 << 30, "concise": 1 << 30, "detailed": 160}
"""At the end of a sentence after so many tokens another part of the summary begins."""

CUT = {"web_search_call": "failed", "image_generation_call": "failed", "apply_patch_call": "in_progress"}
"""Status of an item that a limit cut, for types that cannot be incomplete."""


class Output(NamedTuple):
    item: Document
    pieces: Sequence[Piece] = ()
    """What was said for it; none of an item that comes with another."""


def outputs(head: Head, generation: Generation, seal: Callable[[Document], str]) -> list[Output]:
    """`seal` makes the encrypted content of reasoning."""
    script = generation.scripts[0]
    parts = script.parts or [Part("text", script.text, script.pieces if head.needs_pieces else ())]
    made = _compaction(head, seal) + _listings(head)
    r = generation.draws(0)
    for part in parts:
        if part.kind == "reasoning":
            made.append(_reasoning(head, part, seal))
        elif part.kind == "call":
            made += _call(head, part)
        else:
            made.append(_message(head, part, r, made))
    if script.finish_reason in ("length", "content_filter") and made and "status" in made[-1].item:
        last = made[-1].item
        last["status"] = CUT.get(last["type"], "incomplete")
    return made


def _compaction(head: Head, seal: Callable[[Document], str]) -> list[Output]:
    if head.past is None:
        return []
    content = seal({"summary": head.past})
    return [Output({"id": head.new_id("cmp_"), "type": "compaction", "encrypted_content": content})]


def _listings(head: Head) -> list[Output]:
    """The tools of MCP servers that the conversation has not seen yet."""
    servers = [tool for tool in head.facts["tools"] if tool["type"] == "mcp"]
    fresh = [server for server in servers if server["server_label"] not in head.known_servers]
    return [Output(listing(server, head.new_id("mcpl_"))) for server in fresh]


def _message(head: Head, part: Part, r: Draw, before: Sequence[Output]) -> Output:
    if part.kind == "refusal":
        content: Document = {"type": "refusal", "refusal": part.text}
    else:
        content = {"type": "output_text", "text": part.text, "annotations": _citations(part.text, before)}
        top = head.top_logprobs
        sampling = Sampling(head.facts["temperature"], head.facts["top_p"])
        content["logprobs"] = [] if top is None else chat_logprobs(part.pieces, top, r, head.tokenizer, sampling)
    message = {"id": head.new_id("msg_"), "type": "message", "status": "completed", "role": "assistant"}
    return Output({**message, "content": [content]}, part.pieces)


def _citations(text: str, before: Sequence[Output]) -> list[Document]:
    """A source a sentence, of what was searched in the web or in files."""
    found: list[Document] = []
    for output in before:
        found += SOURCES.get(output.item["type"], _no_sources)(output.item)
    return [cite | _place(cite, place) for cite, place in zip(found, _sentences(text), strict=False)]


def _place(cite: Document, place: tuple[int, int]) -> Document:
    if cite["type"] == "url_citation":
        return {"start_index": place[0], "end_index": place[1]}
    return {"index": place[1]}


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find(". ", start)
        end = len(text) if end < 0 else end + 1
        yield start, end
        start = end + 1


def _no_sources(item: Document) -> list[Document]:
    return []


def _pages(item: Document) -> list[Document]:
    return [
        {"type": "url_citation", "title": page["title"], "url": page["url"]} for page in pages(item["action"]["query"])
    ]


def _files(item: Document) -> list[Document]:
    shown = item["results"] or ()
    return [{"type": "file_citation", "file_id": f["file_id"], "filename": f["filename"]} for f in shown]


SOURCES: dict[str, Callable[[Document], list[Document]]] = {"web_search_call": _pages, "file_search_call": _files}


# Reasoning


def _reasoning(head: Head, part: Part, seal: Callable[[Document], str]) -> Output:
    item: Document = {"id": head.new_id("rs_"), "type": "reasoning", "summary": []}
    if head.model.capabilities.reasoning_text:
        item["content"] = [{"type": "reasoning_text", "text": part.text}]
        return Output(item, part.pieces)
    if part.text:
        item["summary"] = [{"type": "summary_text", "text": text} for text in _summary(head, part)]
    item["encrypted_content"] = seal({"id": item["id"], "tokens": part.tokens})
    return Output(item, part.pieces)


def _summary(head: Head, part: Part) -> list[str]:
    return ["".join([piece.text for piece in pieces]) for pieces in summary_pieces(head.summary, part.pieces)]


def summary_pieces(detail: str | None, pieces: Sequence[Piece]) -> list[Sequence[Piece]]:
    """The pieces of each part of a summary."""
    limit = SUMMARY_TOKENS[detail or "auto"]
    parts: list[Sequence[Piece]] = []
    start = tokens = 0
    for number, piece in enumerate(pieces):
        tokens += len(piece.ids)
        if tokens >= limit and piece.text.endswith("."):
            parts.append(pieces[start : number + 1])
            start, tokens = number + 1, 0
    return [*parts, pieces[start:]] if start < len(pieces) else parts


# Calls


def _call(head: Head, part: Part) -> list[Output]:
    tool = part.tool
    assert tool is not None
    if tool.kind not in ("function", "custom"):
        first, *more = HOSTED[tool.kind].make(_made(head, part))
        return [Output(first, part.pieces), *[Output(item) for item in more]]
    kind, prefix, body = OWN[tool.kind]
    item = {"id": head.new_id(prefix), "type": kind, "status": "completed", "call_id": call_id(head.draw)}
    item |= {"name": tool.name, body: part.text}
    source = head.box.sources[tool.name]
    if source["type"] == "namespace":
        item["namespace"] = source["name"]
    return [Output(item, part.pieces)]


OWN = {"function": ("function_call", "fc_", "arguments"), "custom": ("custom_tool_call", "ctc_", "input")}
"""Kind of a tool that the client runs → type and id prefix of its item, and what its input is called."""


def _made(head: Head, part: Part) -> Made:
    tool = part.tool
    assert tool is not None
    return Made(
        tool,
        head.box.sources[tool.name],
        part.text,
        _arguments(part.text),
        head.said,
        head.include,
        head.draw,
        head.new_id,
        head.approved,
    )


def _arguments(text: str) -> dict[str, Any]:
    """Nothing of arguments that were cut off."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
