"""One turn: a request with all that it goes on from, ready for the engine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fakeai.content.prompt import content_text, prompt_ids
from fakeai.content.tokenizer import Tokenizer
from fakeai.core.call import Call
from fakeai.core.errors import ApiError, NotFound, missing_parameter
from fakeai.core.operation import Document
from fakeai.core.specs import ModelSpec
from fakeai.engine.engine import Engine
from fakeai.engine.generation import Generation
from fakeai.services.responses import rules
from fakeai.services.responses.archive import NOTHING, earlier, referred
from fakeai.services.responses.asking import ask, check_wanted, wanted
from fakeai.services.responses.files import images_of
from fakeai.services.responses.head import Head
from fakeai.services.responses.inputs import Dialogue, items_of, kind_of
from fakeai.services.responses.sealed import Sealer
from fakeai.services.responses.tools import Toolbox, chat_tools

DEFAULT_MODEL = "gpt-4o"
"""Of a request whose prompt template would name the model."""
DROPPED_SHARE = 8
"""What part of a conversation that does not fit is dropped at a time."""
TEMPLATE_PREFIX = "pmpt_"
_PART = re.compile(r"messages\.\[(\d+)\](?:\.content\.\[(\d+)\]\.(?:file\.)?(\w+))?")


@dataclass(slots=True)
class Turn:
    document: Document
    model: ModelSpec
    items: list[Document]
    """Of the request."""
    before: list[Document]
    """Of the previous response or of the conversation."""
    dialogue: Dialogue
    box: Toolbox

    @property
    def said(self) -> str:
        """By the user, last."""
        users = [message for message in self.dialogue.messages if message["role"] == "user"]
        return content_text(users[-1]["content"]) if users else ""

    @property
    def approved(self) -> Document | None:
        """The MCP call that the client has just granted."""
        last = self.items[-1] if self.items else {}
        if last.get("type") != "mcp_approval_response" or not last["approve"]:
            return None
        asked = [item for item in (*self.before, *self.items) if item.get("id") == last["approval_request_id"]]
        return asked[-1] if asked and asked[-1].get("type") == "mcp_approval_request" else None

    def _is_compacted(self, prompt_tokens: int) -> bool:
        """Whether the client asks for it, or the prompt is longer than the client lets it become."""
        if self.items and kind_of(self.items[-1]) == "compaction_trigger":
            return True
        wishes = self.document.get("context_management") or ()
        limits = [wish.get("compact_threshold") for wish in wishes if wish["type"] == "compaction"]
        return any(limit is not None and prompt_tokens > limit for limit in limits)

    def check(self) -> None:
        """Raises ApiError for the first rule that the items or what is wanted break."""
        rules.check_input(self.items, self.model)
        rules.check_pairs([*self.before, *self.items])
        check_wanted(self.document, self.box, self.dialogue)

    def head(self, call: Call, prompt_tokens: int) -> Head:
        head = Head.of(call, self.document, self.model, self.box, self.said)
        if self._is_compacted(prompt_tokens):
            head.past = self.dialogue.summary()
        items = (*self.before, *self.items)
        head.known_servers = frozenset(item["server_label"] for item in items if item.get("type") == "mcp_list_tools")
        head.approved = self.approved
        return head


async def model_of(call: Call, engine: Engine) -> ModelSpec:
    """Raises ApiError for a model that is not there; a prompt template would name one."""
    document = call.document
    name = document.get("model") or (DEFAULT_MODEL if call.contract or document.get("prompt") else None)
    if name is None:
        raise missing_parameter("model")
    return await engine.model(call, name)


async def read(call: Call, model: ModelSpec, sealer: Sealer, recent: Mapping[str, list[Document]] = NOTHING) -> Turn:
    """Raises ApiError for what the request refers to in vain."""
    document = call.document
    before = await earlier(call, document, recent)
    items = await referred(call, items_of(document.get("input")), before)
    dialogue = Dialogue(images=await images_of(call, items), sealer=None if call.contract else sealer)
    _instruct(dialogue, call, document)
    for item in before:
        dialogue.add(item, "")
    for number, item in enumerate(items):
        dialogue.add(item, f"input[{number}]")
    if not dialogue.messages:
        dialogue.say("user", "")
    return Turn(document, model, items, before, dialogue, Toolbox.of(document.get("tools") or ()))


def _instruct(dialogue: Dialogue, call: Call, document: Document) -> None:
    """Instructions, and what stands for a prompt template: nothing offline knows the true one."""
    instructions, template = document.get("instructions"), document.get("prompt")
    if instructions:
        dialogue.say("system", instructions)
    if template:
        id, variables = template["id"], template.get("variables") or {}
        if not id.startswith(TEMPLATE_PREFIX) and not call.fabricate:
            raise NotFound(f"Prompt with id '{id}' not found.", param="prompt.id")
        values = [
            value if isinstance(value, str) else content_text(dialogue.parts([value])) for value in variables.values()
        ]
        lines = [f"{name}: {value}" for name, value in zip(variables, values, strict=True)]
        dialogue.say("developer", "\n".join([f"Follow the prompt {id}.", *lines]))


async def generate(call: Call, engine: Engine, turn: Turn) -> Generation:
    """Raises ApiError with the names that the request has for things."""
    wants = wanted(turn.document, turn.model, call.headers, turn.box, turn.approved)
    while True:
        try:
            asked = ask(turn.document, turn.model, turn.dialogue, wants)
            return await engine.generate(call, asked, call.body_bytes + _past_chars(turn))
        except ApiError as error:
            if error.code != "context_length_exceeded" or turn.document.get("truncation") != "auto":
                raise translated(error, turn.dialogue) from None
            if not _truncate(turn.dialogue):
                raise translated(error, turn.dialogue) from None


def count(turn: Turn, tokenizer: Tokenizer) -> int:
    """Tokens of the prompt. Raises ApiError for images that are none."""
    tools = chat_tools(turn.document.get("tools") or ())
    try:
        return len(prompt_ids(turn.dialogue.messages, turn.model, tokenizer, tools))
    except ApiError as error:
        raise translated(error, turn.dialogue) from None


def _past_chars(turn: Turn) -> int:
    """Of what the request does not send again."""
    return sum([len(content_text(message["content"])) for message in turn.dialogue.messages]) if turn.before else 0


def _truncate(dialogue: Dialogue) -> bool:
    """Drops the oldest messages that are no instructions; the last one stays. False if there are none."""
    roles = [message["role"] for message in dialogue.messages]
    free = [number for number, role in enumerate(roles[:-1]) if role not in ("system", "developer")]
    dropped = set(free[: max(1, len(free) // DROPPED_SHARE)])
    while dropped and roles[max(dropped) + 1] == "tool" and max(dropped) + 2 < len(roles):
        dropped.add(max(dropped) + 1)
    dialogue.messages = [message for n, message in enumerate(dialogue.messages) if n not in dropped]
    dialogue.origins = [origin for n, origin in enumerate(dialogue.origins) if n not in dropped]
    return bool(dropped)


def translated(error: ApiError, dialogue: Dialogue) -> ApiError:
    """The engine names places in chat messages."""
    if error.code == "context_length_exceeded":
        message = "Your input exceeds the context window of this model. Please adjust your input and try again."
        return ApiError(400, message, code=error.code, param="input")
    place = error.param or ""
    found = _PART.match(place)
    if found is None:
        return error
    origin = dialogue.origins[int(found[1])]
    param = f"{origin}[{found[2]}].{found[3]}" if origin.startswith("input") and found[2] else "input"
    message = error.message.replace(f"'{place}'", f"'{param}'")
    return ApiError(error.status, message, type=error.type, code=error.code, param=param)
