"""What a chat request wants besides plain text: tools, JSON, reasoning. Raises ApiError for what cannot be."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson

from fakeai.content.grammars import check_grammar
from fakeai.content.schemas.strict import check_given, check_pattern, check_schema
from fakeai.content.script import Tool
from fakeai.content.wanted import Wanted, check_distinct, check_format, effort_of, mentions_json, outcome_of
from fakeai.core.errors import ApiError, unsupported_parameter
from fakeai.core.operation import Document
from fakeai.core.specs import ModelSpec

MORE_THAN_TEXT = {
    *("functions", "guided_choice", "guided_json", "guided_regex", "response_format", "structured_outputs", "tools"),
}
FORMS = {"reasoning_content": "shown", "reasoning": "shown", "think": "tags"}
"""How the catalog's reasoning_field has a thought appear."""


def wanted(document: Document, model: ModelSpec, headers: Mapping[str, str]) -> Wanted | None:
    """None for plain text, which most requests want."""
    effort = effort_of(document.get("reasoning_effort"), model) if _thinks(document) else None
    outcome = outcome_of(headers)
    if effort is None and not outcome and MORE_THAN_TEXT.isdisjoint(document):
        return None
    form: Any = FORMS[model.reasoning_field] if model.capabilities.reasoning_text else "hidden"
    answer = Wanted(effort=effort, reasoning=form, outcome=outcome)
    for name in ("tools", "functions"):
        if document.get(name) and not model.capabilities.tools:
            raise unsupported_parameter(name)
    if document.get("tools"):
        _use_tools(answer, document)
    elif document.get("functions"):
        _use_functions(answer, document)
    _use_format(answer, document, model)
    return answer


def _thinks(document: Document) -> bool:
    """Open models have thinking switched off by an argument of their chat template."""
    template = document.get("chat_template_kwargs") or {}
    return template.get("enable_thinking") is not False and template.get("thinking") is not False


# Tools


def _use_tools(answer: Wanted, document: Document) -> None:
    tools = [_tool(tool, f"tools[{number}]") for number, tool in enumerate(document["tools"])]
    check_distinct([tool.name for tool in tools], "tools[{}]")
    choice = document.get("tool_choice") or "auto"
    answer.parallel = document.get("parallel_tool_calls") is not False
    if isinstance(choice, str):
        answer.tools, answer.choice = tools, cast(Any, choice)
    elif choice["type"] == "allowed_tools":
        allowed = choice["allowed_tools"]
        answer.tools = [_find(tools, entry, "tool_choice.allowed_tools.tools") for entry in allowed["tools"]]
        answer.choice = allowed["mode"]
    else:
        answer.tools, answer.named = tools, _find(tools, choice, "tool_choice")
    if answer.choice == "required" and not answer.tools:
        raise ApiError(400, "Invalid 'tool_choice': no tool is allowed.", code="invalid_value", param="tool_choice")


def _tool(tool: Document, param: str) -> Tool:
    if tool["type"] == "custom":
        custom = tool["custom"]
        grammar = (custom.get("format") or {}).get("grammar")
        if grammar is not None:
            check_grammar(grammar, f"{param}.custom.format.grammar.definition")
        return Tool("custom", custom["name"], custom.get("description") or "", grammar=grammar)
    function = tool["function"]
    return _function(function, f"{param}.function.parameters", strict=bool(function.get("strict")))


def _function(function: Document, param: str, strict: bool = False) -> Tool:
    name, parameters = function["name"], function.get("parameters")
    check_given(parameters or None, strict, "function", name, param)
    return Tool("function", name, function.get("description") or "", parameters or {})


def _find(tools: Sequence[Tool], choice: Document, param: str) -> Tool:
    kind = choice.get("type", "function")
    name = (choice.get(kind) or {}).get("name")
    for tool in tools:
        if tool.kind == kind and tool.name == name:
            return tool
    message = f"Invalid value for '{param}': no {kind} named '{name}' was specified in the 'tools' parameter."
    raise ApiError(400, message, code="invalid_value", param=param)


def _use_functions(answer: Wanted, document: Document) -> None:
    """The older way: at most one call."""
    answer.tools = [
        _function(function, f"functions[{number}].parameters") for number, function in enumerate(document["functions"])
    ]
    check_distinct([function.name for function in answer.tools], "functions[{}]")
    answer.parallel = False
    choice = document.get("function_call")
    if choice == "none":
        answer.choice = "none"
    elif isinstance(choice, dict):
        answer.named = _find(answer.tools, {"type": "function", "function": choice}, "function_call")


# JSON


def _use_format(answer: Wanted, document: Document, model: ModelSpec) -> None:
    wish = document.get("response_format") or {"type": "text"}
    check_format(wish["type"], model, "response_format")
    if wish["type"] == "json_object":
        if not mentions_json(document["messages"]):
            message = (
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
            )
            raise ApiError(400, message, param="messages")
        answer.is_json = True
    elif wish["type"] == "json_schema":
        answer.json_schema = _schema(wish["json_schema"])
    _use_guided(answer, document)


def _use_guided(answer: Wanted, document: Document) -> None:
    """vLLM's structured outputs, and the parameters that they have replaced."""
    guided = document.get("structured_outputs") or {}

    def given(name: str) -> Any:
        value = guided.get(name)
        return document.get(f"guided_{name}") if value is None else value

    schema, pattern, options = given("json"), given("regex"), given("choice")
    if schema is not None:
        answer.json_schema, answer.schema_param = _guided_schema(schema), "structured_outputs.json"
    elif pattern is not None:
        check_pattern(pattern, "structured_outputs.regex")
        answer.text_schema = {"type": "string", "pattern": f"^(?:{pattern})$"}
    elif options:
        answer.text_schema = {"enum": options}
    elif guided.get("json_object"):
        answer.is_json = True


def _guided_schema(schema: Any) -> Any:
    try:
        schema = orjson.loads(schema) if isinstance(schema, str) else schema
    except orjson.JSONDecodeError as error:
        message = f"Invalid JSON schema: {error}."
        raise ApiError(400, message, code="invalid_value", param="structured_outputs.json") from None
    check_schema(schema, "response_format", "guided", "structured_outputs.json")
    return schema


def _schema(wish: Document) -> Mapping[str, Any] | bool:
    schema = wish.get("schema")
    check_given(schema, bool(wish.get("strict")), "response_format", wish["name"], "response_format")
    return {"type": "object"} if schema is None else schema
