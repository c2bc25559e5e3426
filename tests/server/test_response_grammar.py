"""The checker of the events of responses refuses what it is there to refuse."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.server.grammar import BadStream
from tests.server.response_grammar import check

pytestmark = [pytest.mark.unit, pytest.mark.streaming]

Events = list[dict[str, Any]]
CALL = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
PLACE = {"item_id": "fc_1", "output_index": 0}


def response(status: str, *output: Any) -> dict[str, Any]:
    usage = {"total_tokens": 1} if output else None
    return {"id": "resp_1", "status": status, "output": list(output), "usage": usage}


def numbered(*events: dict[str, Any]) -> Events:
    told = deepcopy(list(events))
    return [
        {**event, "type": f"response.{event['type']}", "sequence_number": number} for number, event in enumerate(told)
    ]


GOOD = numbered(
    {"type": "created", "response": response("in_progress")},
    {"type": "in_progress", "response": response("in_progress")},
    {"type": "output_item.added", "output_index": 0, "item": CALL | {"arguments": ""}},
    {"type": "function_call_arguments.delta", "delta": "{", **PLACE},
    {"type": "function_call_arguments.delta", "delta": "}", **PLACE},
    {"type": "function_call_arguments.done", "arguments": "{}", **PLACE},
    {"type": "output_item.done", "output_index": 0, "item": CALL},
    {"type": "completed", "response": response("completed", CALL)},
)


def fault(change: Callable[[Events], object]) -> str:
    """The rule that the stream breaks after the change; its numbers are put right."""
    events = deepcopy(GOOD)
    change(events)
    for number, event in enumerate(events):
        event["sequence_number"] = number
    with pytest.raises(BadStream) as broken:
        check([json.dumps(event) for event in events])
    return str(broken.value)


def test_a_good_stream_passes() -> None:
    check([json.dumps(event) for event in GOOD])


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda events: events.pop(0), "the first event"),
        (lambda events: events.pop(1), "come once"),
        (lambda events: events.pop(2), "about the item that began"),
        (lambda events: events.pop(3), "the deltas add up"),
        (lambda events: events.pop(5), "function_call: "),
        (lambda events: events.pop(6), "every item ends"),
        (lambda events: events.pop(7), "the last event"),
        (lambda events: events.insert(3, deepcopy(events[2])), "an item ends before"),
        (lambda events: events[6]["item"].update(call_id="call_2"), "keeps its identity"),
        (lambda events: events[7]["response"].update(output=[]), "the output is the items"),
        (lambda events: events[7]["response"].update(id="resp_2"), "keeps its id"),
        (lambda events: events[7]["response"].update(status="failed"), "named by the status"),
        (lambda events: events[4].update(output_index=1), "one after the other"),
    ],
)
def test_a_broken_stream_is_refused(change: Callable[[Events], object], rule: str) -> None:
    assert rule in fault(change)


def test_a_number_that_is_left_out_is_noticed() -> None:
    events = deepcopy(GOOD)
    del events[3]
    with pytest.raises(BadStream, match="sequence numbers"):
        check([json.dumps(event) for event in events])
