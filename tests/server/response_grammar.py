"""The order of events in streams of responses, which no schema can say."""

import json
import re

from tests.server.grammar import Json, need

BEGIN = ("response.created", "response.queued", "response.in_progress")
END = ("response.completed", "response.incomplete", "response.failed")
INNER = {
    "message": r"(?:content_part\.added (?:output_text\.delta )*(?:output_text\.annotation\.added )*output_text\.done "
    r"content_part\.done |content_part\.added (?:refusal\.delta )*refusal\.done content_part\.done )*",
    "reasoning": r"(?:reasoning_summary_part\.added (?:reasoning_summary_text\.delta )*reasoning_summary_text\.done "
    r"reasoning_summary_part\.done )*|content_part\.added (?:reasoning_text\.delta )*reasoning_text\.done "
    r"content_part\.done ",
    "function_call": r"(?:function_call_arguments\.delta )*function_call_arguments\.done ",
    "custom_tool_call": r"(?:custom_tool_call_input\.delta )*custom_tool_call_input\.done ",
    "web_search_call": r"web_search_call\.in_progress web_search_call\.searching web_search_call\.completed ",
    "file_search_call": r"file_search_call\.in_progress file_search_call\.searching file_search_call\.completed ",
    "code_interpreter_call": r"code_interpreter_call\.in_progress (?:code_interpreter_call_code\.delta )*"
    r"code_interpreter_call_code\.done code_interpreter_call\.interpreting code_interpreter_call\.completed ",
    "image_generation_call": r"image_generation_call\.in_progress image_generation_call\.generating "
    r"(?:image_generation_call\.partial_image )*image_generation_call\.completed ",
    "mcp_list_tools": r"mcp_list_tools\.in_progress mcp_list_tools\.completed ",
    "mcp_call": r"mcp_call\.in_progress (?:mcp_call_arguments\.delta )*mcp_call_arguments\.done mcp_call\.completed ",
}
"""Type of an item → what is told between its beginning and its end."""
WHOLE = ("text", "refusal", "arguments", "input", "code")
"""Fields of `done` events that repeat what the deltas said."""
IDENTITY = ("id", "type", "call_id", "name")


def check(data: list[str]) -> None:
    events = [json.loads(text) for text in data]
    need(events, "there are events")
    numbers = [event["sequence_number"] for event in events]
    need(numbers == list(range(len(events))), "sequence numbers count from 0")
    need(events[0]["type"] == "response.created", "the first event is response.created")
    if events[-1]["type"] != "error":
        _Stream().read(events)


class _Stream:
    def __init__(self) -> None:
        self.done: list[Json] = []
        self.item: Json | None = None
        self.told: list[Json] = []

    def read(self, events: list[Json]) -> None:
        head = [event for event in events if event["type"] in BEGIN]
        need(events[: len(head)] == head, "nothing comes before the response is in progress")
        order = [BEGIN.index(event["type"]) for event in head]
        need(order == sorted(set(order)) and order[-1] == 2, "created, queued, in_progress come once, in this order")
        last = events[-1]
        need(last["type"] in END, f"the last event is one of {END}")
        need(last["type"] == f"response.{last['response']['status']}", "the last event is named by the status")
        ids = {event["response"]["id"] for event in (*head, last)}
        need(len(ids) == 1, "the response keeps its id")
        need(all(event["response"]["usage"] is None for event in head), "there is no usage before the end")
        for event in events[len(head) : -1]:
            self._read(event)
        if last["type"] != "response.failed":
            need(self.item is None, "every item ends")
            need(last["response"]["output"] == self.done, "the output is the items that were told")

    def _read(self, event: Json) -> None:
        kind = event["type"]
        need(event["output_index"] == len(self.done), "items come one after the other")
        if kind == "response.output_item.added":
            need(self.item is None, "an item ends before the next begins")
            self.item, self.told = event["item"], []
        elif kind == "response.output_item.done":
            self._end(event["item"])
        else:
            need(self.item is not None and event["item_id"] == self.item["id"], "events are about the item that began")
            self.told.append(event)

    def _end(self, item: Json) -> None:
        assert self.item is not None
        same = [name for name in IDENTITY if self.item.get(name) == item.get(name)]
        need(same == list(IDENTITY), "an item keeps its identity")
        names = "".join([event["type"].removeprefix("response.") + " " for event in self.told])
        need(re.fullmatch(INNER.get(item["type"], ""), names), f"{item['type']}: {names}")
        self._check_deltas()
        self.done.append(item)
        self.item = None

    def _check_deltas(self) -> None:
        said = ""
        for event in self.told:
            if event["type"].endswith(".delta"):
                said += event["delta"]
            for field in WHOLE:
                if event["type"].endswith(".done") and field in event:
                    need(event[field] == said, "the deltas add up to the whole")
                    said = ""
