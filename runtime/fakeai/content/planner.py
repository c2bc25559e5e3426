"""What an answer consists of: reasoning, then calls of tools or a text, a refusal or JSON.

Within one turn of the user a tool is called once, then its result is told: so every loop of an agent ends.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson

from fakeai.content import reasoning
from fakeai.content.grammars import grammar_text
from fakeai.content.prompt import Prompt
from fakeai.content.relevance import about_first, likeliest, relevant
from fakeai.content.schemas.document import CannotWrite
from fakeai.content.schemas.said import said_in
from fakeai.content.schemas.shown import named_schema, shown_schema
from fakeai.content.schemas.strict import format_code
from fakeai.content.schemas.writing import schema_text
from fakeai.content.script import FinishReason, Part, Script, Tool
from fakeai.content.text import Budget
from fakeai.content.tokenizer import Piece, Tokenizer
from fakeai.content.voice import voice
from fakeai.content.wanted import Wanted
from fakeai.core.errors import ApiError
from fakeai.core.seeds import Draw

MAX_CALLS = 4
"""In one answer."""
REFUSAL = "I'm sorry, but I can't assist with that request."
ANY_OBJECT: dict[str, object] = {"type": "object"}
_CLOSING = ("final", "answer", "respond", "response", "result", "output", "submit", "finish", "done")
"""Words in the names of tools by which frameworks have an answer delivered: they come after the others."""

Write = Callable[[Prompt, Budget], Script]
"""A text of its own accord, with the request's stops obeyed."""


def plan(wanted: Wanted, said: Prompt, budget: Budget, r: Draw, tokenizer: Tokenizer, write: Write) -> Script:
    """A script of parts, cut at the budget."""
    parts = _thoughts(wanted, said, budget, r, tokenizer)
    left = _left(budget, parts)
    if left.max_tokens is not None and left.max_tokens <= 0:
        return _script(_cut(parts, budget.max_tokens or 0), "length")
    calls = _calls(wanted, said, r, tokenizer)
    parts += calls
    if any(call.tool and call.tool.ends_turn for call in calls):
        return _fitted(parts, "tool_calls" if wanted.named is None else "stop", budget)
    left = _left(left, calls)
    if left.max_tokens is not None and left.max_tokens <= 0:
        return _fitted(parts, "stop", budget)
    text, reason = _text(wanted, said, left, r, tokenizer, write)
    return _fitted([*parts, text], reason, budget)


def _left(budget: Budget, parts: Sequence[Part]) -> Budget:
    """By the parts."""
    used = sum([part.tokens for part in parts])
    most = None if budget.max_tokens is None else budget.max_tokens - used
    return budget._replace(max_tokens=most, min_tokens=max(0, budget.min_tokens - used))


def _thoughts(wanted: Wanted, said: Prompt, budget: Budget, r: Draw, tokenizer: Tokenizer) -> list[Part]:
    if wanted.effort is None:
        return []
    speaker = voice(tokenizer.name).speaker(said)
    tokens = reasoning.tokens_of(wanted.effort, speaker.theme.kind, r)
    if budget.exact and budget.max_tokens is not None:  # a load generator's request, which measures text
        tokens = min(tokens, budget.max_tokens // 2)
    if not tokens:
        return []
    if wanted.reasoning == "hidden":
        return [reasoning.hidden(tokens)]
    thought = reasoning.shown(speaker, tokens, r)
    return [reasoning.tagged(thought, tokenizer) if wanted.reasoning == "tags" else thought]


# Calls


def _calls(wanted: Wanted, said: Prompt, r: Draw, tokenizer: Tokenizer) -> list[Part]:
    calls: list[Part] = []
    hosted = 0
    chosen = _chosen(wanted, said)
    for tool in chosen:
        about = about_first(tool, said.user) if len(chosen) > 1 else said.user
        hosted += not tool.ends_turn
        if not tool.ends_turn and wanted.max_hosted_calls is not None and hosted > wanted.max_hosted_calls:
            continue
        inputs = [_input(tool, about, r)]
        if wanted.parallel and wanted.named is None:
            inputs += _others(tool, inputs[0], about, r)
        calls += [_call(tool, text, tokenizer) for text in inputs]
    return calls[:MAX_CALLS]


def _chosen(wanted: Wanted, said: Prompt) -> list[Tool]:
    if wanted.named is not None:
        return [wanted.named]
    if wanted.choice == "none" or not wanted.tools:
        return []
    before = said.earlier[-1] if said.earlier else ""
    found = [tool for tool in relevant(wanted.tools, said.user, before) if tool.name not in said.called]
    if not found and wanted.choice == "required":
        fresh = [tool for tool in wanted.tools if tool.name not in said.called]
        closing = [tool for tool in fresh if any(word in tool.name.lower() for word in _CLOSING)]
        found = [likeliest(closing or fresh or wanted.tools, said.user)]
    return found[:MAX_CALLS] if wanted.parallel else found[:1]


def _call(tool: Tool, text: str, tokenizer: Tokenizer) -> Part:
    name = Piece(tool.name, tuple(tokenizer.ids(tool.name)))
    return Part("call", text, [name, *tokenizer.pieces(text)], tool)


def _input(tool: Tool, said: str, r: Draw) -> str:
    """Arguments by the tool's schema. A custom tool's input is by its grammar, else what the user said."""
    if tool.kind == "custom" and tool.grammar is None:
        return said
    try:
        if tool.grammar is not None:
            return grammar_text(tool.grammar, said, r)
        return schema_text(tool.parameters or ANY_OBJECT, said, r)
    except CannotWrite as error:
        message = f"Invalid schema for {tool.kind} '{tool.name}': {error}"
        raise ApiError(400, message, code="invalid_function_parameters", param="tools") from None


def _string(schema: Mapping[str, Any], said: str, r: Draw) -> str:
    return str(orjson.loads(schema_text(schema, said, r)))


def _others(tool: Tool, first: str, said: str, r: Draw) -> list[str]:
    """Further calls if the message lists several things of which one call takes one: "in Paris, Rome and Oslo"."""
    series = said_in(said).series
    values = [] if tool.kind == "custom" or not series else list(orjson.loads(first).values())
    if not series or series[0] not in values or any(isinstance(value, list) and series[0] in value for value in values):
        return []
    return [_input(tool, said.replace(series[0], other), r) for other in series[1:]]


# Text


def _text(
    wanted: Wanted, said: Prompt, budget: Budget, r: Draw, tokenizer: Tokenizer, write: Write
) -> tuple[Part, FinishReason]:
    if wanted.outcome == "refusal":
        return Part("refusal", REFUSAL, tokenizer.pieces(REFUSAL)), "stop"
    text = _by_schema(wanted, said, r)
    if text is not None:
        return Part("text", text, tokenizer.pieces(text)), "stop"
    if wanted.is_json:
        said = said._replace(system=f"{said.system}\nAnswer with JSON only.", wants_json=True)
    script = write(said, budget)
    part = Part("text", script.text, script.pieces)
    return part, "content_filter" if wanted.outcome == "content_filter" else script.finish_reason


def _by_schema(wanted: Wanted, said: Prompt, r: Draw) -> str | None:
    """None if there is no schema for the text, neither asked for nor, in JSON mode, shown in the prompt."""
    try:
        if wanted.json_schema is not None:
            return schema_text(wanted.json_schema, said.user, r)
        if wanted.text_schema is not None:
            return _string(wanted.text_schema, said.user, r)
    except CannotWrite as error:
        param = wanted.schema_param
        message = f"Invalid schema for response_format: {error}"
        raise ApiError(400, message, code=format_code(param), param=param) from None
    if not wanted.is_json:
        return None
    prompt = f"{said.system}\n{said.user}"
    shown = shown_schema(prompt) or named_schema(prompt)
    with suppress(CannotWrite):
        return None if shown is None else schema_text(shown, said.user, r)
    return None


# Parts


def _fitted(parts: Sequence[Part], reason: FinishReason, budget: Budget) -> Script:
    most = budget.max_tokens
    if most is not None and sum([part.tokens for part in parts]) > most:
        return _script(_cut(parts, most), "length")
    return _script(parts, reason)


def _cut(parts: Sequence[Part], tokens: int) -> list[Part]:
    """The pieces that fit wholly."""
    kept = []
    for part in parts:
        pieces, left = [], tokens
        for piece in part.pieces:
            if len(piece.ids) > left:
                break
            left -= len(piece.ids)
            pieces.append(piece)
        if len(pieces) == len(part.pieces):
            kept.append(part)
        else:
            said = pieces[1:] if part.kind == "call" else pieces
            if pieces:
                kept.append(part._replace(text="".join([piece.text for piece in said]), pieces=pieces))
            break
        tokens = left
    return kept


def _script(parts: Sequence[Part], reason: FinishReason) -> Script:
    pieces = [piece for part in parts for piece in part.pieces]
    text = "".join([part.text for part in parts if part.kind == "text"])
    return Script(pieces, reason, text, sum([len(piece.ids) for piece in pieces]), parts=parts)
