"""Conversations with responses over WebSockets, whose every event is checked."""

import json
from collections import defaultdict
from typing import Any

from tests.server import response_grammar
from tests.support.contract import ENVELOPE, validate
from tests.support.responses import MODEL

Events = list[dict[str, Any]]
END = (*response_grammar.END, "error")
SCHEMA = "components/schemas/ResponseStreamEvent"


def create(connection: Any, **fields: Any) -> None:
    """`connection`: of the SDK or of the library below it."""
    message: Any = {"type": "response.create", "model": MODEL, "temperature": 0, **fields}
    connection.send(message if hasattr(connection, "recv_bytes") else json.dumps(message))


def receive(connection: Any) -> dict[str, Any]:
    text = connection.recv_bytes() if hasattr(connection, "recv_bytes") else connection.recv()
    event: dict[str, Any] = json.loads(text)
    return event


def until_end(connection: Any, answers: int = 1) -> Events:
    """All that is told until so many answers have ended."""
    told: Events = []
    while answers:
        told.append(receive(connection))
        answers -= told[-1]["type"] in END
    _check(told)
    return told


def answer(connection: Any, **fields: Any) -> dict[str, Any]:
    """The last event that a request brings."""
    create(connection, **fields)
    return until_end(connection)[-1]


def text_of(event: dict[str, Any]) -> str:
    parts = [part for item in event["response"]["output"] for part in item.get("content", ())]
    return "".join([part["text"] for part in parts])


def _check(told: Events) -> None:
    lanes: dict[str | None, Events] = defaultdict(list)
    for event in told:
        lanes[event.get("stream_id")].append({name: event[name] for name in event if name != "stream_id"})
    for lane in lanes.values():
        part: Events = []
        for event in lane:
            part.append(event)
            if event["type"] == "error":
                assert set(event) == {"type", "status", "error"}
                assert set(event["error"]) == ENVELOPE
                part = []
            elif event["type"] in END:
                response_grammar.check([json.dumps(one) for one in part])
                for one in part:
                    validate(SCHEMA, one, "event of a WebSocket")
                part = []
