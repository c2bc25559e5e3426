"""Models that think before they answer, hidden and shown, through the official SDK."""

from typing import Any

import pytest
from openai import OpenAI

from fakeai.content import tokenizer as tokenizers
from tests.support.process import Server

WHY: Any = [{"role": "user", "content": "Why is the sky blue?"}]


@pytest.fixture
def api(server: Server) -> OpenAI:
    return OpenAI(base_url=server.url + "/v1", api_key="sk-fake-reasoning-1", max_retries=0)


def answer(api: OpenAI, model: str, **more: Any) -> Any:
    return api.chat.completions.create(model=model, messages=more.pop("messages", WHY), **more)


def test_hidden_thoughts_are_counted(api: OpenAI) -> None:
    said = answer(api, "o3")
    details = said.usage.completion_tokens_details
    text_tokens = tokenizers.get("o200k_base").count(said.choices[0].message.content)
    assert details.reasoning_tokens > 0
    assert details.reasoning_tokens % 64 == 0
    assert said.usage.completion_tokens == details.reasoning_tokens + text_tokens
    assert "reasoning" not in said.choices[0].message.model_dump_json()


def test_more_effort_takes_more_tokens(api: OpenAI) -> None:
    def mean(effort: str) -> float:
        counts = [answer(api, "gpt-5", reasoning_effort=effort).usage.completion_tokens_details for _ in range(12)]
        return sum(count.reasoning_tokens for count in counts) / len(counts)

    low, high = mean("low"), mean("high")
    assert 0 < low < high / 3


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("gpt-4o", {}),
        ("gpt-5.1", {"reasoning_effort": "none"}),
        ("qwen3-8b", {"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}),
        ("o3", {"messages": [{"role": "user", "content": "Hello!"}]}),
    ],
)
def test_no_thought(api: OpenAI, model: str, more: dict[str, Any]) -> None:
    said = answer(api, model, **more)
    assert said.usage.completion_tokens_details.reasoning_tokens == 0
    assert not (said.choices[0].message.model_extra or {}).keys() & {"reasoning", "reasoning_content"}


def test_a_limit_may_be_used_up_by_thinking(api: OpenAI) -> None:
    said = answer(api, "o3", reasoning_effort="high", max_completion_tokens=64)
    assert said.choices[0].finish_reason == "length"
    assert said.choices[0].message.content == ""
    assert said.usage.completion_tokens_details.reasoning_tokens == said.usage.completion_tokens == 64
    chunks = list(answer(api, "o3", reasoning_effort="high", max_completion_tokens=64, stream=True))
    assert chunks[0].choices[0].delta.content == said.choices[0].message.content == ""


@pytest.mark.parametrize(("model", "field"), [("openai/gpt-oss-20b", "reasoning"), ("qwen3-8b", "reasoning_content")])
def test_open_models_show_their_thoughts(api: OpenAI, model: str, field: str) -> None:
    whole = answer(api, model, seed=7)
    message = whole.choices[0].message
    assert message.model_extra[field]
    assert message.content
    tokenizer = tokenizers.get("o200k_harmony" if "gpt-oss" in model else "qwen")
    assert whole.usage.completion_tokens_details.reasoning_tokens == tokenizer.count(message.model_extra[field])
    thought, text, order = "", "", []
    for chunk in answer(api, model, seed=7, stream=True):
        delta = chunk.choices[0].delta
        more = (delta.model_extra or {}).get(field) or ""
        thought, text = thought + more, text + (delta.content or "")
        order += ["thought"] if more else ["text"] if delta.content else []
    assert (thought, text) == (message.model_extra[field], message.content)
    assert order == sorted(order, reverse=True), "thoughts come before the text"


def test_thoughts_between_tags_are_text(api: OpenAI) -> None:
    said = answer(api, "deepseek-r1-distill-qwen-7b")
    thought, _, text = said.choices[0].message.content.partition("</think>\n\n")
    assert thought.startswith("<think>\n")
    assert text
    assert said.usage.completion_tokens_details.reasoning_tokens == 0


def test_load_generators_get_as_many_tokens_as_they_ask_for(api: OpenAI) -> None:
    said = answer(api, "openai/gpt-oss-20b", max_tokens=100, extra_body={"ignore_eos": True})
    assert said.usage.completion_tokens == 100
    assert 0 < said.usage.completion_tokens_details.reasoning_tokens <= 60
