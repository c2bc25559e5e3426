"""Chat prompts: what they cost in tokens, and the text in them that an answer can take up.

The rule for messages and for tools is the one OpenAI publishes (cookbook, "How to count tokens with tiktoken"):
3 tokens a message, its role and content, 1 more before a name, and 3 that prime the reply. Properties inside nested
objects and arrays, on which that rule is silent, count as the outer ones do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from fakeai.content.attachments import audio_tokens, file_tokens, size_tokens
from fakeai.content.described import STORED_FILE, described
from fakeai.content.images import image_tokens
from fakeai.content.tokenizer import Tokenizer
from fakeai.core.seeds import derive
from fakeai.core.specs import ModelSpec

START, ROLE_END, MESSAGE_END, NAME = range(1 << 30, (1 << 30) + 4)
"""3 tokens a message, and 1 before a name. The reply is primed by the first 3 tokens of a message."""
FIRST_STAND_IN = 1 << 31
STAND_INS = 1 << 31
MOST_IDS = 4_000_000
"""After these attachments are counted no more: no model reads a prompt of that length."""
PER_FUNCTION = 7
PROPERTIES = 3
PER_PROPERTY = 3
ENUM = -3
PER_ENUM_VALUE = 3
TOOLS_END = 12

Dict = Mapping[str, Any]


class Prompt(NamedTuple):
    """The texts of a conversation: the last user message, system and developer messages, user messages before, and what
    the client expects to be answered."""

    user: str
    system: str = ""
    earlier: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    """Names of the tools that were called since the last user message."""
    results: tuple[str, ...] = ()
    """What they answered."""
    attachments: str = ""
    """What the last user message has besides text, in words."""
    penalty: float = 0.0
    """Of what an answer has said before: below 0 it says the same again, above it takes up more."""
    prediction: str = ""
    wants_json: bool = False
    """Whether nothing but JSON will do."""
    messages: Sequence[Dict] = ()
    """The whole conversation, which slow sources alone read, as they do how to sample."""
    temperature: float = 1.0
    top_p: float = 1.0


def prompt(messages: Iterable[Dict]) -> Prompt:
    users: list[str] = []
    system: list[str] = []
    called: list[str] = []
    results: list[str] = []
    attachments = ""
    for message in messages:
        role = message["role"]
        if role == "user":
            content = message.get("content")
            users.append(content_text(content))
            called, results = [], []
            attachments = described(content) if isinstance(content, list) else ""
        elif role in ("system", "developer"):
            system.append(content_text(message.get("content")))
        elif role in ("tool", "function"):
            results.append(content_text(message.get("content")))
        elif len(message) > 2:
            called += [call.get("name", "") for call in calls_of(message)]
    user, earlier = users[-1] if users else "", tuple(users[:-1])
    return Prompt(user, "\n".join(system), earlier, tuple(called), tuple(results), attachments)


def turns(said: Prompt) -> list[dict[str, str]]:
    """The conversation for another model: a system text, then user and assistant in turn. What tools answered is told
    by the user."""
    told: list[dict[str, str]] = []
    for message in said.messages or ({"role": "user", "content": said.user},):
        role, text = message["role"], _in_words(message)
        if not text or role in ("system", "developer"):
            continue
        role = "assistant" if role == "assistant" else "user"
        if told and told[-1]["role"] == role:
            told[-1]["content"] += f"\n\n{text}"
        else:
            told.append({"role": role, "content": text})
    system = [{"role": "system", "content": said.system}] if said.system else []
    return [*system, *told] if told else [*system, {"role": "user", "content": ""}]


def _in_words(message: Dict) -> str:
    content = message.get("content")
    text = content_text(content)
    if message["role"] in ("tool", "function"):
        return f"A tool answered:\n{text}"
    attached = described(content) if isinstance(content, list) else ""
    return f"{text}\n[{attached}]".lstrip() if attached else text


def calls_of(message: Dict) -> list[Dict]:
    """Name and arguments or input of what an assistant message calls, the older function_call included."""
    calls = [call.get("function") or call.get("custom") or {} for call in message.get("tool_calls") or ()]
    old = message.get("function_call")
    return [*calls, old] if old else calls


def content_text(content: str | Sequence[Dict] | None) -> str:
    """The text of a message; of a list of parts the text parts, a line each."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part["text"] for part in content if part.get("type") == "text")


def prompt_ids(
    messages: Sequence[Dict], model: ModelSpec, tokenizer: Tokenizer, tools: Sequence[Dict] | None = None
) -> list[int]:
    """The prompt as token ids, as many as the rule says: what a KV cache tells prompts apart by.

    `messages` and `tools` as in the request's JSON. What the rule counts but no vocabulary has, such as the ends of
    messages, has ids above every vocabulary; so have images and audio, whose ids derive from their content.
    A conversation that goes on begins with the ids of its past, answers included.
    Raises ApiError 400 for images, audio and files that are none.
    """
    ids = _stand_in(tools, tools_tokens(tools, tokenizer)) if tools else []
    for index, message in enumerate(messages):
        _add_message(ids, message, f"messages.[{index}]", model, tokenizer)
    ids += (START, *tokenizer.ids("assistant"), ROLE_END)
    return ids


def message_ends(ids: Sequence[int]) -> list[int]:
    """Of prompt_ids(): how many of them there are up to the end of each message."""
    ends = [0]
    for _ in range(ids.count(MESSAGE_END)):
        ends.append(ids.index(MESSAGE_END, ends[-1]) + 1)
    return ends[1:]


def marked_ends(messages: Sequence[Dict], ids: Sequence[int], model: ModelSpec, tokenizer: Tokenizer) -> list[int]:
    """The same up to the end of each part that has a `prompt_cache_breakpoint`."""
    marked = []
    starts = [ids.index(START), *message_ends(ids)]
    for message, start in zip(messages, starts, strict=False):
        content = message["content"] if isinstance(message.get("content"), list) else []
        for index, part in enumerate(content):
            if part.get("prompt_cache_breakpoint"):
                said = {key: value for key, value in message.items() if key in ("role", "name")}
                before: list[int] = []
                _add_message(before, {**said, "content": content[: index + 1]}, "", model, tokenizer)
                marked.append(start + len(before) - 1)
    return marked


def _stand_in(content: Any, tokens: int) -> list[int]:
    return [FIRST_STAND_IN + derive(content) % STAND_INS] * tokens


def _attach(ids: list[int], content: Any, tokens: int) -> None:
    ids += _stand_in(content, min(tokens, MOST_IDS - len(ids)))


def _add_message(ids: list[int], message: Dict, param: str, model: ModelSpec, tokenizer: Tokenizer) -> None:
    ids.append(START)
    ids += tokenizer.ids(message["role"])
    if len(message) > 2 and message.get("name"):
        ids.append(NAME)
        ids += tokenizer.ids(message["name"])
    ids.append(ROLE_END)
    content = message.get("content")
    if isinstance(content, str):
        ids += tokenizer.ids(content)
    elif content:
        for index, part in enumerate(content):
            _add_part(ids, part, f"{param}.content.[{index}]", model, tokenizer)
    if len(message) > 2:
        _add_extras(ids, message, tokenizer)
    ids.append(MESSAGE_END)


def _add_extras(ids: list[int], message: Dict, tokenizer: Tokenizer) -> None:
    ids += tokenizer.ids(message.get("refusal") or "")
    for call in calls_of(message):
        ids += tokenizer.ids(call.get("name", ""))
        ids += tokenizer.ids(call.get("arguments") or call.get("input") or "")


def _add_part(ids: list[int], part: Dict, param: str, model: ModelSpec, tokenizer: Tokenizer) -> None:
    kind = part["type"]
    if kind in ("text", "refusal"):
        ids += tokenizer.ids(part[kind])
    elif kind == "image_url":
        image = part[kind]
        tokens = image_tokens(image["url"], image.get("detail"), model.image_tokens, f"{param}.image_url.url")
        _attach(ids, image["url"], tokens)
    elif kind == "input_audio":
        _attach(ids, part[kind]["data"], audio_tokens(part[kind], f"{param}.input_audio.data"))
    elif kind == "file":
        _attach(ids, part[kind], file_tokens(part[kind], f"{param}.file.file_data"))
    elif kind == STORED_FILE:
        _attach(ids, part["id"], size_tokens(part["bytes"]))
    else:
        ids += tokenizer.ids(orjson.dumps(part).decode())


def audio_tokens_in(messages: Iterable[Dict]) -> int:
    """Of a prompt's tokens those of its recordings."""
    contents = [message["content"] for message in messages if isinstance(message.get("content"), list)]
    parts = [part["input_audio"] for content in contents for part in content if part.get("type") == "input_audio"]
    return sum([audio_tokens(audio, "messages") for audio in parts])


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
