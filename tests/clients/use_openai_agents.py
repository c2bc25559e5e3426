"""openai-agents: a loop with tools and a handoff, an output type, a stream; by chat completions and by Responses."""

import asyncio
import sys

from agents import Agent, Runner, function_tool, set_default_openai_api, set_tracing_disabled
from pydantic import BaseModel

set_tracing_disabled(True)


class Trip(BaseModel):
    city: str
    days: int


@function_tool
def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"It is 21 degrees in {city}"


async def use(api: str) -> None:
    set_default_openai_api(api)
    agent = Agent(name="Guide", instructions="Help travellers.", model="gpt-4o-mini", tools=[get_weather])
    result = await Runner.run(agent, "What's the weather in Paris?", max_turns=4)
    assert "21 degrees in Paris" in result.final_output, result.final_output

    planner = Agent(name="Planner", model="gpt-4o-mini", output_type=Trip)
    planned = await Runner.run(planner, "Plan 3 days in Lisbon", max_turns=2)
    assert isinstance(planned.final_output, Trip)

    desk = Agent(name="Desk", model="gpt-4o-mini", instructions="Pass people on.", handoffs=[agent])
    passed = await Runner.run(desk, "Transfer me to the Guide", max_turns=4)
    assert passed.last_agent.name == "Guide", passed.last_agent

    streamed = Runner.run_streamed(agent, "What's the weather in Paris?", max_turns=4)
    kinds = [event.type async for event in streamed.stream_events()]
    assert kinds.count("raw_response_event") > 5
    assert "21 degrees in Paris" in streamed.final_output


async def main() -> None:
    """In one event loop, which the SDK's connections belong to."""
    for api in sys.argv[1:] or ["chat_completions", "responses"]:
        await use(api)


asyncio.run(main())
