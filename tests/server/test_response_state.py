"""What is kept of responses: chains, items, the cache, background runs."""

import asyncio
import json
from base64 import b64decode
from typing import Any

import httpx
import openai
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from fakeai.services.responses import archive
from tests.support.clients import in_process
from tests.support.contract import event_data
from tests.support.responses import ASKING, MODEL, QUESTION, WEATHER, ask, refused

pytestmark = [pytest.mark.service, pytest.mark.integration]

DRAW: Any = {"type": "image_generation"}


def test_a_loop_over_previous_responses_ends(api: openai.OpenAI) -> None:
    first = api.responses.create(model=MODEL, input=ASKING, tools=[WEATHER])
    call = first.output[0]
    assert call.type == "function_call"
    output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees"}]
    second = api.responses.create(model=MODEL, input=output, tools=[WEATHER], previous_response_id=first.id)
    assert second.output_text
    assert second.previous_response_id == first.id
    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.input_tokens > first.usage.input_tokens
    listed = api.responses.input_items.list(second.id).data
    assert [item.type for item in listed] == ["function_call_output"]


def test_what_a_chain_has_said_is_found_in_the_cache(api: openai.OpenAI) -> None:
    first = api.responses.create(model=MODEL, input="Tides rise. " * 600)
    second = api.responses.create(model=MODEL, input="Go on.", previous_response_id=first.id)
    assert first.usage is not None
    assert second.usage is not None
    past, cached = first.usage.total_tokens, second.usage.input_tokens_details.cached_tokens
    assert past - 128 < cached <= past


def test_stored_responses_are_retrieved_and_deleted(api: openai.OpenAI) -> None:
    answer = api.responses.create(**ask())
    assert api.responses.retrieve(answer.id).to_dict() == answer.to_dict()
    final: Any = list(api.responses.create(**ask(), stream=True))[-1]
    assert api.responses.retrieve(final.response.id).output_text == answer.output_text
    hidden = api.responses.create(**ask(), store=False)
    for id in (hidden.id, answer.id):
        if id == answer.id:
            api.responses.delete(id)
        with pytest.raises(openai.NotFoundError, match="not found"):
            api.responses.retrieve(id)
        assert refused(api, previous_response_id=id) == (400, "previous_response_id", "previous_response_not_found")


def test_input_items_have_ids_and_pages(api: openai.OpenAI) -> None:
    given: Any = [{"role": "user", "content": f"Number {number}"} for number in range(5)]
    answer = api.responses.create(model=MODEL, input=given)
    pages = api.responses.input_items.list(answer.id, limit=2, order="asc")
    items: list[Any] = list(pages)
    assert [item.content[0].text for item in items] == [f"Number {number}" for number in range(5)]
    assert all(item.id.startswith("msg_") for item in items)
    assert [item.id for item in api.responses.input_items.list(answer.id)] == [item.id for item in reversed(items)]


def test_images_count_by_the_size_of_the_file(api: openai.OpenAI) -> None:
    picture: Any = api.responses.create(
        model=MODEL, input=QUESTION, tools=[{"type": "image_generation", "size": "1024x1024"}], tool_choice=DRAW
    ).output[0]
    file = api.files.create(file=("a.png", b64decode(picture.result)), purpose="vision")
    parts: Any = [{"type": "input_image", "file_id": file.id, "detail": "high"}]
    shown: Any = [{"role": "user", "content": parts}]
    bare: Any = [{"role": "user", "content": []}]
    counts = [api.responses.input_tokens.count(model=MODEL, input=given).input_tokens for given in (shown, bare)]
    assert counts[0] - counts[1] == 765


def test_items_are_referred_to(api: openai.OpenAI) -> None:
    first = api.responses.create(**ask())
    reference: Any = {"type": "item_reference", "id": first.output[0].id}
    user: Any = {"role": "user", "content": "Go on."}
    second = api.responses.create(model=MODEL, input=[reference, user])
    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.input_tokens > first.usage.output_tokens
    unknown: Any = [{"type": "item_reference", "id": "msg_none"}]
    assert refused(api, input=unknown) == (404, "input", None)


def test_input_tokens_are_those_of_the_answer(api: openai.OpenAI) -> None:
    asked: Any = {"model": MODEL, "input": QUESTION, "instructions": "Be brief.", "tools": [WEATHER]}
    counted = api.responses.input_tokens.count(**asked).input_tokens
    answer = api.responses.create(**asked)
    assert answer.usage is not None
    assert counted == answer.usage.input_tokens


def test_a_compacted_conversation_goes_on(api: openai.OpenAI) -> None:
    first = api.responses.create(**ask())
    compacted = api.responses.compact(model=MODEL, previous_response_id=first.id)
    assert [item.type for item in compacted.output] == ["message", "compaction"]
    again: Any = [item.model_dump(exclude_unset=True, warnings=False) for item in compacted.output]
    assert api.responses.create(model=MODEL, input=[*again, {"role": "user", "content": "Go on."}]).output_text
    again[-1]["encrypted_content"] = "x" * 40
    assert refused(api, input=again)[2] == "invalid_encrypted_content"


@pytest.mark.parametrize("how", ["asked for", "too long"])
def test_a_response_compacts_what_came_before(api: openai.OpenAI, how: str) -> None:
    first = api.responses.create(**ask())
    trigger: Any = [{"role": "user", "content": "Go on."}, {"type": "compaction_trigger"}]
    more: Any = {"input": trigger}
    if how == "too long":
        more = {"input": "Go on. " * 1000, "context_management": [{"type": "compaction", "compact_threshold": 1000}]}
    second = api.responses.create(model=MODEL, previous_response_id=first.id, **more)
    assert [item.type for item in second.output] == ["compaction", "message"]
    third = api.responses.create(model=MODEL, previous_response_id=second.id, input="And now?")
    assert third.output_text


def test_background_responses_are_polled_cancelled_and_streamed_again(api: openai.OpenAI) -> None:
    begun = api.responses.create(**ask(), background=True)
    assert begun.status == "queued"
    assert begun.usage is None
    answer = begun
    for _ in range(1000):
        answer = api.responses.retrieve(begun.id)
        if answer.status not in ("queued", "in_progress"):
            break
    assert answer.status == "completed"
    assert answer.output_text
    assert api.responses.cancel(begun.id).to_dict() == answer.to_dict()
    events: Any = list(api.responses.create(**ask(), background=True, stream=True))
    id = events[0].response.id
    again = list(api.responses.retrieve(id, stream=True, starting_after=4))
    assert [event.to_dict() for event in again] == [event.to_dict() for event in events[5:]]
    plain: Any = list(api.responses.retrieve(id, stream=True, include_obfuscation=False))
    said = [[event for event in told if event.type == "response.output_text.delta"] for told in (events, plain)]
    assert [event.delta for event in said[1]] == [event.delta for event in said[0]]
    assert [any(hasattr(event, "obfuscation") for event in told) for told in said] == [True, False]
    assert api.responses.retrieve(id).output_text == events[-1].response.output_text
    with api.responses.stream(response_id=id, starting_after=4) as stream:
        assert next(iter(stream)).sequence_number == 5
        assert stream.get_final_response().output_text == events[-1].response.output_text


def test_only_background_responses_are_cancelled(api: openai.OpenAI) -> None:
    answer = api.responses.create(**ask())
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        api.responses.cancel(answer.id)
    with pytest.raises(openai.BadRequestError):
        list(api.responses.retrieve(answer.id, stream=True))


def test_truncation_drops_the_oldest(api: openai.OpenAI) -> None:
    given: Any = [{"role": "user", "content": f"{number} " * 20_000} for number in range(8)]
    answer = api.responses.create(model=MODEL, input=given, truncation="auto")
    assert answer.usage is not None
    assert answer.usage.input_tokens < 128_000
    assert answer.output_text


@pytest.mark.parametrize("stream", [False, True])
async def test_a_response_whose_worker_died_has_failed(stream: bool) -> None:
    app = App(AppConfig(cluster={"gpu": "h100-sxm", "speed": 0.1, "on_worker_death": "fail"}))
    asked = {"model": "llama-3.1-8b", "input": QUESTION, "background": True, "stream": stream}
    async with in_process(app) as client:
        post = asyncio.create_task(client.post("/v1/responses", json=asked))
        while not app.cluster.workers[0].running:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)
        await client.post("/v1/router/workers/worker-0", json={"action": "kill"})
        answer = await post
        if stream:
            last = json.loads(event_data(answer.content)[-1])
            assert last["type"] == "response.failed"
            response = last["response"]
        else:
            response = (await client.get(f"/v1/responses/{answer.json()['id']}")).json()
    assert response["status"] == "failed"
    assert response["error"]["code"] == "server_error"
    assert response["output"] == []


async def test_the_oldest_responses_are_forgotten(monkeypatch: pytest.MonkeyPatch, client: httpx.AsyncClient) -> None:
    monkeypatch.setattr(archive, "MAX_STORED", 2)
    made = [(await client.post("/v1/responses", json=ask())).json()["id"] for _ in range(3)]
    assert [(await client.get(f"/v1/responses/{id}")).status_code for id in made] == [404, 200, 200]
