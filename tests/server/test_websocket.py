"""Responses over WebSockets: the SDK's own client, and one that sends what it likes."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.lib.responses_websocket import AsyncResponsesWebSocketSession, ResponsesWebSocketLimits
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.server.conftest import namespace
from tests.support.process import Server, running
from tests.support.responses import ASKING, MODEL, QUESTION, REASONING, WEATHER, ask
from tests.support.sockets import answer, create, receive, text_of, until_end

pytestmark = [pytest.mark.service, pytest.mark.streaming]


def address(server: Server, path: str = "/v1/responses") -> str:
    return server.url.replace("http://", "ws://") + path


@pytest.fixture
def connection(server: Server, request: pytest.FixtureRequest) -> Iterator[Any]:
    with connect(address(server), additional_headers={"x-fakeai-namespace": namespace(request)}) as connection:
        yield connection


def test_an_answer_is_that_of_http(api: openai.OpenAI) -> None:
    plain = api.responses.create(**ask())
    with api.responses.connect() as connection:
        create(connection, input=QUESTION)
        told = until_end(connection)
    assert "".join([event.get("delta", "") for event in told]) == plain.output_text
    final = told[-1]["response"]
    assert final["usage"]["total_tokens"] == plain.usage.total_tokens
    stored = api.responses.retrieve(final["id"])
    assert stored.output_text == plain.output_text


@pytest.mark.parametrize(
    "fields",
    [
        {"input": ASKING, "tools": [WEATHER]},
        {"input": QUESTION, "model": REASONING, "reasoning": {"summary": "auto"}, "temperature": None},
        {"input": QUESTION, "include": ["message.output_text.logprobs"], "top_logprobs": 2, "stream": True},
        {"input": QUESTION, "max_output_tokens": 16},
        {"input": "Find news about Mars.", "tools": [{"type": "web_search"}]},
    ],
)
def test_every_kind_of_answer_keeps_the_grammar(connection: Any, fields: Any) -> None:
    assert answer(connection, **fields)["type"] in ("response.completed", "response.incomplete")


def test_the_connection_remembers_what_is_not_stored(connection: Any, api: openai.OpenAI, server: Server) -> None:
    first = answer(connection, input=QUESTION, store=False)["response"]
    second = answer(connection, input="And at night?", store=False, previous_response_id=first["id"])
    kept = api.responses.create(**ask())
    over_http = api.responses.create(**ask(input="And at night?", previous_response_id=kept.id))
    assert text_of(second) == over_http.output_text
    assert second["response"]["usage"]["input_tokens"] == over_http.usage.input_tokens
    with connect(address(server)) as other:
        lost = answer(other, input="And at night?", previous_response_id=second["response"]["id"])
    assert lost["status"] == 400
    assert lost["error"]["code"] == "previous_response_not_found"
    assert lost["error"]["param"] == "previous_response_id"


def test_only_the_latest_response_of_a_lane_is_remembered_unless_it_is_stored(connection: Any) -> None:
    first, kept, last = [
        answer(connection, input=QUESTION, store=store)["response"]["id"] for store in (False, True, False)
    ]
    later = [answer(connection, input="Go on.", previous_response_id=id, stream_id="a") for id in (last, kept, first)]
    assert [event["type"] for event in later] == ["response.completed", "response.completed", "error"]


def test_a_turn_that_fails_has_its_parent_forgotten(connection: Any) -> None:
    first = answer(connection, input=QUESTION, store=False)["response"]["id"]
    assert answer(connection, input=QUESTION, top_p=2, previous_response_id=first)["error"]["param"] == "top_p"
    again = answer(connection, input=QUESTION, previous_response_id=first)
    assert again["error"]["code"] == "previous_response_not_found"


def test_a_warm_up_says_nothing_and_can_be_gone_on_from(connection: Any) -> None:
    create(connection, input=QUESTION, instructions="Be brief.", generate=False, store=False, stream_id="warm")
    told = until_end(connection)
    assert [event["type"] for event in told] == ["response.created", "response.in_progress", "response.completed"]
    warm = told[-1]["response"]
    assert warm["output"] == []
    assert warm["usage"]["input_tokens"] > 0
    assert warm["usage"]["output_tokens"] == 0
    final = answer(connection, input=[], previous_response_id=warm["id"], instructions="Be brief.", stream_id="warm")
    assert final["response"]["usage"]["input_tokens"] == warm["usage"]["input_tokens"]
    assert text_of(final)


def test_a_warm_up_fills_the_cache(connection: Any) -> None:
    prompt = "Tides rise and fall. " * 400
    answer(connection, input=prompt, generate=False)
    final = answer(connection, input=prompt)["response"]
    assert final["usage"]["input_tokens_details"]["cached_tokens"] >= 1024


@pytest.mark.parametrize(
    ("message", "status", "code", "param"),
    [
        ("{", 400, None, None),
        ("[]", 400, "invalid_type", None),
        ('{"type": "response.steer"}', 400, "invalid_value", "type"),
        ("{}", 400, "invalid_value", "type"),
        ({"background": True}, 400, "unsupported_parameter", "background"),
        ({"stream": False}, 400, "unsupported_parameter", "stream"),
        ({"generate": "no"}, 400, "invalid_type", "generate"),
        ({"stream_id": ""}, 400, "invalid_stream_id", "stream_id"),
        ({"stream_id": "a b"}, 400, "invalid_stream_id", "stream_id"),
        ({"stream_id": "x" * 257}, 400, "invalid_stream_id", "stream_id"),
        ({"stream_id": 1}, 400, "invalid_stream_id", "stream_id"),
        ({"inputs": "x"}, 400, "unknown_parameter", "inputs"),
        ({"previous_response_id": ["x"]}, 400, "invalid_type", "previous_response_id"),
        ({"model": "nope"}, 404, "model_not_found", None),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, 400, "missing_required_parameter", "tools[0].server_url"),
    ],
)
def test_what_is_refused(connection: Any, message: Any, status: int, code: str | None, param: str | None) -> None:
    fields = {"type": "response.create", "model": MODEL, "input": QUESTION}
    connection.send(message if isinstance(message, str) else json.dumps(fields | message))
    refused = until_end(connection)[-1]
    assert refused["type"] == "error"
    assert refused["error"]["type"] == "invalid_request_error"
    assert (refused["status"], refused["error"]["code"], refused["error"]["param"]) == (status, code, param)
    assert answer(connection, input=QUESTION)["type"] == "response.completed"


def test_a_refusal_names_its_lane(connection: Any) -> None:
    assert answer(connection, stream_id="a.b", model="nope")["stream_id"] == "a.b"
    assert answer(connection, stream_id="a.b", input=QUESTION, generate=None)["stream_id"] == "a.b"


def test_a_connection_has_32_lanes(connection: Any) -> None:
    for number in range(33):
        create(connection, stream_id=f"lane_{number}", input=QUESTION, max_output_tokens=16)
    told = until_end(connection, answers=33)
    refused = [event for event in told if event["type"] == "error"]
    assert [(event["stream_id"], event["error"]["code"]) for event in refused] == [
        ("lane_32", "websocket_stream_limit_reached")
    ]
    assert answer(connection, stream_id="lane_0", input=QUESTION)["type"] == "response.completed"


async def test_lanes_of_the_sdk(async_api: openai.AsyncOpenAI) -> None:
    limits = ResponsesWebSocketLimits(4, 4096, 8192, 1 << 24, 1 << 25)
    async with (
        async_api.responses.connect() as connection,
        AsyncResponsesWebSocketSession(connection, limits=limits) as session,
    ):
        lanes = [session.lane("left"), session.lane("right"), session.default]
        for lane in lanes:
            await lane.send({"type": "response.create", "model": MODEL, "input": QUESTION, "temperature": 0})
        texts = {(await lane.get_final_response()).output_text for lane in lanes}
    assert len(texts) == 1
    assert texts.pop()


def test_lanes_run_side_by_side_and_each_in_order() -> None:
    with running("--itl", "5") as server, connect(address(server)) as connection:
        create(connection, stream_id="a", input=QUESTION)
        create(connection, stream_id="a", input=QUESTION, max_output_tokens=16)
        create(connection, stream_id="b", input=QUESTION, max_output_tokens=16)
        told = until_end(connection, answers=3)
    marks = [(event["stream_id"], event["type"].removeprefix("response.")) for event in told if "response" in event]
    a = [kind for lane, kind in marks if lane == "a" and kind != "in_progress"]
    assert a == ["created", "completed", "created", "incomplete"]
    assert marks.index(("b", "incomplete")) < marks.index(("a", "completed"))


@pytest.mark.parametrize("is_virtual", [False, True])
def test_a_connection_ends_after_an_hour_of_the_servers_clock(is_virtual: bool) -> None:
    options = ("--epoch", "1700000000", "--itl", "3600000") if is_virtual else ("--speed", "7200")
    with running(*options) as server, connect(address(server)) as connection:
        if is_virtual:
            assert answer(connection, input=QUESTION)["type"] == "response.completed"
            create(connection, input=QUESTION)
        last = receive(connection)
        assert last["status"] == 400
        assert last["error"]["code"] == "websocket_connection_limit_reached"
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
