"""Responses over a WebSocket: requests in lanes, each answered by the events of a stream, one message an event."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import orjson

from fakeai.core.call import Call
from fakeai.core.errors import ApiError
from fakeai.core.json_text import parse_json
from fakeai.core.operation import Document
from fakeai.core.socket import Socket
from fakeai.services.responses.archive import stored
from fakeai.services.responses.head import Head
from fakeai.services.responses.making import Maker
from fakeai.services.responses.service import ResponsesService
from fakeai.services.responses.turn import Turn, generate

LIFETIME_S = 3600
MAX_LANES = 32
"""Distinct names of lanes in the life of a connection."""
MAX_ACTIVE = 16
"""Responses that are made at the same time."""
MAX_WAITING = 256
"""Requests of a connection that are not answered yet."""
STREAM_ID = re.compile(r"[A-Za-z0-9_.-]{1,256}")
CREATE = "response.create"
OUTSIDE = ("type", "stream_id", "generate")
"""Fields of the event that are none of the request."""


async def converse(service: ResponsesService, socket: Socket) -> None:
    session = Session(service.maker, socket)
    ends_s = socket.clock.now() + LIFETIME_S
    try:
        while (message := await socket.receive(ends_s)) is not None:
            await session.hear(message)
        await asyncio.gather(*session.tasks)
    except TimeoutError:
        await socket.send(error_event(_too_old(), None))
    finally:
        await session.close()


@dataclass(slots=True)
class Lane:
    """Requests of one `stream_id`, answered one after the other; those without one share a lane."""

    stream_id: str | None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Lets them pass in the order in which they came."""
    latest: dict[str, list[Document]] = field(default_factory=dict)
    """Id of the latest response → the conversation up to its end."""

    def frame(self, piece: bytes) -> bytes:
        """The data of a server-sent event, with the lane's name."""
        data = piece[piece.index(b"{") : -2]
        return data if self.stream_id is None else b'{"stream_id":"%b",%b' % (self.stream_id.encode(), data[1:])


class Session:
    def __init__(self, maker: Maker, socket: Socket) -> None:
        self.maker = maker
        self.socket = socket
        self.lanes: dict[str | None, Lane] = {None: Lane(None)}
        self.tasks: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(MAX_ACTIVE)

    async def hear(self, message: bytes) -> None:
        """Never waits for an answer."""
        stream_id = None
        try:
            event = _event(message)
            stream_id = _stream_id(event)
            lane = self._lane(stream_id)
            _check(event)
            if len(self.tasks) >= MAX_WAITING:
                raise _too_many(MAX_WAITING)
        except ApiError as error:
            await self.socket.send(error_event(error, stream_id))
            return
        task = asyncio.create_task(self._answer(lane, event))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """Ends what is being made."""
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _lane(self, stream_id: str | None) -> Lane:
        lane = self.lanes.get(stream_id)
        if lane is None:
            if len(self.lanes) > MAX_LANES:
                raise _too_many_lanes()
            lane = self.lanes[stream_id] = Lane(stream_id)
        return lane

    async def _answer(self, lane: Lane, event: Document) -> None:
        body = {name: value for name, value in event.items() if name not in OUTSIDE} | {"stream": True}
        async with lane.turn, self._free:
            try:
                with self.socket.request("createResponse", body) as call:
                    await self._respond(lane, call, is_warm_up=event.get("generate") is False)
            except ApiError as error:
                self._forget(body.get("previous_response_id"))
                await self.socket.send(error_event(error, lane.stream_id))

    async def _respond(self, lane: Lane, call: Call, is_warm_up: bool) -> None:
        recent = {id: items for other in self.lanes.values() for id, items in other.latest.items()}
        turn = await self.maker.turn(call, recent)
        if is_warm_up:
            await self._warm(lane, call, turn)
            return
        run = await self.maker.run(call, turn)
        await self.socket.write(self.maker.batches(run, joined=1), lane.frame)
        if run.generation.has_failed:
            self._forget(turn.document.get("previous_response_id"))
        else:
            _remember(lane, turn, run.head, run.answer())

    async def _warm(self, lane: Lane, call: Call, turn: Turn) -> None:
        """Has the prompt computed; the one token that an engine must make for that is not told."""
        engine = self.maker.engine
        generation = await generate(call, engine, replace(turn, document=turn.document | {"max_output_tokens": 1}))
        await engine.said(call, generation)
        head = turn.head(call, generation.prompt_tokens)
        answer = head.warmed(generation)
        if call.document.get("store") is not False:
            await self.maker.archive.keep(call, answer, turn.items, head.new_id)
        _remember(lane, turn, head, answer)
        mark = {} if lane.stream_id is None else {"stream_id": lane.stream_id}
        for event in _warm_events(head, answer):
            await self.socket.send(mark | event)

    def _forget(self, id: object) -> None:
        """A response after which a turn has failed."""
        for lane in self.lanes.values():
            if isinstance(id, str):
                lane.latest.pop(id, None)


def _remember(lane: Lane, turn: Turn, head: Head, answer: Document) -> None:
    lane.latest = {head.id: [*turn.before, *stored(turn.items, head.new_id), *answer["output"]]}


def _warm_events(head: Head, answer: Document) -> Iterator[Document]:
    begun = head.unfinished("in_progress")
    for number, (name, response) in enumerate((("created", begun), ("in_progress", begun), ("completed", answer))):
        yield {"type": f"response.{name}", "sequence_number": number, "response": response}


def error_event(error: ApiError, stream_id: str | None) -> Document:
    event: Document = {"type": "error", "status": error.status, **error.body()}
    return event if stream_id is None else event | {"stream_id": stream_id}


def _event(message: bytes) -> Document:
    event = parse_json(message)
    if not isinstance(event, dict):
        raise ApiError(400, "Invalid event: expected a JSON object.", code="invalid_type")
    return event


def _stream_id(event: Document) -> str | None:
    stream_id = event.get("stream_id")
    if stream_id is None or (isinstance(stream_id, str) and STREAM_ID.fullmatch(stream_id)):
        return stream_id
    message = (
        "The 'stream_id' field must be a non-empty string with at most 256 characters and may only contain letters, "
        "numbers, underscores, hyphens, and periods."
    )
    raise ApiError(400, message, code="invalid_stream_id", param="stream_id")


def _check(event: Document) -> None:
    """What only a request over a WebSocket must not have."""
    kind = event.get("type")
    if kind != CREATE:
        shown = orjson.dumps(kind).decode()
        message = f"Invalid value: {shown}. Supported values are: '{CREATE}'."
        raise ApiError(400, message, code="invalid_value", param="type")
    for name, allowed in (("background", False), ("stream", True)):
        if event.get(name) not in (None, allowed):
            message = f"Unsupported parameter: '{name}' is not supported over a WebSocket."
            raise ApiError(400, message, code="unsupported_parameter", param=name)
    if event.get("generate") is not None and not isinstance(event["generate"], bool):
        message = "Invalid type for 'generate': expected a boolean."
        raise ApiError(400, message, code="invalid_type", param="generate")


def _too_many(limit: int) -> ApiError:
    message = f"Rate limit reached: at most {limit} requests of a WebSocket connection may wait for their answers."
    return ApiError(429, message, type="requests", code="rate_limit_exceeded")


def _too_many_lanes() -> ApiError:
    message = (
        f"This WebSocket connection has reached its maximum number of distinct stream IDs ({MAX_LANES}). Reuse an "
        "existing stream_id or open a new WebSocket connection."
    )
    return ApiError(400, message, code="websocket_stream_limit_reached", param="stream_id")


def _too_old() -> ApiError:
    message = (
        f"Responses websocket connection limit reached ({LIFETIME_S // 60} minutes). Create a new websocket "
        "connection to continue."
    )
    return ApiError(400, message, code="websocket_connection_limit_reached")
