"""What is known of a response before a word of it is said, and the response object around its output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fakeai.content import tokenizer as tokenizers
from fakeai.content.tokenizer import Tokenizer
from fakeai.content.wanted import told_effort
from fakeai.core.call import Call
from fakeai.core.ids import hexadecimal, token
from fakeai.core.operation import Document
from fakeai.core.seeds import Draw
from fakeai.core.specs import ModelSpec
from fakeai.engine.generation import Generation, Usage
from fakeai.services.responses.tools import Toolbox, echoed

ID_DIGITS = 38
"""Hexadecimal digits that the ids of a response and of its items share, after eight for the time."""
NUMBER_DIGITS = 4
"""At the end: a response is number 0, its items follow."""
NOISE_CHARS = 16
LOGPROBS = "message.output_text.logprobs"


@dataclass(slots=True)
class Head:
    id: str
    created_at: int
    model: ModelSpec
    facts: Document
    """The fields of the response that the request settles."""
    box: Toolbox
    said: str
    """The user's last message."""
    include: Sequence[str]
    tokenizer: Tokenizer
    top_logprobs: int | None
    """None: no log probabilities."""
    summary: str | None
    """How detailed the summary of reasoning is; None: there is none."""
    needs_pieces: bool
    """Of a text: an answer that is neither streamed nor has log probabilities does without, which is quicker."""
    obfuscate: bool
    noise: str
    """What obfuscates deltas."""
    draw: Draw
    known_servers: frozenset[str] = frozenset()
    """Labels of the MCP servers whose tools the conversation has listed."""
    approved: Document | None = None
    """The MCP call that the client has just allowed."""
    past: str | None = None
    """What stands for the conversation so far, if it is to be compacted."""
    items: int = 0
    """Ids given out."""

    @classmethod
    def of(cls, call: Call, document: Document, model: ModelSpec, box: Toolbox, said: str) -> "Head":
        r, created = call.draws(), int(call.arrived_s)
        include = document.get("include") or ()
        options = document.get("stream_options") or {}
        return cls(
            id=f"resp_{created:08x}{hexadecimal(r, ID_DIGITS)}{0:0{NUMBER_DIGITS}x}",
            created_at=created,
            model=model,
            facts=_facts(document, model),
            box=box,
            said=said,
            include=include,
            tokenizer=tokenizers.get(model.tokenizer),
            top_logprobs=(document.get("top_logprobs") or 0) if LOGPROBS in include else None,
            summary=summary_of(document),
            needs_pieces=any(document.get(name) for name in ("stream", "background")) or LOGPROBS in include,
            obfuscate=options.get("include_obfuscation") is not False,
            noise=token(r, NOISE_CHARS),
            draw=r,
        )

    def new_id(self, prefix: str) -> str:
        self.items += 1
        return f"{prefix}{self.id[5:-NUMBER_DIGITS]}{self.items:0{NUMBER_DIGITS}x}"

    def unfinished(self, status: str) -> Document:
        return self._document(status, {}, [])

    def finished(self, generation: Generation, output: list[Document]) -> Document:
        status, details = _ending(generation)
        facts: Document = {"incomplete_details": details, "usage": usage_document(generation.usage())}
        if status == "completed":
            facts["completed_at"] = int(generation.done_s)
        if status == "failed":
            message = "The server had an error while processing your request. Sorry about that!"
            facts |= {"error": {"code": "server_error", "message": message}, "usage": None}
            output = []
        return self._document(status, facts, output)

    def warmed(self, generation: Generation) -> Document:
        """The response of a warm-up, of which nothing is said."""
        usage = replace(generation.usage(), completion_tokens=0, reasoning_tokens=0)
        facts = {"usage": usage_document(usage), "completed_at": int(generation.done_s)}
        return self._document("completed", facts, [])

    def _document(self, status: str, facts: Mapping[str, Any], output: list[Document]) -> Document:
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "completed_at": None,
            "error": None,
            "incomplete_details": None,
            "output": output,
            "usage": None,
            **self.facts,
            **facts,
        }


def response_of(item_id: str) -> str:
    """Id of the response that an item's id belongs to."""
    digits = item_id.rpartition("_")[2][:-NUMBER_DIGITS]
    return f"resp_{digits}{0:0{NUMBER_DIGITS}x}"


def _ending(generation: Generation) -> tuple[str, Document | None]:
    if generation.has_failed:
        return "failed", None
    reason = generation.scripts[0].finish_reason
    if reason == "length":
        return "incomplete", {"reason": "max_output_tokens"}
    if reason == "content_filter":
        return "incomplete", {"reason": "content_filter"}
    return "completed", None


def usage_document(usage: Usage) -> Document:
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens or 0,
        },
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


PLAIN: Document = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": None,
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""Fields that say what the request says, or else this."""


def _facts(document: Document, model: ModelSpec) -> Document:
    given = document.get
    facts = {name: default if given(name) is None else document[name] for name, default in PLAIN.items()}
    text, tier = given("text") or {}, given("service_tier") or "auto"
    facts["model"] = document["model"] if model.echoes_alias and "model" in document else model.id
    facts["metadata"] = given("metadata") or {}
    facts["service_tier"] = "default" if tier == "auto" else tier
    facts["text"] = {"format": format_of(document), "verbosity": text.get("verbosity") or "medium"}
    facts["tools"] = [echoed(tool) for tool in given("tools") or ()]
    effort = told_effort((document.get("reasoning") or {}).get("effort"), model)
    facts["reasoning"] = {"effort": effort, "summary": summary_of(document)}
    if given("prompt"):
        facts["prompt"] = given("prompt")
    if given("conversation"):
        facts["conversation"] = {"id": conversation_id(document)}
    return facts


def format_of(document: Document) -> Document:
    form = (document.get("text") or {}).get("format") or {"type": "text"}
    return form if form["type"] != "json_schema" else {"strict": None} | form


def summary_of(document: Document) -> str | None:
    reasoning = document.get("reasoning") or {}
    return reasoning.get("summary") or reasoning.get("generate_summary")


def conversation_id(document: Document) -> str | None:
    conversation = document.get("conversation")
    return conversation["id"] if isinstance(conversation, dict) else conversation
