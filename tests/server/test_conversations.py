"""Conversations, and the responses that go on from them and add to them."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.support.clients import sdk
from tests.support.process import running

pytestmark = [pytest.mark.service, pytest.mark.integration]

MODEL = "gpt-4o"


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def test_a_conversation_is_kept(api: openai.OpenAI) -> None:
    made = api.conversations.create(metadata={"topic": "sky"}, items=[user("Hello.")])
    assert made.id.startswith("conv_")
    assert api.conversations.retrieve(made.id) == made
    changed = api.conversations.update(made.id, metadata={"topic": "sea"})
    assert changed.metadata == {"topic": "sea"}
    assert api.conversations.create().metadata == {}
    gone = api.conversations.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "conversation.deleted")
    with pytest.raises(openai.NotFoundError, match=f"Conversation with id '{made.id}' not found"):
        api.conversations.retrieve(made.id)


def test_items_are_added_listed_and_deleted(api: openai.OpenAI) -> None:
    id = api.conversations.create().id
    call: Any = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
    output: Any = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
    answer: Any = {"role": "assistant", "content": "Hi."}
    added = api.conversations.items.create(id, items=[user("Hello."), answer, call, output])
    assert [item.type for item in added.data] == ["message", "message", "function_call", "function_call_output"]
    texts: list[Any] = [item.content[0] for item in added.data if item.type == "message"]
    assert [part.type for part in texts] == ["input_text", "output_text"]
    listed = list(api.conversations.items.list(id, limit=3))
    assert [item.id for item in listed] == [item.id for item in reversed(added.data)]
    first: Any = added.data[0]
    assert api.conversations.items.retrieve(first.id, conversation_id=id) == first
    assert api.conversations.items.delete(first.id, conversation_id=id).id == id
    with pytest.raises(openai.NotFoundError):
        api.conversations.items.retrieve(first.id, conversation_id=id)
    with pytest.raises(openai.BadRequestError) as caught:
        api.conversations.items.create(id, items=[user("Hello.")] * 21)
    assert caught.value.code == "array_above_max_length"


@pytest.mark.parametrize("stream", [False, True])
def test_responses_go_on_from_a_conversation_and_add_to_it(api: openai.OpenAI, stream: bool) -> None:
    id = api.conversations.create(items=[user("My name is Ada.")]).id

    def turn(text: str) -> Any:
        asked: Any = {"model": MODEL, "input": text, "conversation": id}
        if not stream:
            return api.responses.create(**asked)
        last: Any = list(api.responses.create(**asked, stream=True))[-1]
        return last.response

    first, second = turn("Hello."), turn("Go on.")
    assert first.conversation.id == id
    assert second.usage.input_tokens > first.usage.total_tokens
    items: list[Any] = list(api.conversations.items.list(id, order="asc"))
    assert [item.role for item in items] == ["user", "user", "assistant", "user", "assistant"]
    assert items[2].id == first.output[0].id


def test_an_unknown_conversation_is_refused(api: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="Conversation with id 'conv_none' not found"):
        api.responses.create(model=MODEL, input="Hello.", conversation="conv_none")
    with pytest.raises(openai.NotFoundError):
        api.conversations.items.create("conv_none", items=[user("Hello.")])


@pytest.fixture(scope="module")
def slow() -> Iterator[openai.OpenAI]:
    """A server whose answers take their time: a minute to the first token."""
    with running("--ttft", "60000") as server, sdk(server.base_url) as client:
        yield client


def test_a_conversation_is_locked_while_a_response_is_made(slow: openai.OpenAI) -> None:
    id = slow.conversations.create().id
    begun = slow.responses.create(model=MODEL, input="Hello.", conversation=id, background=True)
    with pytest.raises(openai.BadRequestError) as caught:
        slow.responses.create(model=MODEL, input="Hello.", conversation=id)
    assert caught.value.code == "conversation_locked"
    assert slow.responses.retrieve(begun.id).status in ("queued", "in_progress")
    assert slow.responses.cancel(begun.id).status == "cancelled"
    assert slow.responses.cancel(begun.id).status == "cancelled"
    assert slow.responses.retrieve(begun.id).status == "cancelled"
    again = slow.responses.create(model=MODEL, input="Hello.", conversation=id, background=True)
    assert again.status == "queued"
