"""Completions with `store` can be listed, read, changed and deleted."""

from typing import Any

import openai
import pytest

pytestmark = [pytest.mark.service, pytest.mark.integration]

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a colour."}]


def store(api: openai.OpenAI, **more: Any) -> Any:
    return api.chat.completions.create(model="gpt-4o", messages=MESSAGES, store=True, **more)  # type: ignore[call-overload]


def test_stored_completion_is_the_answer(api: openai.OpenAI) -> None:
    answer = store(api, metadata={"topic": "colour"}, seed=3, temperature=0.5)
    kept = api.chat.completions.retrieve(answer.id)
    assert kept.choices == answer.choices
    assert kept.usage == answer.usage
    assert kept.to_dict()["metadata"] == {"topic": "colour"}
    assert kept.to_dict()["temperature"] == 0.5
    assert kept.to_dict()["request_id"] == answer._request_id


def test_streamed_completion_is_stored(api: openai.OpenAI) -> None:
    chunks = list(store(api, stream=True))
    kept = api.chat.completions.retrieve(chunks[0].id)
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert kept.choices[0].message.content == said


def test_not_stored_without_store(api: openai.OpenAI) -> None:
    answer = api.chat.completions.create(model="gpt-4o", messages=MESSAGES)  # type: ignore[arg-type]
    with pytest.raises(openai.NotFoundError):
        api.chat.completions.retrieve(answer.id)


def test_listed_from_oldest_to_newest(api: openai.OpenAI) -> None:
    ids = [store(api).id for _ in range(3)]
    assert [one.id for one in api.chat.completions.list()] == ids
    assert [one.id for one in api.chat.completions.list(order="desc")] == ids[::-1]
    assert [one.id for one in api.chat.completions.list(limit=1)] == ids, "the client follows the pages"


def test_listed_by_metadata_and_model(api: openai.OpenAI) -> None:
    red, blue = store(api, metadata={"colour": "red", "n": "1"}), store(api, metadata={"colour": "blue"})
    assert [one.id for one in api.chat.completions.list(metadata={"colour": "red"})] == [red.id]
    assert [one.id for one in api.chat.completions.list(metadata={"colour": "green"})] == []
    assert [one.id for one in api.chat.completions.list(model=red.model, metadata={"n": "1"})] == [red.id]
    assert red.model != "gpt-4o"
    assert [one.id for one in api.chat.completions.list(model="gpt-4o", limit=1)] == [red.id, blue.id]
    assert list(api.chat.completions.list(model="gpt-4o-mini")) == []


def test_messages(api: openai.OpenAI) -> None:
    answer = store(api)
    listed = list(api.chat.completions.messages.list(answer.id))
    assert [(message.id, message.role, message.content) for message in listed] == [
        (f"{answer.id}-0", "system", "Be brief."),
        (f"{answer.id}-1", "user", "Name a colour."),
    ]
    assert [message.id for message in api.chat.completions.messages.list(answer.id, limit=1)] == [m.id for m in listed]


def test_update_changes_metadata_alone(api: openai.OpenAI) -> None:
    answer = store(api, metadata={"old": "yes"})
    changed = api.chat.completions.update(answer.id, metadata={"new": "yes"})
    assert changed.to_dict()["metadata"] == {"new": "yes"}
    assert changed.choices == answer.choices
    assert api.chat.completions.retrieve(answer.id) == changed


def test_delete(api: openai.OpenAI) -> None:
    answer = store(api)
    gone = api.chat.completions.delete(answer.id)
    assert (gone.id, gone.deleted, gone.object) == (answer.id, True, "chat.completion.deleted")
    for ask in (api.chat.completions.retrieve, api.chat.completions.delete, api.chat.completions.messages.list):
        with pytest.raises(openai.NotFoundError):
            ask(answer.id)
    assert list(api.chat.completions.list()) == []
