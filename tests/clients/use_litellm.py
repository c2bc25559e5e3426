"""LiteLLM: a loop with a tool, structured output, a stream rebuilt."""

from typing import Any

import litellm
from pydantic import BaseModel

MODEL = "openai/gpt-4o-mini"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Trip(BaseModel):
    city: str
    days: int


messages: list[Any] = [{"role": "user", "content": "What's the weather in Paris?"}]
for _ in range(5):
    said = litellm.completion(model=MODEL, messages=messages, tools=[TOOL]).choices[0].message
    if not said.tool_calls:
        break
    messages.append(said)
    messages += [{"role": "tool", "tool_call_id": call.id, "content": "21 degrees"} for call in said.tool_calls]
assert len(messages) == 3, messages
assert "21 degrees" in said.content

ask = [{"role": "user", "content": "Plan 3 days in Lisbon"}]
trip = litellm.completion(model=MODEL, messages=ask, response_format=Trip).choices[0].message.content
Trip.model_validate_json(trip)

chunks = list(litellm.completion(model=MODEL, messages=ask, stream=True, stream_options={"include_usage": True}))
whole = litellm.stream_chunk_builder(chunks, messages=ask)
assert whole.choices[0].message.content
assert whole.usage.completion_tokens > 1
