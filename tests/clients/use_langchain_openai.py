"""langchain-openai: tools bound to a model, structured output in its three ways, a stream added up."""

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


@tool
def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"It is 21 degrees in {city}"


class Trip(BaseModel):
    """A trip to a city."""

    city: str
    days: int


model = ChatOpenAI(model="gpt-4o-mini")
bound = model.bind_tools([get_weather])
messages: list = [HumanMessage("What's the weather in Paris?")]
for _ in range(5):
    said = bound.invoke(messages)
    messages.append(said)
    if not said.tool_calls:
        break
    messages += [ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]) for call in said.tool_calls]
assert len(messages) == 4, messages
assert "21 degrees in Paris" in said.content

for method in ("json_schema", "function_calling", "json_mode"):
    question = "Plan 3 days in Lisbon" + (" as JSON with the keys city and days" if method == "json_mode" else "")
    structured = model.with_structured_output(Trip if method != "json_mode" else None, method=method)
    assert structured.invoke(question), method

whole = None
for chunk in bound.stream([HumanMessage("What's the weather in Paris?")]):
    whole = chunk if whole is None else whole + chunk
assert whole.tool_calls[0]["args"] == {"city": "Paris"}, whole
assert whole.response_metadata["finish_reason"] == "tool_calls"
