"""LlamaIndex: an agent with a tool, structured prediction, a stream."""

import asyncio
import os

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.prompts import PromptTemplate
from llama_index.llms.openai import OpenAI
from pydantic import BaseModel


class Trip(BaseModel):
    """A trip to a city."""

    city: str
    days: int


def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"It is 21 degrees in {city}"


llm = OpenAI(model="gpt-4o-mini", api_base=os.environ["OPENAI_BASE_URL"])


async def use() -> None:
    agent = FunctionAgent(tools=[get_weather], llm=llm)
    said = await agent.run("What's the weather in Paris?")
    assert "21 degrees in Paris" in str(said), said


asyncio.run(use())
trip = llm.structured_predict(Trip, PromptTemplate("Plan {days} days in Lisbon"), days=3)
assert isinstance(trip, Trip)
parts = [part.delta for part in llm.stream_complete("Why is the sky blue?")]
assert len(parts) > 3
