"""A run as a question to the engine: the thread as chat messages, the run's tools and wishes."""

from collections.abc import Sequence
from typing import Literal

from fakeai.content.planner import ANY_OBJECT
from fakeai.content.script import Tool
from fakeai.content.wanted import Wanted, effort_of
from fakeai.core.operation import Document
from fakeai.core.specs import ModelSpec
from fakeai.engine.generation import Ask
from fakeai.services.threads import documents

Outcome = Literal["", "refusal", "content_filter"]
HOSTED = {
    "code_interpreter": "Runs Python code to calculate, compute math and numbers, analyze data, plot charts.",
    "file_search": "Searches the uploaded files, documents, reports and knowledge for answers.",
}
"""What tools that the server runs are for, in words that messages have."""


def ask(
    run: Document,
    said: list[Document],
    steps: Sequence[Document],
    model: ModelSpec,
    files: Sequence[str] = (),
    outcome: Outcome = "",
) -> Ask:
    """steps: those of the run so far. files: names of those that file search would find. outcome: that is asked for."""
    calls = documents.calls_of(steps)
    return Ask(
        model,
        messages=[*said, *_called(calls)],
        tools=[tool for tool in run["tools"] if tool["type"] == "function"],
        wanted=_wanted(run, model, bool(calls), files, outcome),
        max_tokens=run["max_completion_tokens"],
        temperature=run["temperature"],
        top_p=run["top_p"],
        session=run["thread_id"],
    )


def said_in(run: Document, messages: Sequence[Document]) -> list[Document]:
    """Chat messages of the thread, or of its end if the run wants no more, after the run's instructions."""
    strategy = run["truncation_strategy"]
    latest = strategy.get("last_messages") if strategy["type"] == "last_messages" else None
    own = [{"role": "system", "content": run["instructions"]}] if run["instructions"] or not messages else []
    return own + [_chat(message) for message in (messages[-latest:] if latest else messages)]


def _chat(message: Document) -> Document:
    parts = [_part(part) for part in message["content"]]
    if all(part["type"] == "text" for part in parts):
        return {"role": message["role"], "content": "\n".join([part["text"] for part in parts])}
    return {"role": message["role"], "content": parts}


def _part(part: Document) -> Document:
    kind = part["type"]
    if kind == "text":
        return {"type": "text", "text": part["text"]["value"]}
    if kind == "refusal":
        return {"type": "text", "text": part["refusal"]}
    if kind == "image_url":
        return {"type": "image_url", "image_url": part["image_url"]}
    return {"type": "file", "file": {"file_id": part["image_file"]["file_id"]}}


def _called(calls: Sequence[Document]) -> list[Document]:
    """What the run has called and been answered, as an assistant's message and those of the tools."""
    if not calls:
        return []
    functions = [
        {
            "id": call["id"],
            "type": "function",
            "function": {"name": documents.tool_name(call), "arguments": _input(call)},
        }
        for call in calls
    ]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": _output(call)} for call in calls]
    return [{"role": "assistant", "content": None, "tool_calls": functions}, *results]


def _input(call: Document) -> str:
    used = call[call["type"]]
    return used.get("arguments") or used.get("input") or ""


def _output(call: Document) -> str:
    used = call[call["type"]]
    if call["type"] == "function":
        return used["output"] or ""
    shown = used.get("outputs") or used.get("results") or ()
    return "\n".join([output.get("logs") or output.get("file_name") or "" for output in shown])


def _wanted(run: Document, model: ModelSpec, has_called: bool, files: Sequence[str], outcome: Outcome) -> Wanted | None:
    """A tool that must be called is called once in a run: then the model may choose."""
    tools = [_tool(tool, files) for tool in run["tools"]]
    choice = run["tool_choice"]
    named = None
    if isinstance(choice, dict):
        name = documents.tool_name(choice)
        named = next((tool for tool in tools if tool.name == name and not has_called), None)
        choice = "auto"
    schema = run["response_format"]
    kind = schema["type"] if isinstance(schema, dict) else "text"
    effort = effort_of(run.get("reasoning_effort"), model)
    if not tools and kind == "text" and effort is None and not outcome:
        return None
    return Wanted(
        tools=tools,
        choice="auto" if has_called and choice == "required" else choice,
        named=named,
        parallel=run["parallel_tool_calls"],
        json_schema=(schema["json_schema"].get("schema") or ANY_OBJECT) if kind == "json_schema" else None,
        is_json=kind == "json_object",
        effort=effort,
        outcome=outcome,
    )


def _tool(tool: Document, files: Sequence[str]) -> Tool:
    kind = tool["type"]
    if kind == "function":
        function = tool["function"]
        return Tool(
            kind, function["name"], function.get("description") or "", parameters=function.get("parameters") or {}
        )
    names = f" {' '.join(files)}" if kind == "file_search" else ""
    return Tool(kind, kind, HOSTED[kind] + names, ends_turn=False)
