"""What a request wants of its answer besides text that goes with the prompt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fakeai.content.prompt import content_text
from fakeai.content.script import Tool
from fakeai.core.errors import ApiError, unsupported_parameter, unsupported_value
from fakeai.core.specs import ModelSpec

OUTCOME_HEADER = "x-fakeai-outcome"
OUTCOMES = ("refusal", "content_filter")
DEFAULT_EFFORT = "medium"
FORMAT_NEEDS = {"json_object": "json_mode", "json_schema": "structured_outputs"}
"""Format of the text → the capability that it takes."""


@dataclass(slots=True)
class Wanted:
    tools: Sequence[Tool] = ()
    """That may be called; those that a request offers but does not allow are left out."""
    choice: Literal["none", "auto", "required"] = "auto"
    named: Tool | None = None
    """Must be called."""
    parallel: bool = True
    """Whether one answer may have several calls."""
    max_hosted_calls: int | None = None
    """Of tools that the server runs itself."""
    json_schema: Mapping[str, Any] | bool | None = None
    """Of the text, which is JSON."""
    text_schema: Mapping[str, Any] | None = None
    """Of the text as a string: a pattern or an enum."""
    schema_param: str = "response_format"
    """Where the request has the schema."""
    is_json: bool = False
    """The text is a JSON object of whatever form."""
    effort: str | None = None
    """Of reasoning; None: the model does not reason."""
    reasoning: Literal["hidden", "shown", "tags"] = "hidden"
    """Whether it has a text, as open models and summaries have, and whether that is part of the answer, in <think>."""
    outcome: Literal["", "refusal", "content_filter"] = ""
    """How the answer shall end, if a client asks for that."""


def told_effort(asked: str | None, model: ModelSpec) -> str | None:
    """What holds for a request, "none" included; None for a model that cannot think."""
    return asked or model.default_reasoning_effort or DEFAULT_EFFORT if model.capabilities.reasoning else None


def effort_of(asked: str | None, model: ModelSpec) -> str | None:
    """How hard a model thinks that may be asked to; None if it does not think at all."""
    effort = told_effort(asked, model)
    return None if effort == "none" else effort


def check_effort(effort: str | None, model: ModelSpec, param: str) -> None:
    """Raises ApiError 400 for an effort that the model does not take."""
    if effort is None or effort in model.reasoning_efforts:
        return
    if not model.reasoning_efforts:
        raise unsupported_parameter(param)
    known = ", ".join(f"'{name}'" for name in model.reasoning_efforts)
    raise unsupported_value(param, f"'{effort}'", f"Supported values are: {known}.")


def check_format(kind: str, model: ModelSpec, param: str, named: str = "this model") -> None:
    """Raises ApiError 400 for a format of the text that the model cannot keep to. named: what the message calls it."""
    needed = FORMAT_NEEDS.get(kind)
    if needed and not getattr(model.capabilities, needed):
        message = f"Invalid parameter: '{param}' of type '{kind}' is not supported with {named}."
        raise ApiError(400, message, param=param)


def mentions_json(messages: Iterable[Mapping[str, Any]]) -> bool:
    """Without the word models run on in JSON mode, so it is demanded."""
    return any("json" in content_text(message.get("content")).lower() for message in messages)


def outcome_of(headers: Mapping[str, str]) -> Any:
    """Of the header by which a client has an answer refused or filtered. Raises ApiError 400 for other values."""
    outcome = headers.get(OUTCOME_HEADER)
    if outcome is not None and outcome not in OUTCOMES:
        message = f"Invalid value: '{outcome}'. Supported values are: 'refusal' and 'content_filter'."
        raise ApiError(400, message, code="invalid_value", param=OUTCOME_HEADER)
    return outcome or ""


def check_distinct(names: Iterable[str | None], param: str) -> None:
    """Raises ApiError 400 for the second tool of a name. param: of a tool, with {} for its number."""
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            param = param.format(number)
            raise ApiError(400, f"Duplicate tool name: '{name}' in '{param}'.", code="invalid_value", param=param)
        if name is not None:
            seen.add(name)
