"""Chat completions, streamed and not, as the official SDK sees them."""

import math
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from fakeai.content import tokenizer as tokenizers

pytestmark = [pytest.mark.service, pytest.mark.integration]

MODEL = "gpt-4o"
USER = [{"role": "user", "content": "Why is the sky blue? Explain it to a child."}]
TOKENIZER = tokenizers.get("o200k_base")


def ask(**more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": USER, **more}


def deltas(chunks: list[ChatCompletionChunk], index: int = 0) -> list[str]:
    """Non-empty content of one choice."""
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.index == index]
    return [choice.delta.content for choice in choices if choice.delta.content]


def test_answer(api: openai.OpenAI) -> None:
    answer = api.chat.completions.create(**ask())
    choice = answer.choices[0]
    assert answer.id.startswith("chatcmpl-")
    assert answer.model.startswith(MODEL)
    assert choice.message.role == "assistant"
    assert choice.message.refusal is None
    assert choice.logprobs is None
    assert choice.finish_reason == "stop"
    assert answer._request_id is not None
    assert answer._request_id.startswith("req_")


def test_usage_is_what_the_tokenizer_counts(api: openai.OpenAI) -> None:
    answer = api.chat.completions.create(**ask(n=3))
    said = sum(TOKENIZER.count(choice.message.content or "") for choice in answer.choices)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == said
    assert answer.usage.prompt_tokens > TOKENIZER.count(USER[0]["content"])
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + said
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.prompt_tokens_details is not None


def test_prompt_counts_once_for_all_choices(api: openai.OpenAI) -> None:
    one, three = (api.chat.completions.create(**ask(n=n)) for n in (1, 3))
    assert one.usage is not None
    assert three.usage is not None
    assert one.usage.prompt_tokens == three.usage.prompt_tokens
    assert [choice.index for choice in three.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in three.choices}) == 3


async def test_asynchronous_client(async_api: openai.AsyncOpenAI) -> None:
    whole = await async_api.chat.completions.create(**ask(seed=4))
    chunks = [chunk async for chunk in await async_api.chat.completions.create(**ask(seed=4), stream=True)]
    assert "".join(deltas(chunks)) == whole.choices[0].message.content


@pytest.mark.parametrize("more", [{}, {"n": 3}, {"max_tokens": 9}, {"stop": ["the", "light"]}], ids=str)
def test_streamed_and_whole_answers_are_the_same(api: openai.OpenAI, more: dict[str, Any]) -> None:
    whole = api.chat.completions.create(**ask(seed=5, **more))
    options = {"include_usage": True}
    chunks = list(api.chat.completions.create(**ask(seed=5, stream=True, stream_options=options, **more)))
    for choice in whole.choices:
        assert "".join(deltas(chunks, choice.index)) == choice.message.content
    assert chunks[-1].usage == whole.usage
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert reasons == [choice.finish_reason for choice in whole.choices]


def test_every_chunk_has_one_token(api: openai.OpenAI) -> None:
    options = {"include_usage": True}
    chunks = list(api.chat.completions.create(**ask(stream=True, stream_options=options)))
    pieces = deltas(chunks)
    assert chunks[-1].usage is not None
    assert len(pieces) == chunks[-1].usage.completion_tokens == TOKENIZER.count("".join(pieces))
    assert all(TOKENIZER.count(piece) == 1 for piece in pieces)


def test_usage_only_when_asked_for(api: openai.OpenAI) -> None:
    assert all(chunk.usage is None for chunk in api.chat.completions.create(**ask(stream=True)))
    with api.chat.completions.with_streaming_response.create(**ask(stream=True)) as response:
        assert '"usage"' not in "".join(response.iter_lines())


def test_continuous_usage(api: openai.OpenAI) -> None:
    options: Any = {"include_usage": True, "continuous_usage_stats": True}
    chunks = list(api.chat.completions.create(**ask(stream=True, stream_options=options, max_tokens=12)))
    spoken = [chunk.usage.completion_tokens for chunk in chunks if chunk.usage]
    assert len(spoken) == len(chunks)
    assert spoken == [0, *range(1, 13), 12, 12]


@pytest.mark.parametrize(("options", "wanted"), [({"include_obfuscation": True}, True),
                                                 ({"include_obfuscation": False}, False)])  # fmt: skip
def test_obfuscation(api: openai.OpenAI, options: dict[str, Any], wanted: bool) -> None:
    chunks = list(api.chat.completions.create(**ask(stream=True, stream_options=options)))
    assert all(bool(getattr(chunk, "obfuscation", None)) == wanted for chunk in chunks)


def test_length(api: openai.OpenAI) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        answer = api.chat.completions.create(**ask(**{name: 7}))
        assert answer.choices[0].finish_reason == "length"
        assert answer.usage is not None
        assert answer.usage.completion_tokens == 7


@pytest.mark.parametrize("tokens", [1, 2, 17, 300])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "llama-3.1-8b-instruct"])
def test_exact_length(api: openai.OpenAI, model: str, tokens: int) -> None:
    extra = {"ignore_eos": True}
    answer = api.chat.completions.create(**ask(max_tokens=tokens, extra_body=extra) | {"model": model})
    assert answer.usage is not None
    assert answer.usage.completion_tokens == tokens
    assert answer.choices[0].finish_reason == "length"
    spec = {"gpt-4o": "o200k_base", "gpt-4": "cl100k_base", "llama-3.1-8b-instruct": "llama3"}[model]
    assert tokenizers.get(spec).count(answer.choices[0].message.content or "") == tokens


def test_minimum_length(api: openai.OpenAI) -> None:
    answer = api.chat.completions.create(**ask(extra_body={"min_tokens": 700}))
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 700


def test_stop(api: openai.OpenAI) -> None:
    whole = api.chat.completions.create(**ask(seed=8)).choices[0].message.content or ""
    word = whole.split()[5]
    stopped = api.chat.completions.create(**ask(seed=8, stop=word)).choices[0]
    assert stopped.message.content == whole[: whole.index(word)]
    assert stopped.finish_reason == "stop"


def test_seed_makes_repeats_equal(api: openai.OpenAI) -> None:
    said = [api.chat.completions.create(**ask(seed=seed)).choices[0].message.content for seed in (1, 1, 2)]
    assert said[0] == said[1] != said[2]


def test_temperature_zero_makes_repeats_equal(api: openai.OpenAI) -> None:
    def repeat(temperature: float) -> set[str | None]:
        answers = [api.chat.completions.create(**ask(temperature=temperature)) for _ in range(3)]
        return {answer.choices[0].message.content for answer in answers}

    assert len(repeat(0)) == 1
    assert len(repeat(1)) == 3


def test_logprobs(api: openai.OpenAI) -> None:
    answer = api.chat.completions.create(**ask(logprobs=True, top_logprobs=3, max_tokens=20, seed=1))
    assert answer.choices[0].logprobs is not None
    entries = answer.choices[0].logprobs.content or []
    assert answer.usage is not None
    assert len(entries) == answer.usage.completion_tokens
    assert bytes(byte for entry in entries for byte in entry.bytes or ()).decode() == answer.choices[0].message.content
    for entry in entries:
        likely = [other.logprob for other in entry.top_logprobs]
        assert len(likely) == 3
        assert likely == sorted(likely, reverse=True)
        assert entry.logprob < 0
        assert sum(math.exp(logprob) for logprob in likely) <= 1


def test_streamed_logprobs_are_the_same(api: openai.OpenAI) -> None:
    wish = ask(logprobs=True, top_logprobs=2, max_tokens=15, seed=1)
    whole = api.chat.completions.create(**wish).choices[0].logprobs
    chunks = [chunk.choices[0].logprobs for chunk in api.chat.completions.create(**wish, stream=True)]
    streamed = [entry for logprobs in chunks if logprobs for entry in logprobs.content or ()]
    assert whole is not None
    assert streamed == whole.content


def test_images_count_as_prompt_tokens(api: openai.OpenAI) -> None:
    text = {"type": "text", "text": "What is this?"}
    image = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png", "detail": "low"}}
    plain, pictured = (
        api.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])  # type: ignore[typeddict-item]
        for content in ([text], [text, image])
    )
    assert plain.usage is not None
    assert pictured.usage is not None
    assert pictured.usage.prompt_tokens - plain.usage.prompt_tokens == 85


def test_stream_helper(api: openai.OpenAI) -> None:
    """The SDK's accumulator raises for streams out of order."""
    with api.chat.completions.stream(**ask(n=2), stream_options={"include_usage": True}) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_completion()
    assert [choice.finish_reason for choice in answer.choices] == ["stop", "stop"]
    assert answer.usage is not None


def test_parse_helper_with_text(api: openai.OpenAI) -> None:
    assert api.chat.completions.parse(**ask()).choices[0].message.content


def test_conversation_with_tool_messages(api: openai.OpenAI) -> None:
    called = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    messages = [
        {"role": "developer", "content": "Be brief."},
        *USER,
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    answer = api.chat.completions.create(model=MODEL, messages=messages, tools=tools, tool_choice="none")  # type: ignore[arg-type]
    assert answer.choices[0].message.content
    assert answer.choices[0].message.tool_calls is None
