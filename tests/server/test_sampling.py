"""Parameters of sampling, as they show in answers and their log probabilities."""

import math
from typing import Any

import openai
import pytest

from fakeai.content import tokenizer as tokenizers

pytestmark = [pytest.mark.service, pytest.mark.integration]

MODEL = "gpt-4o"
TOKENIZER = tokenizers.get("o200k_base")
USER = [{"role": "user", "content": "Why do tides follow the moon?"}]
PERSON = {
    "type": "json_schema",
    "json_schema": {
        "name": "person",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
            "additionalProperties": False,
        },
    },
}


def ask(**more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": USER, "seed": 3, **more}


def text(api: openai.OpenAI, **more: Any) -> str:
    return api.chat.completions.create(**ask(**more)).choices[0].message.content or ""


def test_banned_tokens_are_not_said_streamed_or_not(api: openai.OpenAI) -> None:
    usual = text(api)
    said = TOKENIZER.encode(usual)
    bias = {str(token): -100 for token in {said[0], said[5], said[-1], *TOKENIZER.encode(" the")}}
    whole = api.chat.completions.create(**ask(logit_bias=bias))
    other = whole.choices[0].message.content or ""
    assert {int(token) for token in bias}.isdisjoint(TOKENIZER.encode(other))
    assert whole.usage is not None
    assert whole.usage.completion_tokens == TOKENIZER.count(other) == len(said)
    chunks = list(api.chat.completions.create(**ask(logit_bias=bias, stream=True)))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == other != usual


def test_demanded_tokens_are_all_that_is_said(api: openai.OpenAI) -> None:
    bias = {str(TOKENIZER.encode(word)[0]): 100 for word in ("Yes", "No")}
    answers = {text(api, logit_bias=bias, max_tokens=1, seed=seed) for seed in range(12)}
    assert answers == {"Yes", "No"}
    legacy = api.completions.create(model="gpt-3.5-turbo-instruct", prompt="Is it?", logit_bias={"10035": 100}, n=2)
    assert {choice.text for choice in legacy.choices} == {tokenizers.get("cl100k_base").decode([10035]) * 16}


def test_ids_outside_the_vocabulary_are_refused(api: openai.OpenAI) -> None:
    for key, problem in (("200019", "Maximum value is 199999."), ("yes", "non-negative integers")):
        with pytest.raises(openai.BadRequestError, match=problem) as error:
            text(api, logit_bias={key: 1}, response_format=PERSON)
        assert (error.value.param, error.value.code) == ("logit_bias", None)


def test_temperature(api: openai.OpenAI) -> None:
    def said(temperature: float, **more: Any) -> list[str]:
        return [text(api, temperature=temperature, seed=None, **more) for _ in range(3)]

    cold = said(0)
    assert len(set(cold)) == len(set(said(1, top_p=0))) == 1
    assert len({cold[0], *said(0.7), *said(1.5)}) == 7


def test_at_temperature_0_the_likeliest_token_is_said(api: openai.OpenAI) -> None:
    for temperature in (0, 1):
        answer = api.chat.completions.create(**ask(temperature=temperature, logprobs=True, top_logprobs=2))
        assert answer.choices[0].logprobs is not None
        entries = answer.choices[0].logprobs.content or []
        assert all(entry.token == entry.top_logprobs[0].token for entry in entries) == (temperature == 0)
        legacy = api.completions.create(
            model="gpt-3.5-turbo-instruct", prompt="Why?", logprobs=2, temperature=temperature, max_tokens=60, seed=1
        )
        found = legacy.choices[0].logprobs
        assert found is not None
        likeliest = [max(top.values()) for top in found.top_logprobs or ()]
        assert (likeliest == found.token_logprobs) == (temperature == 0)


def test_penalties_decide_on_repeats(api: openai.OpenAI) -> None:
    def different_words(**more: Any) -> float:
        shares = []
        for seed in range(6):
            words = text(api, seed=seed, extra_body={"min_tokens": 400}, max_tokens=400, **more).split()
            shares.append(len(set(words)) / len(words))
        return sum(shares) / len(shares)

    usual = different_words()
    assert different_words(frequency_penalty=-2) < different_words(presence_penalty=-0.6) < usual
    assert different_words(presence_penalty=1, frequency_penalty=1) > usual


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "content"),
        ({"response_format": PERSON}, "content"),
        ({"extra_headers": {"x-fakeai-outcome": "refusal"}}, "refusal"),
        ({"messages": [{"role": "user", "content": "Say 🙂🫥 and ☃ twice"}]}, "content"),
    ],
)
def test_log_probabilities_add_up_to_the_answer(api: openai.OpenAI, more: dict[str, Any], field: str) -> None:
    choice = api.chat.completions.create(**ask(logprobs=True, top_logprobs=4, **more)).choices[0]
    entries = getattr(choice.logprobs, field)
    said = b"".join(bytes(entry.bytes) for entry in entries).decode()
    assert said == getattr(choice.message, field)
    assert getattr(choice.logprobs, "refusal" if field == "content" else "content") is None
    for entry in entries:
        likely = {bytes(other.bytes): other.logprob for other in entry.top_logprobs}
        assert list(likely.values()) == sorted(likely.values(), reverse=True)
        assert likely.get(bytes(entry.bytes), entry.logprob) == entry.logprob
        assert (bytes(entry.bytes) in likely) == (entry.logprob >= min(likely.values()))
        assert sum(math.exp(logprob) for logprob in {**likely, bytes(entry.bytes): entry.logprob}.values()) <= 1


def test_legacy_log_probabilities_add_up(api: openai.OpenAI) -> None:
    choice = api.completions.create(model="gpt-3.5-turbo-instruct", prompt="Why?", logprobs=5, max_tokens=40).choices[0]
    found = choice.logprobs
    assert found is not None
    assert "".join(found.tokens or ()) == choice.text
    for token, logprob, top in zip(
        found.tokens or (), found.token_logprobs or (), found.top_logprobs or (), strict=True
    ):
        assert top[token] == logprob
        assert 5 <= len(top) <= 6
        assert sum(math.exp(value) for value in top.values()) <= 1
