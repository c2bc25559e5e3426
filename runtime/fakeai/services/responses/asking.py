"""What a request for a response wants, as the engine takes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.content.grammars import check_grammar
from fakeai.content.schemas.strict import check_given
from fakeai.content.script import Tool
from fakeai.content.wanted import Wanted, effort_of, mentions_json, outcome_of
from fakeai.core.errors import ApiError
from fakeai.core.operation import Document
from fakeai.core.specs import ModelSpec
from fakeai.engine.generation import Ask
from fakeai.services.responses.head import conversation_id, summary_of
from fakeai.services.responses.hosted import without_approval
from fakeai.services.responses.inputs import Dialogue
from fakeai.services.responses.tools import Toolbox, chat_tools, choose


def ask(document: Document, model: ModelSpec, dialogue: Dialogue, wants: Wanted | None) -> Ask:
    given = document.get
    return Ask(
        model,
        messages=dialogue.messages,
        tools=chat_tools(given("tools") or ()),
        wanted=wants,
        max_tokens=given("max_output_tokens"),
        temperature=1.0 if given("temperature") is None else document["temperature"],
        top_p=1.0 if given("top_p") is None else document["top_p"],
        cache_mode=(given("prompt_cache_options") or {}).get("mode") or "implicit",
        stream=bool(given("stream")),
        session=given("prompt_cache_key") or conversation_id(document) or given("user"),
    )


def wanted(
    document: Document, model: ModelSpec, headers: Mapping[str, str], box: Toolbox, approved: Document | None
) -> Wanted | None:
    """None for plain text."""
    effort = effort_of((document.get("reasoning") or {}).get("effort"), model)
    form = (document.get("text") or {}).get("format") or {"type": "text"}
    outcome = outcome_of(headers)
    if effort is None and not outcome and not box.tools and form["type"] == "text":
        return None
    shows = model.capabilities.reasoning_text or summary_of(document) is not None
    answer = Wanted(effort=effort, reasoning="shown" if shows else "hidden", outcome=outcome)
    answer.parallel = document.get("parallel_tool_calls") is not False
    answer.max_hosted_calls = document.get("max_tool_calls")
    choice = choose(document.get("tool_choice"), box)
    answer.tools, answer.choice, answer.named = choice.tools, choice.mode, choice.named
    if approved is not None:
        answer.named = _approved(box.tools, approved) or answer.named
    answer.is_json = form["type"] == "json_object"
    if form["type"] == "json_schema":
        answer.json_schema, answer.schema_param = form["schema"], "text.format.schema"
    return answer


def _approved(tools: Sequence[Tool], request: Document) -> Tool | None:
    found = [tool for tool in tools if tool.kind == "mcp" and tool.name == request["name"]]
    return without_approval(found[0]) if found else None


def check_wanted(document: Document, box: Toolbox, dialogue: Dialogue) -> None:
    """Raises ApiError 400 for schemas and choices that cannot be met."""
    for number, tool in enumerate(document.get("tools") or ()):
        if tool["type"] == "function":
            parameters, name = tool.get("parameters") or None, tool["name"]
            check_given(parameters, bool(tool.get("strict")), "function", name, f"tools[{number}].parameters")
        if tool["type"] == "custom" and (tool.get("format") or {}).get("type") == "grammar":
            check_grammar(tool["format"], f"tools[{number}].format.definition")
    form = (document.get("text") or {}).get("format") or {"type": "text"}
    if form["type"] == "json_schema":
        check_given(form["schema"], bool(form.get("strict")), "response_format", form["name"], "text.format.schema")
    if form["type"] == "json_object" and not mentions_json(dialogue.messages):
        message = "Response input messages must contain the word 'json' in some form to use 'text.format' of type"
        raise ApiError(400, f"{message} 'json_object'.", param="input")
    _check_choice(document.get("tool_choice"), box)


def _check_choice(choice: Any, box: Toolbox) -> None:
    picked = choose(choice, box)
    if (isinstance(choice, dict) or picked.mode == "required") and not picked.tools:
        shown = "required" if isinstance(choice, str) else choice.get("name") or choice["type"]
        message = f"Tool choice '{shown}' not found in 'tools' parameter."
        raise ApiError(400, message, code="invalid_value", param="tool_choice")
