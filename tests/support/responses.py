"""What tests of responses ask, and how they are refused."""

from typing import Any

import openai
import pytest

MODEL = "gpt-4o"
REASONING = "gpt-5-mini"
OPEN = "gpt-oss-120b"
QUESTION = "Why is the sky blue? Explain it to a child."
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
ASKING = "What is the weather in Paris?"


def ask(**more: Any) -> dict[str, Any]:
    return {"model": MODEL, "input": QUESTION, "temperature": 0, **more}


def refused(api: openai.OpenAI, **more: Any) -> Any:
    with pytest.raises(openai.APIStatusError) as caught:
        api.responses.create(**(ask() | more))
    error: Any = caught.value.body
    return caught.value.status_code, error["param"], error["code"]
