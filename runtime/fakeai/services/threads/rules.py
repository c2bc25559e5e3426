"""What is refused although the contract's schemas allow it."""

import asyncio
from collections.abc import Sequence

from fakeai.content.schemas.strict import check_given
from fakeai.content.wanted import check_distinct, check_effort, check_format
from fakeai.core.errors import ApiError, unsupported_parameter, unsupported_value
from fakeai.core.operation import Document
from fakeai.core.specs import ModelSpec
from fakeai.engine.engine import OFF_LOOP_SCHEMA_BYTES
from fakeai.services.threads.documents import tool_name

SAMPLING = ("temperature", "top_p")


def check_model(model: ModelSpec, request: Document) -> None:
    """request: an assistant's or a run."""
    if "chat" not in model.endpoints:
        message = f"The requested model '{model.id}' cannot be used with the Assistants API."
        raise ApiError(400, message, code="unsupported_model", param="model")
    _check_capabilities(model, request)
    for name in SAMPLING:
        if name in model.unsupported_parameters and request.get(name) not in (None, 1):
            raise unsupported_value(name, request[name], "Only the default (1) value is supported.")
    check_effort(request.get("reasoning_effort"), model, "reasoning_effort")


def _check_capabilities(model: ModelSpec, request: Document) -> None:
    if not model.capabilities.tools and any(tool["type"] == "function" for tool in request.get("tools") or ()):
        raise unsupported_parameter("tools")
    wish = request.get("response_format")
    check_format(wish["type"] if isinstance(wish, dict) else "text", model, "response_format")


async def check_schemas(request: Document, size_bytes: int) -> None:
    """Of functions and of the answer: an assistant's or a run's."""
    if size_bytes > OFF_LOOP_SCHEMA_BYTES:
        await asyncio.to_thread(_check_schemas, request)
    else:
        _check_schemas(request)


def _check_schemas(request: Document) -> None:
    check_distinct([(tool.get("function") or {}).get("name") for tool in request.get("tools") or ()], "tools[{}]")
    for number, tool in enumerate(request.get("tools") or ()):
        if tool["type"] == "function":
            function, param = tool["function"], f"tools[{number}].function.parameters"
            check_given(
                function.get("parameters") or None, bool(function.get("strict")), "function", function["name"], param
            )
    wish = request.get("response_format")
    if isinstance(wish, dict) and wish["type"] == "json_schema":
        form = wish["json_schema"]
        check_given(form.get("schema"), bool(form.get("strict")), "response_format", form["name"], "response_format")


def check_choice(run: Document) -> None:
    """A tool that must be called has to be there."""
    choice, tools = run["tool_choice"], run["tools"]
    if choice == "required" and not tools:
        raise ApiError(400, "Invalid 'tool_choice': no tool is allowed.", code="invalid_value", param="tool_choice")
    if isinstance(choice, dict) and tool_name(choice) not in map(tool_name, tools):
        message = f"Invalid value for 'tool_choice': no tool named '{tool_name(choice)}' was specified in 'tools'."
        raise ApiError(400, message, code="invalid_value", param="tool_choice")


def check_content(request: Document, param: str = "content") -> None:
    if not request["content"]:
        raise ApiError(400, "Message content must be non-empty.", param=param)


def thread_is_busy(thread_id: str, run_id: str) -> ApiError:
    return ApiError(400, f"Thread {thread_id} already has an active run {run_id}.")


def thread_is_read(thread_id: str, run_id: str) -> ApiError:
    return ApiError(400, f"Can't add messages to {thread_id} while a run {run_id} is active.")


def not_cancellable(status: str) -> ApiError:
    return ApiError(400, f"Cannot cancel run with status '{status}'.")


def wants_no_outputs(status: str) -> ApiError:
    return ApiError(400, f'Runs in status "{status}" do not accept tool outputs.')


def check_outputs(calls: Sequence[Document], outputs: Sequence[Document]) -> None:
    """All that were called for, at once."""
    wanted = [call["id"] for call in calls if call["type"] == "function"]
    got = [output.get("tool_call_id") for output in outputs]
    if sorted(wanted) != sorted(map(str, got)):
        raise ApiError(400, f"Expected tool outputs for call_ids {wanted}, got {got}", param="tool_outputs")
