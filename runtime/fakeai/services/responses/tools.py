"""The tools of a request: what may be called, what must be, and how an answer tells of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakeai.content.script import Tool
from fakeai.core.operation import Document
from fakeai.services.responses.hosted import HOSTED, hosted_kind


@dataclass(slots=True)
class Toolbox:
    tools: list[Tool] = field(default_factory=list)
    sources: dict[str, Document] = field(default_factory=dict)
    """Name of a tool → the request's tool that it came from: a server's or a namespace's has several."""

    @classmethod
    def of(cls, given: Sequence[Document]) -> "Toolbox":
        box = cls()
        for source in given:
            for tool in _tools(source):
                if tool.name not in box.sources:
                    box.tools.append(tool)
                    box.sources[tool.name] = source
        return box


def _tools(source: Document) -> Iterator[Tool]:
    kind = source["type"]
    if kind == "namespace":
        for inner in source["tools"]:
            yield from _tools(inner)
    elif kind in ("function", "custom"):
        yield _own(source)
    elif kind == "mcp":
        yield from HOSTED["mcp"].tools(source)
    elif hosted_kind(kind) in HOSTED:
        yield from HOSTED[hosted_kind(kind)].tools(source)


def _own(source: Document) -> Tool:
    form = source.get("format") or {}
    return Tool(
        source["type"],
        source["name"],
        source.get("description") or "",
        source.get("parameters") or {},
        grammar=form if form.get("type") == "grammar" else None,
    )


def chat_tools(given: Sequence[Document]) -> list[Document]:
    """As a chat request has them, so that both cost the same tokens; hosted ones by their names."""
    return [_chat_tool(tool) for tool in given]


def _chat_tool(tool: Document) -> Document:
    kind = tool["type"]
    body = {name: value for name, value in tool.items() if name != "type"}
    return {"type": kind, kind: body} if kind in ("function", "custom") else {"name": kind, **body}


@dataclass(slots=True)
class Choice:
    """What `tool_choice` leaves of a toolbox."""

    mode: Any = "auto"
    named: Tool | None = None
    tools: Sequence[Tool] = ()


def choose(choice: str | Document | None, box: Toolbox) -> Choice:
    if choice is None or isinstance(choice, str):
        return Choice(choice or "auto", tools=box.tools)
    if choice["type"] == "allowed_tools":
        allowed = [tool for wanted in choice["tools"] for tool in matching(wanted, box)]
        return Choice(choice["mode"], tools=list(dict.fromkeys(allowed)))
    found = matching(choice, box)
    return Choice("required", found[0] if len(found) == 1 else None, found)


def matching(wanted: Mapping[str, Any], box: Toolbox) -> list[Tool]:
    """The tools that an entry of `tool_choice` names."""
    kind = wanted.get("type", "function")
    if kind in ("function", "custom"):
        return [tool for tool in box.tools if tool.kind == kind and tool.name == wanted.get("name")]
    if kind == "mcp":
        return [tool for tool in box.tools if tool.kind == "mcp" and _is_of(wanted, box.sources[tool.name], tool)]
    return [tool for tool in box.tools if tool.kind == hosted_kind(kind)]


def _is_of(wanted: Mapping[str, Any], server: Document, tool: Tool) -> bool:
    return server["server_label"] == wanted.get("server_label") and wanted.get("name") in (None, tool.name)


def echoed(tool: Document) -> Document:
    """With the values of what the request left out."""
    kind = tool["type"]
    filled = DEFAULTS.get(kind) or DEFAULTS.get(hosted_kind(kind), {})
    given = {name: value for name, value in tool.items() if value is not None or name not in filled}
    secret = {"authorization", "headers"} if kind == "mcp" else set()
    return {name: value for name, value in (filled | given).items() if name not in secret}


DEFAULTS: dict[str, Document] = {
    "function": {"description": None, "parameters": {}, "strict": True},
    "custom": {"format": {"type": "text"}},
    "web_search": {"search_context_size": "medium", "user_location": None},
    "file_search": {
        "filters": None,
        "max_num_results": 20,
        "ranking_options": {"ranker": "auto", "score_threshold": 0.0},
    },
    "mcp": {"allowed_tools": None, "require_approval": "always"},
    "image_generation": {"model": "gpt-image-1", "quality": "auto", "size": "auto", "output_format": "png"},
}
