"""What tests of assistants ask, and how they read the answers."""

from typing import Any

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
HOSTED: Any = [{"type": "code_interpreter"}, {"type": "file_search"}]
BETA = {"openai-beta": "assistants=v2"}
SEA: Any = [{"role": "user", "content": "Tell me about the sea."}]
ASK: Any = [{"role": "user", "content": "How is the weather in Paris?"}]


def outputs_for(run: Any, output: str = '{"sky": "clear"}') -> list[Any]:
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": output} for call in calls]


def steps_of(beta: Any, run: Any) -> list[Any]:
    return list(beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc"))


def text_of(message: Any) -> str:
    return str(message.content[0].text.value)
