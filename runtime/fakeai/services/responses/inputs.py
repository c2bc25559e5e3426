"""Items of the Responses API as chat messages, with the place in the request that each message came from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from fakeai.content.prompt import content_text
from fakeai.core.operation import Document
from fakeai.services.responses.sealed import Sealer

TEXTS = ("input_text", "output_text", "text", "summary_text", "reasoning_text")
ROLES = ("user", "assistant", "system", "developer")
"""Others, which stored items of a conversation may have, are read as the user's."""
FILE_FACTS = ("file_id", "filename", "file_data", "file_url")
SUMMARIZED = ("assistant", "tool")
SUMMARY_CHARS = 160
"""Of each message in a summary."""
Item = Mapping[str, Any]


@dataclass(slots=True)
class Dialogue:
    """Chat messages, and for each the parameter whose elements are its parts: "input[3].content"."""

    messages: list[Document] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    images: Mapping[str, str] = field(default_factory=dict)
    """File id → data URL, of the images that are given by file."""
    sealer: Sealer | None = None
    """None: what clients claim to be encrypted is not looked at."""

    def add(self, item: Item, place: str) -> None:
        """`place`: the parameter that holds the item."""
        READERS[kind_of(item)](self, item, place)

    def say(self, role: str, content: Any, origin: str = "", **more: Any) -> None:
        self.messages.append({"role": role, "content": content, **more})
        self.origins.append(origin)

    def call(self, id: str, kind: str, body: Document) -> None:
        """Calls, and the text before them, are one message of the assistant."""
        call = {"id": id, "type": kind, kind: body}
        if self.messages and self.messages[-1]["role"] == "assistant":
            self.messages[-1].setdefault("tool_calls", []).append(call)
        else:
            self.say("assistant", None, tool_calls=[call])

    def answer(self, call_id: str, output: Any, origin: str = "") -> None:
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": output})
        self.origins.append(origin)

    def summary(self) -> str:
        """The beginnings of what the assistant and the tools have said."""
        said = [content_text(message["content"]) for message in self.messages if message["role"] in SUMMARIZED]
        return "\n".join([text[:SUMMARY_CHARS] for text in said if text])

    def parts(self, parts: Sequence[Item]) -> list[Document]:
        return [self._part(part) for part in parts]

    def _part(self, part: Item) -> Document:
        mark = part.get("prompt_cache_breakpoint")
        return self._unmarked(part) | ({"prompt_cache_breakpoint": mark} if mark else {})

    def _unmarked(self, part: Item) -> Document:
        kind = part["type"]
        if kind in TEXTS:
            return {"type": "text", "text": part["text"]}
        if kind in ("input_image", "computer_screenshot"):
            url = part.get("image_url") or self.images.get(part.get("file_id") or "", "https://files.invalid/image")
            detail = {"detail": part["detail"]} if part.get("detail") else {}
            return {"type": "image_url", "image_url": {"url": url, **detail}}
        if kind == "input_file":
            facts = {name: part[name] for name in FILE_FACTS if part.get(name) is not None}
            return {"type": "file", "file": facts}
        return dict(part)


def kind_of(item: Item) -> str:
    """An item without a type is a message or a reference."""
    return item.get("type") or ("message" if "role" in item else "item_reference")


def items_of(given: str | Sequence[Document] | None) -> list[Document]:
    """A request's `input`; a text is a message of the user."""
    if given is None:
        return []
    return [{"role": "user", "content": given}] if isinstance(given, str) else list(given)


def _message(dialogue: Dialogue, item: Item, place: str) -> None:
    role, content = item["role"], item["content"]
    if isinstance(content, str):
        dialogue.say(role, content)
    elif role == "assistant":
        _said(dialogue, content)
    else:
        dialogue.say(role if role in ROLES else "user", dialogue.parts(content), f"{place}.content")


def _said(dialogue: Dialogue, parts: Sequence[Item]) -> None:
    text = "".join([part["text"] for part in parts if part["type"] in TEXTS])
    refusal = "".join([part["refusal"] for part in parts if part["type"] == "refusal"])
    if refusal:
        dialogue.say("assistant", text or None, refusal=refusal)
    else:
        dialogue.say("assistant", text)


def _function_call(dialogue: Dialogue, item: Item, place: str) -> None:
    dialogue.call(item["call_id"], "function", {"name": item["name"], "arguments": item["arguments"]})


def _custom_call(dialogue: Dialogue, item: Item, place: str) -> None:
    dialogue.call(item["call_id"], "custom", {"name": item["name"], "input": item["input"]})


def _output(dialogue: Dialogue, item: Item, place: str) -> None:
    output = item.get("output") or ""
    shown = output if isinstance(output, str) else dialogue.parts(output)
    dialogue.answer(item.get("call_id") or item["id"], shown, f"{place}.output")


def _screenshot(dialogue: Dialogue, item: Item, place: str) -> None:
    dialogue.answer(item["call_id"], dialogue.parts([item["output"]]), f"{place}.output")


def _shell_output(dialogue: Dialogue, item: Item, place: str) -> None:
    streams = [part.get(name) or "" for part in item["output"] for name in ("stdout", "stderr")]
    dialogue.answer(item["call_id"], "\n".join(filter(None, streams)))


def _hosted(name: str, *facts: str) -> "Reader":
    """A call of a tool of this name; `facts` of the item are its arguments."""

    def read(dialogue: Dialogue, item: Item, place: str) -> None:
        arguments = orjson.dumps({fact: item[fact] for fact in facts if item.get(fact) is not None}).decode()
        id = item.get("call_id") or item.get("id") or name
        dialogue.call(id, "function", {"name": name, "arguments": arguments})

    return read


def _interpreter(dialogue: Dialogue, item: Item, place: str) -> None:
    dialogue.call(item["id"], "custom", {"name": "code_interpreter", "input": item.get("code") or ""})
    logs = [output["logs"] for output in item.get("outputs") or () if output["type"] == "logs"]
    if logs:
        dialogue.answer(item["id"], "\n".join(logs))


def _remote(dialogue: Dialogue, item: Item, place: str) -> None:
    dialogue.call(item["id"], "function", {"name": item["name"], "arguments": item["arguments"]})
    if item.get("output"):
        dialogue.answer(item["id"], item["output"])


def _approval(dialogue: Dialogue, item: Item, place: str) -> None:
    verdict = "approved" if item["approve"] else "denied"
    dialogue.answer(item["approval_request_id"], item.get("reason") or verdict)


def _reasoning(dialogue: Dialogue, item: Item, place: str) -> None:
    """Thoughts of earlier turns are not read again."""
    if dialogue.sealer is not None and item.get("encrypted_content"):
        dialogue.sealer.open(item["encrypted_content"], f"{place}.encrypted_content")


def _compaction(dialogue: Dialogue, item: Item, place: str) -> None:
    """Stands for what the assistant and the tools have said so far."""
    if dialogue.sealer is None:
        return
    content = dialogue.sealer.open(item["encrypted_content"], f"{place}.encrypted_content")
    kept = [n for n, message in enumerate(dialogue.messages) if message["role"] not in SUMMARIZED]
    dialogue.messages = [dialogue.messages[n] for n in kept]
    dialogue.origins = [dialogue.origins[n] for n in kept]
    dialogue.say("assistant", content.get("summary", ""))


def _nothing(dialogue: Dialogue, item: Item, place: str) -> None:
    """Items that the model does not read."""


Reader = Callable[[Dialogue, Item, str], None]
READERS: dict[str, Reader] = {
    "message": _message,
    "function_call": _function_call,
    "function_call_output": _output,
    "custom_tool_call": _custom_call,
    "custom_tool_call_output": _output,
    "web_search_call": _hosted("web_search", "action"),
    "file_search_call": _hosted("file_search", "queries", "results"),
    "image_generation_call": _hosted("image_generation"),
    "code_interpreter_call": _interpreter,
    "computer_call": _hosted("computer", "action", "actions"),
    "computer_call_output": _screenshot,
    "local_shell_call": _hosted("local_shell", "action"),
    "local_shell_call_output": _output,
    "shell_call": _hosted("shell", "action"),
    "shell_call_output": _shell_output,
    "apply_patch_call": _hosted("apply_patch", "operation"),
    "apply_patch_call_output": _output,
    "tool_search_call": _hosted("tool_search", "arguments"),
    "tool_search_output": _nothing,
    "mcp_list_tools": _nothing,
    "mcp_approval_request": _remote,
    "mcp_approval_response": _approval,
    "mcp_call": _remote,
    "reasoning": _reasoning,
    "compaction": _compaction,
    "compaction_trigger": _nothing,
    "item_reference": _nothing,
}
