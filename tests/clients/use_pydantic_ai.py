"""pydantic-ai: agents with tools, an output type delivered by a tool, a stream."""

import asyncio

from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel


class Forecast(BaseModel):
    city: str
    celsius: float


asked: list[str] = []
model = OpenAIChatModel("gpt-4o-mini")
agent = Agent(model, output_type=Forecast)


@agent.tool_plain
def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    asked.append(city)
    return "21 degrees"


result = agent.run_sync("What's the weather in Paris?")
assert isinstance(result.output, Forecast), result.output
assert asked == ["Paris"], asked

talker = Agent(model)


@talker.tool_plain
def get_time(place: str) -> str:
    """Get the current time at a place."""
    return "12:30"


said = talker.run_sync("What time is it in Rome?").output
assert "12:30" in said, said


async def streamed() -> str:
    async with talker.run_stream("What time is it in Rome?") as stream:
        parts = [part async for part in stream.stream_text(delta=True, debounce_by=None)]
    assert len(parts) > 1
    return "".join(parts)


assert "12:30" in asyncio.run(streamed())
