"""What OpenAI refuses in a chat request although its schema allows it."""

from fakeai.content.wanted import check_effort
from fakeai.core.errors import ApiError, NotFound, missing_parameter, unsupported_parameter, unsupported_value
from fakeai.core.operation import Document
from fakeai.core.specs import Modality, ModelSpec
from fakeai.engine.cached import check_caching

DEFAULTS: Document = {
    **{"temperature": 1, "top_p": 1, "n": 1, "presence_penalty": 0, "frequency_penalty": 0},
    "verbosity": "medium",
}
"""Values that a model takes even if it does not support the parameter."""

WITH_CAPABILITY = ("web_search_options", "web_search"), ("verbosity", "verbosity")
"""(parameter, the capability without which a model does not support it)."""

WITH_PREDICTION = {"n": 1, "logprobs": 0, "presence_penalty": 0, "frequency_penalty": 0, "max_completion_tokens": 0}
"""The most that these may be beside a prediction."""
RULED = {
    *("function_call", "max_completion_tokens", "metadata", "modalities", "parallel_tool_calls", "prediction"),
    *("stream_options", "tool_choice", "top_logprobs"),
}
"""Without any of these only the model and the messages can break a rule."""
NEEDED: dict[str, Modality] = {"image_url": "image", "file": "image", "input_audio": "audio"}
"""Which modality a model must have to take a part of that type: of files it sees the pages."""


def check(document: Document, model: ModelSpec) -> None:
    """Raises ApiError for the first rule that is broken."""
    if "chat" not in model.endpoints:
        raise NotFound(
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
            "Did you mean to use v1/completions?",
            param="model",
        )
    _check_model(document, model)
    if not RULED.isdisjoint(document):
        _check_combinations(document)
        _check_prediction(document)
        _check_tools(document)
        _check_output(document)
    check_messages(document["messages"])
    check_parts(document["messages"], model)


def _check_model(document: Document, model: ModelSpec) -> None:
    refused = model.unsupported_parameters
    effort = document.get("reasoning_effort") or model.default_reasoning_effort
    if model.unsupported_when_reasoning and effort != "none":
        refused += model.unsupported_when_reasoning
    refused += tuple(name for name, needed in WITH_CAPABILITY if not getattr(model.capabilities, needed))
    for name in refused:
        value = document.get(name)
        if value is None or value == DEFAULTS.get(name):
            continue
        if name in DEFAULTS:
            raise unsupported_value(name, repr(value), f"Only the default ({DEFAULTS[name]}) value is supported.")
        raise unsupported_parameter(name, "Use 'max_completion_tokens' instead." if name == "max_tokens" else "")
    check_effort(document.get("reasoning_effort"), model, "reasoning_effort")
    check_limit(document, model)
    check_caching(document, model)


def check_limit(document: Document, model: ModelSpec) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        limit, wanted = model.max_output_tokens, document.get(name)
        if limit is not None and wanted is not None and wanted > limit:
            message = f"{name} is too large: {wanted}. This model supports at most {limit} completion tokens, "
            raise ApiError(400, f"{message}whereas you provided {wanted}.", code="invalid_value", param=name)
        if wanted is not None and wanted < 1:
            message = f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {wanted} instead."
            raise ApiError(400, message, code="integer_below_min_value", param=name)


def _check_combinations(document: Document) -> None:
    def given(name: str) -> bool:
        return document.get(name) is not None

    if given("max_tokens") and given("max_completion_tokens"):
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise ApiError(400, message, code="invalid_parameter_combination", param="max_tokens")
    if given("stream_options") and not document.get("stream"):
        raise _only_allowed("stream_options", "'stream' is enabled")
    if given("top_logprobs") and not document.get("logprobs"):
        raise _only_allowed("top_logprobs", "'logprobs' is enabled")
    if document.get("metadata") and not document.get("store"):
        raise _only_allowed("metadata", "'store' is enabled")


def _only_allowed(name: str, when: str) -> ApiError:
    return ApiError(400, f"The '{name}' parameter is only allowed when {when}.", param=name)


def _check_prediction(document: Document) -> None:
    """A predicted answer is compared with one plain text: nothing may change its sampling, length or form."""
    if document.get("prediction") is None:
        return
    used = [name for name, most in WITH_PREDICTION.items() if (document.get(name) or 0) > most]
    used += [name for name in ("tools", "functions") if document.get(name)]
    used += ["modalities"] if "audio" in (document.get("modalities") or ()) else []
    if used:
        raise ApiError(400, f"'{used[0]}' is not supported when 'prediction' is given.", param=used[0])


def _check_tools(document: Document) -> None:
    tools = document.get("tools")
    for name in ("tool_choice", "parallel_tool_calls"):
        if document.get(name) is not None and not tools:
            raise ApiError(400, f"'{name}' is only allowed when 'tools' are specified.", param=name)
    if document.get("function_call") is not None and not document.get("functions"):
        message = "'function_call' is only allowed when 'functions' are specified."
        raise ApiError(400, message, param="function_call")


def _check_output(document: Document) -> None:
    if "audio" in (document.get("modalities") or ()):
        raise unsupported_value("modalities", "'audio'", "Only 'text' is supported.")


def check_messages(messages: list[Document]) -> None:
    """Tool messages answer the calls of the assistant message before them, all of them."""
    waiting: dict[str, None] = {}
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            _answer(waiting, message, number)
            continue
        _check_answered(waiting)
        waiting = _calls(message, number)
        if message["role"] == "assistant" and not _says_something(message):
            text = "Invalid value for 'content': expected a string, got null."
            raise ApiError(400, text, param=f"messages.[{number}].content")
    _check_answered(waiting)


def check_parts(messages: list[Document], model: ModelSpec) -> None:
    """Of a type, and with a mark, that the model takes."""
    for number, message in enumerate(messages):
        content = message.get("content")
        if not isinstance(content, list):
            continue
        for index, part in enumerate(content):
            kind = part["type"]
            if kind == "file" and not part["file"].keys() & {"file_data", "file_id"}:
                raise missing_parameter(f"messages.[{number}].content.[{index}].file.file_id")
            if part.get("prompt_cache_breakpoint") and model.cached_tokens != "breakpoints":
                raise unsupported_parameter(f"messages.[{number}].content.[{index}].prompt_cache_breakpoint")
            if NEEDED.get(kind, "text") not in model.input_modalities:
                text = f"Invalid content type. {kind} is only supported by certain models."
                raise ApiError(400, text, param=f"messages.[{number}].content.[{index}].type")


def _calls(message: Document, number: int) -> dict[str, None]:
    """Ids of its calls."""
    waiting: dict[str, None] = {}
    for call in message.get("tool_calls") or ():
        if call["id"] in waiting:
            text = f"Duplicate value for 'tool_call_id' of '{call['id']}' in messages.[{number}].tool_calls."
            raise ApiError(400, text, param=f"messages.[{number}].tool_calls")
        waiting[call["id"]] = None
    return waiting


def _answer(waiting: dict[str, None], message: Document, number: int) -> None:
    if message["tool_call_id"] not in waiting:
        text = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        raise ApiError(400, f"Invalid parameter: {text}", param=f"messages.[{number}].role")
    del waiting[message["tool_call_id"]]


def _check_answered(waiting: dict[str, None]) -> None:
    if waiting:
        raise ApiError(
            400,
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}",
            param="messages",
        )


def _says_something(message: Document) -> bool:
    return any(message.get(name) is not None for name in ("content", "refusal", "tool_calls", "function_call", "audio"))
