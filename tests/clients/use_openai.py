"""The official SDK: helpers that parse, streams, a loop with a tool."""

import json
from typing import Any

from openai import OpenAI, pydantic_function_tool
from pydantic import BaseModel

MODEL = "gpt-4o-mini"
client = OpenAI()


class get_weather(BaseModel):
    """Get the current weather of a city."""

    city: str


class Trip(BaseModel):
    city: str
    days: int
    sights: list[str]


messages: list[Any] = [{"role": "user", "content": "What's the weather in Paris?"}]
tools = [pydantic_function_tool(get_weather)]
parsed = client.chat.completions.parse(model=MODEL, messages=messages, tools=tools).choices[0].message
call = (parsed.tool_calls or [])[0]
assert call.function.parsed_arguments == get_weather(city="Paris"), call
messages += [parsed, {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"temperature": 21})}]
end = client.chat.completions.parse(model=MODEL, messages=messages, tools=tools).choices[0].message
assert not end.tool_calls
assert "21" in (end.content or "")

ask: list[Any] = [{"role": "user", "content": "Plan a trip of 3 days to Lisbon"}]
trip = client.chat.completions.parse(model=MODEL, messages=ask, response_format=Trip, seed=1).choices[0].message.parsed
assert isinstance(trip, Trip), trip
with client.chat.completions.stream(model=MODEL, messages=ask, response_format=Trip, seed=1) as stream:
    assert any(event.type == "content.delta" for event in stream)
    assert stream.get_final_completion().choices[0].message.parsed == trip
