"""What OpenAI refuses in a request for a response although its schema allows it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fakeai.content.wanted import check_distinct, check_effort, check_format
from fakeai.core.errors import ApiError, missing_parameter, unsupported_parameter, unsupported_value
from fakeai.core.operation import Document
from fakeai.core.specs import ModelSpec
from fakeai.engine.cached import check_caching
from fakeai.services.responses.head import LOGPROBS
from fakeai.services.responses.inputs import kind_of

NAME = re.compile(r"^[a-zA-Z0-9_-]{1,128}$")
SAMPLING: Document = {"temperature": 1, "top_p": 1, "top_logprobs": 0}
"""Values that a model takes even if it does not support the parameter."""
SOURCES = {"input_image": ("image_url", "file_id"), "input_file": ("file_id", "file_data", "file_url")}
"""Type of a part → where its content may come from."""
OWN = ("function", "custom")
"""Types of tools that the client runs and names."""
CALLS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
}
"""Type of a call that the client answers → type of its answer."""
ID_PREFIXES = {"message": "msg", "function_call": "fc", "reasoning": "rs", "custom_tool_call": "ctc"}


def check(document: Document, model: ModelSpec) -> None:
    """Raises ApiError for the first rule that is broken by the request alone."""
    if "responses" not in model.endpoints:
        raise ApiError(400, f"The model `{model.id}` is not supported with the Responses API.", param="model")
    _check_model(document, model)
    _check_combinations(document)
    _check_tools(document)


def _check_model(document: Document, model: ModelSpec) -> None:
    reasoning = {name: value for name, value in (document.get("reasoning") or {}).items() if value is not None}
    effort = reasoning.get("effort")
    refused = model.unsupported_parameters
    if model.unsupported_when_reasoning and (effort or model.default_reasoning_effort) != "none":
        refused += model.unsupported_when_reasoning
    for name, default in SAMPLING.items():
        value = document.get(name)
        if name in refused and value is not None and value != default:
            raise unsupported_parameter(name)
    _check_capabilities(document, model)
    if reasoning and not model.capabilities.reasoning:
        raise unsupported_parameter("reasoning.effort" if effort else "reasoning")
    if model.reasoning_efforts:
        check_effort(effort, model, "reasoning.effort")
    limit, most = document.get("max_output_tokens"), model.max_output_tokens
    if limit is not None and most is not None and limit > most:
        message = f"max_output_tokens is too large: {limit}. This model supports at most {most} output tokens."
        raise ApiError(400, message, code="invalid_value", param="max_output_tokens")


def _check_capabilities(document: Document, model: ModelSpec) -> None:
    can, text = model.capabilities, document.get("text") or {}
    kind = (text.get("format") or {}).get("type", "text")
    if document.get("tools") and not can.tools:
        raise unsupported_parameter("tools")
    check_format(kind, model, "text.format", f"model `{model.id}`")
    if text.get("verbosity") not in (None, "medium") and not can.verbosity:
        value = f"'{text['verbosity']}'"
        raise unsupported_value("text.verbosity", value, "Supported values are: 'medium'.")
    check_caching(document, model)


def _check_combinations(document: Document) -> None:
    given = document.get
    if given("previous_response_id") and given("conversation"):
        message = (
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing "
            "one of them."
        )
        raise ApiError(400, message, code="mutually_exclusive_parameters", param="previous_response_id")
    if given("input") is None and not any(given(name) for name in ("prompt", "previous_response_id", "conversation")):
        message = "One of 'input', 'previous_response_id', 'prompt' or 'conversation' must be provided."
        raise ApiError(400, message, code="missing_required_parameter", param="input")
    if given("stream_options") and not given("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise ApiError(400, message, param="stream_options")
    if given("background") and given("store") is False:
        raise ApiError(400, "Background mode requires 'store' to be true.", param="background")
    if given("top_logprobs") and LOGPROBS not in (given("include") or ()):
        message = f"'top_logprobs' is only allowed when '{LOGPROBS}' is in 'include'."
        raise ApiError(400, message, param="top_logprobs")


def _check_tools(document: Document) -> None:
    tools = document.get("tools") or ()
    check_distinct([tool["name"] if tool["type"] in OWN else None for tool in tools], "tools[{}].name")
    for number, tool in enumerate(tools):
        if tool["type"] in OWN:
            _check_name(tool["name"], f"tools[{number}].name")
        if tool["type"] == "mcp" and not any(tool.get(name) for name in ("server_url", "connector_id", "tunnel_id")):
            raise missing_parameter(f"tools[{number}].server_url")


def _check_name(name: str, param: str) -> None:
    if not NAME.match(name):
        message = f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern"
        raise ApiError(400, f"{message} '^[a-zA-Z0-9_-]+$'.", code="invalid_value", param=param)


def check_input(items: Sequence[Document], model: ModelSpec) -> None:
    """Rules about the items of the request, one by one and with their neighbours."""
    _check_reasoning(items)
    for number, item in enumerate(items):
        prefix, id = ID_PREFIXES.get(kind_of(item)), item.get("id")
        if id and prefix and not id.startswith(prefix):
            message = f"Invalid 'input[{number}].id': '{id}'. Expected an ID that begins with '{prefix}'."
            raise ApiError(400, message, code="invalid_value", param=f"input[{number}].id")
        if kind_of(item) == "compaction_trigger" and number < len(items) - 1:
            raise ApiError(400, "A compaction trigger must be the last input item.", param=f"input[{number}]")
        content = item.get("content")
        if kind_of(item) == "message" and isinstance(content, list):
            _check_parts(content, f"input[{number}].content", model)


def _check_parts(content: Iterable[Document], place: str, model: ModelSpec) -> None:
    """Of a type, and with a mark, that the model takes."""
    for number, part in enumerate(content):
        sources = SOURCES.get(part["type"], ())
        if sources and not any(part.get(name) for name in sources):
            raise missing_parameter(f"{place}[{number}].{sources[0]}")
        if part["type"] in ("input_image", "input_file") and "image" not in model.input_modalities:
            message = f"Invalid content type. {part['type']} is only supported by certain models."
            raise ApiError(400, message, param=f"{place}[{number}].type")
        if part.get("prompt_cache_breakpoint") and model.cached_tokens != "breakpoints":
            raise unsupported_parameter(f"{place}[{number}].prompt_cache_breakpoint")


def check_pairs(items: Sequence[Mapping[str, Any]]) -> None:
    """Calls that the client has to answer are answered in the conversation, and nothing else is."""
    open_calls: dict[str, str] = {}
    for item in items:
        kind = kind_of(item)
        if kind in CALLS:
            open_calls[item["call_id"]] = kind
        elif kind in CALLS.values() and open_calls.pop(item["call_id"], None) is None:
            call = next(name for name, output in CALLS.items() if output == kind)
            raise _unpaired(f"No tool call found for {_words(call)} output with call_id {item['call_id']}.")
    if open_calls:
        call_id, kind = next(iter(open_calls.items()))
        raise _unpaired(f"No tool output found for {_words(kind)} {call_id}.")


def _check_reasoning(items: Sequence[Document]) -> None:
    """A thought comes with what the model said after it."""
    for item, following in zip(items, [*items, None][1:], strict=True):
        if kind_of(item) == "reasoning" and not _is_said(following):
            id = item.get("id")
            raise _unpaired(f"Item '{id}' of type 'reasoning' was provided without its required following item.")


def _is_said(item: Document | None) -> bool:
    """Whether the model has made the item."""
    return item is not None and item.get("role", "assistant") == "assistant" and kind_of(item) not in CALLS.values()


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _unpaired(message: str) -> ApiError:
    return ApiError(400, message, param="input")
