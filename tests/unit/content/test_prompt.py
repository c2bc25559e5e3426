"""Prompt counts follow OpenAI's published rule, and the prompt's texts are found."""

import base64
import struct

import pytest

from fakeai.content.prompt import Prompt, prompt, prompt_ids, tools_tokens
from fakeai.content.tokenizer import get
from fakeai.core.errors import ApiError
from fakeai.core.specs import ImageTokens, ModelSpec

TOKENIZER = get("o200k_base")
MODEL = ModelSpec(id="gpt-4o", image_tokens=ImageTokens(kind="tile", base=85, per_tile=170))
WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {
                    "type": "string",
                    "description": "The unit of temperature to return",
                    "enum": ["celsius", "fahrenheit"],
                },
            },
            "required": ["location"],
        },
    },
}


def tokens(*messages: dict[str, object], tools: list[dict[str, object]] | None = None) -> int:
    return len(prompt_ids(list(messages), MODEL, TOKENIZER, tools))


def test_the_published_example() -> None:
    """OpenAI's cookbook reports 124 prompt tokens of gpt-4o for these messages."""
    system = "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."
    jargon = "This late pivot means we don't have time to boil the ocean for the client deliverable."
    messages = [
        {"role": "system", "content": system},
        {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
        {
            "role": "system",
            "name": "example_assistant",
            "content": "Things working well together will increase revenue.",
        },
        {
            "role": "system",
            "name": "example_user",
            "content": "Let's circle back when we have more bandwidth to touch base on opportunities for increased "
            "leverage.",
        },
        {
            "role": "system",
            "name": "example_assistant",
            "content": "Let's talk later when we're less busy about how to do better.",
        },
        {"role": "user", "content": jargon},
    ]
    assert tokens(*messages) == 124


def test_the_published_example_with_tools() -> None:
    """OpenAI's cookbook reports 101 prompt tokens of gpt-4o for this one."""
    messages = [
        {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
        {"role": "user", "content": "What's the weather like in San Francisco?"},
    ]
    assert tokens(*messages, tools=[WEATHER_TOOL]) == 101


def test_parts_count_as_their_text() -> None:
    whole = tokens({"role": "user", "content": "hello world"})
    parts = [{"type": "text", "text": "hello"}, {"type": "text", "text": " world"}]
    assert whole == 3 + 1 + 2 + 3
    assert tokens({"role": "user", "content": parts}) == whole


def test_images_audio_and_files_count() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    wav = b"RIFF" + bytes(4) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16_000, 2, 16)
    wav += b"data" + bytes(4) + bytes(16_000 * 2 - 44)
    audio = {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav).decode(), "format": "wav"}}
    mp3 = {"type": "input_audio", "input_audio": {"data": base64.b64encode(bytes(32_000)).decode(), "format": "mp3"}}
    file = {"type": "file", "file": {"file_data": "data:text/plain;base64," + base64.b64encode(bytes(400)).decode()}}
    empty = tokens({"role": "user", "content": []})
    for part, cost in ((image, 765), (audio, 20), (mp3, 20), (file, 100), ({"type": "file", "file": {}}, 0)):
        assert tokens({"role": "user", "content": [part]}) == empty + cost


def test_tool_calls_refusals_and_unknown_parts_count() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    plain = tokens({"role": "assistant", "content": None})
    called = tokens({"role": "assistant", "content": None, "tool_calls": [call]})
    assert called == plain + TOKENIZER.count("f") + TOKENIZER.count('{"a":1}')
    assert tokens({"role": "assistant", "content": None, "function_call": call["function"]}) == called
    assert tokens({"role": "assistant", "content": None, "refusal": "no way"}) == plain + 2
    assert tokens({"role": "user", "content": [{"type": "video_url", "video_url": {"url": "x"}}]}) > plain + 5


def test_nested_and_odd_schemas_count_without_failing() -> None:
    inner = {"type": "object", "properties": {"deep": {"type": "string"}}}
    flat = tools_tokens([{"name": "f", "parameters": {"properties": {"a": {"type": "object"}}}}], TOKENIZER)
    nested = tools_tokens([{"name": "f", "parameters": {"properties": {"a": inner}}}], TOKENIZER)
    listed = tools_tokens(
        [{"name": "f", "parameters": {"properties": {"a": {"type": "array", "items": inner}}}}], TOKENIZER
    )
    assert nested > flat
    assert listed == nested + TOKENIZER.count("a:array:") - TOKENIZER.count("a:object:")
    for odd in (
        None,
        {},
        {"properties": []},
        {"properties": {"a": True, "b": {"enum": 3, "items": [1], "type": ["x"]}}},
    ):
        assert tools_tokens([{"type": "function", "function": {"name": "f", "parameters": odd}}], TOKENIZER) > 0


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"type": "image_url", "image_url": {"url": "nonsense"}}, "messages.[1].content.[0].image_url.url"),
        (
            {"type": "input_audio", "input_audio": {"data": "%%%", "format": "wav"}},
            "messages.[1].content.[0].input_audio.data",
        ),
    ],
)
def test_bad_parts_name_their_place(part: dict[str, object], param: str) -> None:
    with pytest.raises(ApiError) as error:
        tokens({"role": "system", "content": "x"}, {"role": "user", "content": [part]})
    assert error.value.status == 400
    assert error.value.param == param


def test_prompt_texts() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": None},
        {
            "role": "user",
            "content": [{"type": "text", "text": "last"}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "result"},
    ]
    assert prompt(messages) == Prompt("last", "Be brief.\nBe kind.", ("first",), results=("result",))
    assert prompt([{"role": "assistant", "content": "x"}]) == Prompt("")
