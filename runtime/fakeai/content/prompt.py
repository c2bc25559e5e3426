"""Chat prompts: what they cost in tokens, and the text in them that an answer can take up.

The rule for messages and for tools is the one OpenAI publishes (cookbook, "How to count tokens with tiktoken"):
3 tokens a message, its role and content, 1 more before a name, and 3 that prime the reply. Properties inside nested
objects and arrays, on which that rule is silent, count as the outer ones do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from fakeai.content.attachments import audio_tokens, file_tokens
from fakeai.content.images import image_tokens
from fakeai.content.tokenizer import Tokenizer
from fakeai.core.specs import ModelSpec

PER_MESSAGE = 3
PER_NAME = 1
REPLY_PRIMER = 3
PER_FUNCTION = 7
PROPERTIES = 3
PER_PROPERTY = 3
ENUM = -3
PER_ENUM_VALUE = 3
TOOLS_END = 12

Dict = Mapping[str, Any]


class Prompt(NamedTuple):
    """The texts of a conversation: the last user message, system and developer messages, user messages before."""

    user: str
    system: str = ""
    earlier: tuple[str, ...] = ()


def prompt(messages: Iterable[Dict]) -> Prompt:
    users, system = [], []
    for message in messages:
        role = message["role"]
        if role == "user":
            users.append(content_text(message.get("content")))
        elif role in ("system", "developer"):
            system.append(content_text(message.get("content")))
    return Prompt(users[-1] if users else "", "\n".join(system), tuple(users[:-1]))


def content_text(content: str | Sequence[Dict] | None) -> str:
    """The text of a message; of a list of parts the text parts, a line each."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part["text"] for part in content if part.get("type") == "text")


def prompt_tokens(
    messages: Sequence[Dict], model: ModelSpec, tokenizer: Tokenizer, tools: Sequence[Dict] | None = None
) -> int:
    """`messages` and `tools` as in the request's JSON. Raises ApiError 400 for images and audio that are none."""
    total = REPLY_PRIMER
    for index, message in enumerate(messages):
        total += _message_tokens(message, f"messages.[{index}]", model, tokenizer)
    return total + tools_tokens(tools, tokenizer) if tools else total


def _message_tokens(message: Dict, param: str, model: ModelSpec, tokenizer: Tokenizer) -> int:
    count = tokenizer.count
    total = PER_MESSAGE + count(message["role"])
    content = message.get("content")
    if isinstance(content, str):
        total += count(content)
    elif content:
        for index, part in enumerate(content):
            total += _part_tokens(part, f"{param}.content.[{index}]", model, tokenizer)
    if len(message) > 2:
        total += _extras_tokens(message, count)
    return total


def _extras_tokens(message: Dict, count: Callable[[str], int]) -> int:
    total = PER_NAME + count(message["name"]) if message.get("name") else 0
    total += count(message.get("refusal") or "")
    calls = [call.get("function") or call.get("custom") or {} for call in message.get("tool_calls") or ()]
    for call in [*calls, message.get("function_call") or {}]:
        total += count(call.get("name", "")) + count(call.get("arguments") or call.get("input") or "")
    return total


def _part_tokens(part: Dict, param: str, model: ModelSpec, tokenizer: Tokenizer) -> int:
    kind = part["type"]
    if kind in ("text", "refusal"):
        return tokenizer.count(part[kind])
    if kind == "image_url":
        image = part[kind]
        return image_tokens(image["url"], image.get("detail"), model.image_tokens, f"{param}.image_url.url")
    if kind == "input_audio":
        return audio_tokens(part[kind], f"{param}.input_audio.data")
    if kind == "file":
        return file_tokens(part[kind])
    return tokenizer.count(orjson.dumps(part).decode())


def tools_tokens(tools: Sequence[Dict], tokenizer: Tokenizer) -> int:
    """Function tools, custom tools, or the functions of the older `functions` parameter."""
    count = tokenizer.count
    total = TOOLS_END
    for tool in tools:
        function = tool.get("function") or tool.get("custom") or tool
        total += PER_FUNCTION + count(f"{function.get('name', '')}:{_phrase(function)}")
        total += _properties_tokens(function.get("parameters") or {}, count)
    return total


def _properties_tokens(schema: Dict, count: Callable[[str], int]) -> int:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not properties:
        return 0
    return PROPERTIES + sum(_property_tokens(name, value, count) for name, value in properties.items())


def _property_tokens(name: str, schema: Any, count: Callable[[str], int]) -> int:
    if not isinstance(schema, dict):  # true and false are schemas too
        return PER_PROPERTY + count(name)
    total = PER_PROPERTY + count(f"{name}:{schema.get('type', '')}:{_phrase(schema)}")
    values = schema.get("enum")
    if values and isinstance(values, list):
        total += ENUM + sum(PER_ENUM_VALUE + count(str(value)) for value in values)
    items = schema.get("items")
    return (
        total + _properties_tokens(schema, count) + _properties_tokens(items if isinstance(items, dict) else {}, count)
    )


def _phrase(described: Dict) -> str:
    return str(described.get("description") or "").removesuffix(".")
