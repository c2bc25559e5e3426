"""The order of events in streams of chat and of legacy completions, which no schema can say."""

import json
from typing import Any

DONE = "[DONE]"
SHARED = ("id", "object", "created", "model", "system_fingerprint", "service_tier")
FINISH_REASONS = {"stop", "length", "tool_calls", "content_filter", "function_call"}
Json = dict[str, Any]


class BadStream(AssertionError):
    """Says which rule the stream breaks."""


def need(holds: object, rule: str) -> None:
    if not holds:
        raise BadStream(rule)


def check(path: str, data: list[str]) -> None:
    """data: the data field of each event, in order. Ignores paths that have no grammar here."""
    if path in TRACKS:
        _Stream(TRACKS[path]).read(data)


class Track:
    """One choice of a chat completion."""

    begins_in_order = True

    def __init__(self) -> None:
        self.has_role = False
        self.finish_reason: str | None = None
        self.calls: list[Json] = []

    def read(self, choice: Json) -> None:
        delta = choice["delta"]
        need(self.finish_reason is None, "nothing follows the finish reason of a choice")
        if not self.has_role:
            need(delta.get("role") == "assistant", "the first chunk of a choice tells the role")
            self.has_role = True
        else:
            need("role" not in delta, "the role is told once")
        for call in delta.get("tool_calls") or ():
            self._read_call(call)
        if choice["finish_reason"] is not None:
            need(not delta, "the chunk with the finish reason has an empty delta")
            self._finish(choice["finish_reason"])

    def _read_call(self, call: Json) -> None:
        index = call.get("index")
        need(isinstance(index, int), "every tool call delta has an index")
        if index == len(self.calls):
            need(call.get("id") and call.get("type"), "the first delta of a tool call tells id and type")
            self.calls.append(call)
        else:
            need(index == len(self.calls) - 1, "tool calls come one after the other")
            named = (call.get("function") or {}).get("name")
            need(not call.get("id") and not named, "id and name of a tool call are told once")

    def _finish(self, reason: str) -> None:
        need(reason in FINISH_REASONS, f"{reason} is a finish reason")
        need(self.calls or reason != "tool_calls", "tool_calls needs a tool call")
        self.finish_reason = reason


class TextTrack(Track):
    """One choice of a legacy completion: nothing is told before its first token, which may be a late one."""

    begins_in_order = False

    def read(self, choice: Json) -> None:
        need(self.finish_reason is None, "nothing follows the finish reason of a choice")
        need(isinstance(choice["text"], str), "every chunk has a text")
        if choice["finish_reason"] is not None:
            self._finish(choice["finish_reason"])


class _Stream:
    def __init__(self, track: type[Track]) -> None:
        self.track = track
        self.tracks: dict[int, Track] = {}
        self.shared: Json | None = None
        self.usages: list[Any] = []
        self.has_ended = False

    def read(self, data: list[str]) -> None:
        if data and DONE not in data and "error" in json.loads(data[-1]):
            return  # cut off by an error, which is the last thing said
        need(data and data[-1] == DONE, "the stream ends with [DONE]")
        for text in data[:-1]:
            need(text != DONE, "[DONE] comes once")
            self._chunk(json.loads(text))
        need(self.tracks, "there is a choice")
        need(set(self.tracks) == set(range(len(self.tracks))), "no choice is left out")
        need(all(track.finish_reason for track in self.tracks.values()), "every choice has a finish reason")
        self._check_usage()

    def _chunk(self, chunk: Json) -> None:
        need(not self.has_ended, "nothing but [DONE] follows the usage chunk")
        shared = {name: chunk[name] for name in SHARED if name in chunk}
        need(self.shared in (None, shared), f"{', '.join(SHARED)} are the same in every chunk")
        self.shared = shared
        if "usage" in chunk:
            self.usages.append(chunk["usage"])
        elif self.usages:
            raise BadStream("either all chunks have a usage or none")
        if not chunk["choices"]:
            need(chunk.get("usage"), "a chunk without choices is there for the usage")
            self.has_ended = True
        for choice in chunk["choices"]:
            self._choice(choice)

    def _choice(self, choice: Json) -> None:
        index = choice["index"]
        if index not in self.tracks:
            in_order = not self.track.begins_in_order or index == len(self.tracks)
            need(in_order, "choices begin in the order 0, 1, 2, …")
            self.tracks[index] = self.track()
        self.tracks[index].read(choice)

    def _check_usage(self) -> None:
        if not self.has_ended:
            need(None not in self.usages, "a null usage announces a usage chunk")
            return
        last = self.usages[-1]
        need(last["total_tokens"] == last["prompt_tokens"] + last["completion_tokens"], "usage adds up")
        spoken = [usage["completion_tokens"] for usage in self.usages if usage]
        need(spoken == sorted(spoken), "continuous usage never falls")


TRACKS: dict[str, type[Track]] = {"/chat/completions": Track, "/completions": TextTrack}
