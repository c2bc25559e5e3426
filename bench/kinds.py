"""Answers a second of other kinds than plain chat, on one server: tool calls, JSON by schema, responses."""

import json
from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import Any

from bench import subjects
from bench.chats import ANSWER_TOKENS
from bench.figures import Figure, at_least, ratios
from bench.load import Load, run
from bench.plan import Plan, interleaved
from bench.process import running
from bench.prompts import MODEL, PATH, chat_body, prompt
from bench.wire import ask, request

PROMPTS = 20_000
TARGETS = {
    "tools": ("chat", at_least(0.5)),
    "json_schema": ("chat", at_least(0.5)),
    "responses": ("chat", at_least(0.7)),
    "responses, streamed": ("chat, streamed", at_least(0.7)),
}
"""Kind → the kind that it is held against."""
_numbers = count(200_000)

WEATHER: Any = {
    "name": "get_weather",
    "description": "Get the current weather near a place such as a garden, a river or a museum",
    "parameters": {
        "type": "object",
        "properties": {
            "place": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
        },
        "required": ["place", "unit", "days"],
    },
}
TRIP: Any = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "city": {"type": "string"},
        "days": {"type": "integer"},
        "sights": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 4},
        "budget": {"type": "number"},
    },
    "required": ["title", "city", "days", "sights", "budget"],
    "additionalProperties": False,
}


def kinds(plan: Plan) -> list[Figure]:
    """Every prompt a new one."""
    with ExitStack() as stack:
        server = stack.enter_context(running(subjects.fakeai(), plan.cores.server, plan.folder))
        server.connect().close()
        for make in KINDS.values():
            assert ask(server, make(prompt(next(_numbers)))).status == 200
        trials = {name: partial(_load, plan, server, make) for name, make in KINDS.items()}
        for trial in trials.values():
            trial()
        loads = interleaved(plan.runs, trials)
    rates = {name: [load.answers_per_s for load in some] for name, some in loads.items()}
    figures = [
        Figure(f"{name} / {to}", "×", ratios(rates[name], rates[to]), goal) for name, (to, goal) in TARGETS.items()
    ]
    return [*figures, *[Figure(f"kinds: {name}", "answers/s", values) for name, values in rates.items()]]


def _load(plan: Plan, server: Any, make: Any) -> Load:
    return run(server, [make(prompt(next(_numbers))) for _ in range(PROMPTS)], plan.load_s, plan.folder)


def _chat(text: str, **more: Any) -> bytes:
    document = {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}
    return request("POST", PATH, json.dumps(document).encode())


def _response(text: str, stream: bool = False) -> bytes:
    document = {"model": MODEL, "input": text, "max_output_tokens": ANSWER_TOKENS, "store": False, "stream": stream}
    return request("POST", "/v1/responses", json.dumps(document).encode())


KINDS: Any = {
    "chat": lambda text: request("POST", PATH, chat_body(text, ANSWER_TOKENS)),
    "chat, streamed": lambda text: request("POST", PATH, chat_body(text, ANSWER_TOKENS, stream=True)),
    "tools": lambda text: _chat(text, tools=[{"type": "function", "function": WEATHER}], tool_choice="required"),
    "json_schema": lambda text: _chat(
        text, response_format={"type": "json_schema", "json_schema": {"name": "trip", "strict": True, "schema": TRIP}}
    ),
    "responses": _response,
    "responses, streamed": lambda text: _response(text, stream=True),
}
