"""One chat completion, asked for and read as it comes."""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from time import perf_counter
from typing import Any

from fakeai.core.client import opened

_TIMEOUT_S = 600.0
"""A simulated queue may be long."""
Json = dict[str, Any]


@dataclass(slots=True)
class Answer:
    """What was said so far, and when, in seconds after the question."""

    text: str = ""
    tool_calls: list[Json] = field(default_factory=list)
    usage: Json = field(default_factory=dict)
    ttft_s: float | None = None
    """None: not streamed, or nothing said."""
    total_s: float = 0.0

    def message(self) -> Json:
        calls = {"tool_calls": self.tool_calls} if self.tool_calls else {}
        return {"role": "assistant", "content": self.text or None, **calls}

    def timing(self) -> str:
        """A line: times, tokens, speed; times only of an answer that was stopped."""
        ttft = "-" if self.ttft_s is None else f"{self.ttft_s * 1000:,.0f} ms"
        prompt, said = self.usage.get("prompt_tokens", 0), self.usage.get("completion_tokens", 0)
        cached = (self.usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        speed = said / self.total_s if self.total_s else 0.0
        times = f"TTFT {ttft}, total {self.total_s * 1000:,.0f} ms"
        if not self.usage:
            return f"[{times}]"
        return f"[{times}; tokens: {prompt:,} prompt, {said:,} completion, {cached:,} cached; {speed:,.1f} tokens/s]"


def converse(base_url: str, api_key: str | None, body: Json, answer: Answer) -> Generator[str, None, None]:
    """Pieces of the answer's text; `answer` is filled meanwhile.

    Raises OSError whose text says in a line what is wrong.
    """
    began_s = perf_counter()
    try:
        with opened(base_url, "/v1/chat/completions", body, api_key, _TIMEOUT_S) as response:
            for part in _parts(response) if body.get("stream") else _whole(response):
                said = _take(part, answer)
                if body.get("stream") and answer.ttft_s is None and (said or answer.tool_calls):
                    answer.ttft_s = perf_counter() - began_s
                if said:
                    yield said
    except (HTTPException, ValueError, LookupError, TypeError, AttributeError) as error:
        raise OSError(f"{base_url} does not answer as FakeAI does: {error!r}") from None
    finally:
        answer.total_s = perf_counter() - began_s


def _parts(response: HTTPResponse) -> Iterator[Json]:
    for line in response:
        if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
            continue
        part = json.loads(line[6:])
        if "error" in part:
            raise OSError(part["error"]["message"])
        yield part


def _whole(response: HTTPResponse) -> Iterator[Json]:
    """An answer that is not streamed, as the only part of one that is."""
    answer = json.load(response)
    for choice in answer["choices"]:
        choice["delta"] = choice["message"]
        for index, call in enumerate(choice["delta"].get("tool_calls") or ()):
            call["index"] = index
    yield answer


def _take(part: Json, answer: Answer) -> str:
    """Adds a part to the answer. Returns its text."""
    answer.usage = part.get("usage") or answer.usage
    text = ""
    for choice in part["choices"][:1]:
        delta = choice["delta"]
        text = delta.get("content") or delta.get("refusal") or ""
        for call in delta.get("tool_calls") or ():
            _take_call(call, answer.tool_calls)
    answer.text += text
    return text


def _take_call(part: Json, calls: list[Json]) -> None:
    function = part.get("function") or {}
    while len(calls) <= part["index"]:
        calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    call = calls[part["index"]]
    call["id"] = part.get("id") or call["id"]
    call["function"]["name"] += function.get("name") or ""
    call["function"]["arguments"] += function.get("arguments") or ""
