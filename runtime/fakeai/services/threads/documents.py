"""Threads, messages, runs and run steps when they come into being, with every field that the contract has."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.core.operation import Document

EXPIRES_AFTER_S = 600
"""A run that is not over by then, or that waits for outputs of tools, expires."""
ACTIVE = ("queued", "in_progress", "requires_action", "cancelling")
MESSAGES, RUNS, STEPS = "threads/{}/messages", "threads/{}/runs", "threads/{}/runs/{}/steps"
"""Collections, with the ids of thread and run left out."""
_TOOL_CHOICE, _FORMAT, _TRUNCATION = "auto", "auto", {"type": "auto", "last_messages": None}


def thread(id: str, created: int, request: Document, tool_resources: Document) -> Document:
    metadata = request.get("metadata") or {}
    return {
        "id": id,
        "object": "thread",
        "created_at": created,
        "tool_resources": tool_resources,
        "metadata": metadata,
    }


def message(id: str, created: int, thread_id: str, request: Document) -> Document:
    """That a client adds."""
    content = request["content"]
    return {
        "id": id,
        "object": "thread.message",
        "created_at": created,
        "thread_id": thread_id,
        "status": "completed",
        "incomplete_details": None,
        "completed_at": created,
        "incomplete_at": None,
        "role": request["role"],
        "content": [text(content)] if isinstance(content, str) else [_shown(part) for part in content],
        "assistant_id": None,
        "run_id": None,
        "attachments": request.get("attachments") or [],
        "metadata": request.get("metadata") or {},
    }


def text(value: str) -> Document:
    return {"type": "text", "text": {"value": value, "annotations": []}}


def _shown(part: Document) -> Document:
    kind = part["type"]
    return text(part["text"]) if kind == "text" else {"type": kind, kind: {"detail": "auto"} | part[kind]}


def answer(id: str, created: int, run: Document) -> Document:
    """The message of a run before anything was said."""
    begun = message(id, created, run["thread_id"], {"role": "assistant", "content": []})
    own = {"status": "in_progress", "completed_at": None, "assistant_id": run["assistant_id"], "run_id": run["id"]}
    return begun | own


def run(id: str, created: int, thread_id: str, assistant: Document, request: Document) -> Document:
    """What the request does not say is as the assistant has it."""

    def wanted(name: str, default: Any = None) -> Any:
        values = (request.get(name), assistant.get(name), default)
        return next((value for value in values if value is not None), None)

    parallel = request.get("parallel_tool_calls")
    return {
        "id": id,
        "object": "thread.run",
        "created_at": created,
        "thread_id": thread_id,
        "assistant_id": request["assistant_id"],
        "status": "queued",
        "required_action": None,
        "last_error": None,
        "expires_at": created + EXPIRES_AFTER_S,
        "started_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "incomplete_details": None,
        "model": wanted("model"),
        "instructions": _instructions(wanted("instructions", ""), request.get("additional_instructions")),
        "tools": wanted("tools", []),
        "metadata": request.get("metadata") or {},
        "usage": None,
        "temperature": wanted("temperature", 1),
        "top_p": wanted("top_p", 1),
        "max_prompt_tokens": request.get("max_prompt_tokens"),
        "max_completion_tokens": request.get("max_completion_tokens"),
        "truncation_strategy": request.get("truncation_strategy") or _TRUNCATION,
        "tool_choice": request.get("tool_choice") or _TOOL_CHOICE,
        "parallel_tool_calls": True if parallel is None else parallel,
        "response_format": wanted("response_format", _FORMAT),
        "reasoning_effort": wanted("reasoning_effort"),
    }


def _instructions(own: str, more: str | None) -> str:
    return f"{own}\n{more}" if own and more else own or more or ""


def step(id: str, created: int, run: Document, details: Document) -> Document:
    return {
        "id": id,
        "object": "thread.run.step",
        "created_at": created,
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "run_id": run["id"],
        "type": details["type"],
        "status": "in_progress",
        "step_details": details,
        "last_error": None,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": None,
    }


def usage(prompt_tokens: int, completion_tokens: int) -> Document:
    total = prompt_tokens + completion_tokens
    return {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}


def calls_of(steps: Sequence[Document]) -> list[Document]:
    """All calls of tools, in the order in which they were made."""
    return [call for step in steps for call in step["step_details"].get("tool_calls", ())]


def tool_name(tool: Document) -> str:
    """Of a tool, of a choice or of a call: hosted ones are named by their type."""
    function = tool.get("function") or {}
    return str(function.get("name") or tool["type"])


def required_action(calls: Sequence[Document]) -> Document:
    """Outputs of the functions among the calls."""
    wanted = [
        {"id": call["id"], "type": "function", "function": {n: call["function"][n] for n in ("name", "arguments")}}
        for call in calls
        if call["type"] == "function"
    ]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": wanted}}


def answered(calls: Sequence[Document], outputs: Mapping[str, str]) -> list[Document]:
    """The calls with the outputs of functions, by call id."""
    return [
        call | {"function": call["function"] | {"output": outputs[call["id"]]}} if call["id"] in outputs else call
        for call in calls
    ]


def without_text(step: Document) -> Document:
    """The step without the text of what a file search found."""
    details = step["step_details"]
    if details["type"] != "tool_calls":
        return step
    calls = [_without_text(call) if call["type"] == "file_search" else call for call in details["tool_calls"]]
    return step | {"step_details": details | {"tool_calls": calls}}


def _without_text(call: Document) -> Document:
    found = call["file_search"]
    results = [{name: result[name] for name in ("file_id", "file_name", "score")} for result in found["results"]]
    return call | {"file_search": found | {"results": results}}
