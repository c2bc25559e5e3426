"""Legacy text completions."""

from typing import Any

import openai
import pytest
from openai.types import Completion

from fakeai.content import tokenizer as tokenizers

pytestmark = [pytest.mark.service, pytest.mark.integration]

MODEL = "gpt-3.5-turbo-instruct"
PROMPT = "The history of the lighthouse begins"
TOKENIZER = tokenizers.get("cl100k_base")


def ask(api: openai.OpenAI, **more: Any) -> Any:
    return api.completions.create(**({"model": MODEL, "prompt": PROMPT} | more))


def texts(chunks: list[Completion], index: int = 0) -> str:
    return "".join(choice.text for chunk in chunks for choice in chunk.choices if choice.index == index)


def test_sixteen_tokens_by_default(api: openai.OpenAI) -> None:
    answer = ask(api)
    assert answer.id.startswith("cmpl-")
    assert answer.usage.completion_tokens <= 16
    assert answer.usage.prompt_tokens == TOKENIZER.count(PROMPT)
    assert answer.usage.completion_tokens == TOKENIZER.count(answer.choices[0].text)


def test_choices_of_several_prompts(api: openai.OpenAI) -> None:
    answer = ask(api, prompt=["One", "Two fish"], n=2)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert answer.usage.prompt_tokens == TOKENIZER.count("One") + TOKENIZER.count("Two fish")
    assert len({choice.text for choice in answer.choices}) == 4


@pytest.mark.parametrize("prompt", [[464, 2068], [[464, 2068], [15496]]], ids=["ids", "lists of ids"])
def test_prompts_of_token_ids(api: openai.OpenAI, prompt: Any) -> None:
    lists = prompt if isinstance(prompt[0], list) else [prompt]
    answer = ask(api, prompt=prompt, echo=True)
    assert answer.usage.prompt_tokens == sum(map(len, lists))
    for choice, ids in zip(answer.choices, lists, strict=True):
        assert choice.text.startswith(TOKENIZER.decode(ids))


def test_echo(api: openai.OpenAI) -> None:
    with_prompt, without = ask(api, echo=True, seed=1), ask(api, seed=1)
    assert with_prompt.choices[0].text == PROMPT + without.choices[0].text
    assert with_prompt.usage == without.usage


def test_no_prompt_is_no_text(api: openai.OpenAI) -> None:
    answer = ask(api, prompt=None, echo=True)
    assert answer.usage.prompt_tokens == 0
    assert "endoftext" not in answer.choices[0].text


def test_scoring_a_prompt(api: openai.OpenAI) -> None:
    answer = ask(api, echo=True, max_tokens=0, logprobs=1)
    logprobs = answer.choices[0].logprobs
    assert answer.choices[0].text == PROMPT
    assert "".join(logprobs.tokens) == PROMPT
    assert answer.usage.completion_tokens == 0


def test_logprobs(api: openai.OpenAI) -> None:
    answer = ask(api, logprobs=3)
    logprobs, text = answer.choices[0].logprobs, answer.choices[0].text
    assert "".join(logprobs.tokens) == text
    assert len(logprobs.tokens) == answer.usage.completion_tokens
    assert [
        text[offset:].startswith(token) for offset, token in zip(logprobs.text_offset, logprobs.tokens, strict=True)
    ]
    for token, logprob, likely in zip(logprobs.tokens, logprobs.token_logprobs, logprobs.top_logprobs, strict=True):
        assert likely[token] == logprob
        assert 3 <= len(likely) <= 4


def test_best_of_counts_what_was_generated(api: openai.OpenAI) -> None:
    answer = ask(api, best_of=4, n=2, extra_body={"ignore_eos": True}, max_tokens=10)
    assert len(answer.choices) == 2
    assert answer.usage.completion_tokens == 40


def test_suffix(api: openai.OpenAI) -> None:
    assert ask(api, suffix=" and so it ends.").choices[0].text
    with pytest.raises(openai.BadRequestError) as caught:
        ask(api, model="babbage-002", suffix="x")
    assert caught.value.code == "unsupported_parameter"
    assert caught.value.param == "suffix"


@pytest.mark.parametrize("more", [{}, {"echo": True}, {"n": 2}, {"prompt": ["One", "Two"]}, {"logprobs": 2}], ids=str)
def test_streamed_and_whole_answers_are_the_same(api: openai.OpenAI, more: dict[str, Any]) -> None:
    whole = ask(api, seed=2, **more)
    chunks = list(ask(api, seed=2, stream=True, stream_options={"include_usage": True}, **more))
    for choice in whole.choices:
        assert texts(chunks, choice.index) == choice.text
        parts = [c.logprobs for chunk in chunks for c in chunk.choices if c.index == choice.index and c.logprobs]
        if choice.logprobs:
            assert [token for part in parts for token in part.tokens or ()] == choice.logprobs.tokens
            assert [at for part in parts for at in part.text_offset or ()] == choice.logprobs.text_offset
            assert [p for part in parts for p in part.token_logprobs or ()] == choice.logprobs.token_logprobs
    assert chunks[-1].usage == whole.usage


def test_exact_length(api: openai.OpenAI) -> None:
    answer = ask(api, max_tokens=123, extra_body={"ignore_eos": True})
    assert answer.usage.completion_tokens == 123 == TOKENIZER.count(answer.choices[0].text)
    assert answer.choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("more", "param"),
    [({"best_of": 1, "n": 2}, "best_of"), ({"best_of": 2, "stream": True}, "best_of"),
     ({"prompt": [10**9]}, "prompt"),
     ({"max_tokens": 0}, "max_tokens"), ({"extra_body": {"min_tokens": 9}, "max_tokens": 8}, "min_tokens"),
     ({"stream_options": {"include_usage": True}}, "stream_options"), ({"logprobs": 6}, "logprobs")],
)  # fmt: skip
def test_refused(api: openai.OpenAI, more: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(api, **more)
    assert caught.value.param == param


def test_chat_models_have_no_completions(api: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="v1/chat/completions"):
        ask(api, model="gpt-4o")
