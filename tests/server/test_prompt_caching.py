"""What usage tells of the prompt cache, by each vendor's rules, and that the pages on the cache tell the same."""

import re
from typing import Any

import openai
import pytest

from fakeai.config import AppConfig
from fakeai.content import tokenizer as tokenizers
from fakeai.server.app import App
from tests.support import simulated
from tests.support.clients import in_process
from tests.support.simulated import answered

pytestmark = [pytest.mark.service, pytest.mark.integration]

BLOCK = 16
END = 3
"""Tokens that follow the last message: they prime the reply."""
LONG = " ".join(f"Rule {number}: the tide table of harbour {number} stays as it is." for number in range(90))
MARK = {"prompt_cache_breakpoint": {"mode": "explicit"}}


def system(**more: Any) -> dict[str, Any]:
    return {"role": "system", "content": [{"type": "text", "text": LONG, **more}]}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def ask(api: openai.OpenAI, model: str, *messages: Any, **more: Any) -> Any:
    return api.chat.completions.create(model=model, messages=messages, seed=1, max_completion_tokens=600, **more)


def told(answer: Any) -> tuple[int, int | None]:
    details = answer.usage.prompt_tokens_details
    assert details.cached_tokens + (details.cache_write_tokens or 0) <= answer.usage.prompt_tokens
    return details.cached_tokens, details.cache_write_tokens


def whole_blocks(tokens: int) -> int:
    return tokens // BLOCK * BLOCK


@pytest.mark.parametrize("model", ["llama-3.1-8b-instruct", "gpt-4o", "gpt-3.5-turbo", "gpt-5.6"])
def test_a_conversation(api: openai.OpenAI, model: str) -> None:
    more = {"reasoning_effort": "none"} if model == "gpt-5.6" else {}
    begun = (system(), user("Which harbour is first?"))
    first = ask(api, model, *begun, **more)
    grown = (*begun, first.choices[0].message.model_dump(include={"role", "content"}), user("And the next one?"))
    second = ask(api, model, *grown, **more)
    again = ask(api, model, *grown, **more)
    before, after = first.usage.prompt_tokens, second.usage.prompt_tokens
    assert before > 1024
    found = whole_blocks(first.usage.total_tokens - 1), whole_blocks(after - 1)
    expected: list[tuple[int, int | None]] = {
        "llama-3.1-8b-instruct": [(0, None), (found[0], None), (found[1], None)],
        "gpt-4o": [(0, None), (found[0] // 128 * 128, None), (found[1] // 128 * 128, None)],
        "gpt-3.5-turbo": [(0, None)] * 3,
        "gpt-5.6": [(0, before - END), (before - END, after - before), (after - END, 0)],
    }[model]
    assert [told(answer) for answer in (first, second, again)] == expected


def test_less_than_1024_tokens_are_neither_written_nor_found(api: openai.OpenAI) -> None:
    short = user("tide " * 900)
    for model in ("gpt-5.6", "gpt-4o"):
        answers = [ask(api, model, short) for _ in range(2)]
        assert {told(answer)[0] for answer in answers} == {0}
        assert not any(told(answer)[1] for answer in answers)


def test_explicit_breakpoints_are_exact(api: openai.OpenAI) -> None:
    def tokens(*messages: Any) -> tuple[int, int | None]:
        return told(ask(api, "gpt-5.6", *messages, user("Hi"), extra_body=options))

    end = 3 + tokenizers.get("o200k_base").count(LONG)
    options: dict[str, Any] = {"prompt_cache_options": {"mode": "explicit"}}
    assert end % BLOCK
    assert tokens(system()) == (0, 0), "without a breakpoint nothing is cached"
    assert tokens(system(**MARK)) == (0, end)
    assert tokens(system(**MARK), user("Another")) == (end, 0)
    assert tokens(system(), user("Without")) == (0, 0)


def test_an_implicit_breakpoint_serves_only_what_goes_on_from_there(api: openai.OpenAI) -> None:
    first = ask(api, "gpt-5.6", system(), user("One"))
    other = ask(api, "gpt-5.6", system(), user("Two"))
    assert told(other) == (0, other.usage.prompt_tokens - END)
    marked = ask(api, "gpt-5.6", system(**MARK), user("One"))
    assert told(marked) == (first.usage.prompt_tokens - END, 0), "marks are no part of the prompt"
    third = ask(api, "gpt-5.6", system(**MARK), user("Three"))
    end = 3 + tokenizers.get("o200k_base").count(LONG)
    assert told(third) == (end, third.usage.prompt_tokens - END - end)


def test_keys_choose_workers_but_share_what_was_written(api: openai.OpenAI) -> None:
    answers = [ask(api, "gpt-4o", system(), user("One"), prompt_cache_key=key) for key in ("a", "b")]
    assert told(answers[1])[0] >= 1024


def test_what_a_model_has_not_is_refused(api: openai.OpenAI) -> None:
    options = {"extra_body": {"prompt_cache_options": {"mode": "implicit"}}}
    place = "messages.[0].content.[0].prompt_cache_breakpoint"
    for model, messages, more, code, param in (
        ("gpt-4o", (user("Hi"),), options, "unsupported_parameter", "prompt_cache_options"),
        ("gpt-4o", (system(**MARK), user("Hi")), {}, "unsupported_parameter", place),
        (
            "gpt-5.5",
            (user("Hi"),),
            {"prompt_cache_retention": "in_memory"},
            "unsupported_value",
            "prompt_cache_retention",
        ),
    ):
        with pytest.raises(openai.BadRequestError) as error:
            ask(api, model, *messages, **more)
        assert (error.value.code, error.value.param) == (code, param)
    for model, retention in (("gpt-5.5", "24h"), ("gpt-4.1", "in_memory"), ("gpt-4.1", "24h")):
        ask(api, model, user("Hi"), prompt_cache_retention=retention)


@pytest.mark.parametrize("cluster", [{"gpu": "h100-sxm"}, {}], ids=["simulated", "paced"])
async def test_usage_and_the_pages_tell_the_same(cluster: dict[str, Any]) -> None:
    body = {"model": "llama-3.1-8b", "messages": [system(), user("Which harbour is first?")], "max_tokens": 30}
    async with in_process(App(AppConfig(core={"epoch": simulated.EPOCH_S}, cluster=cluster))) as client:
        usages = [(await answered(client, body))["usage"] for _ in range(3)]
        cache = (await client.get("/v1/kv-cache/metrics")).json()
        page = (await client.get("/metrics")).text
    prompt = sum(usage["prompt_tokens"] for usage in usages)
    cached = sum(usage["prompt_tokens_details"]["cached_tokens"] for usage in usages)
    said = sum(usage["completion_tokens"] for usage in usages)
    assert 0 < cached < prompt
    assert (cache["queried_tokens"], cache["hit_tokens"]) == (prompt, cached)
    assert total(page, "vllm:prefix_cache_queries_total") == total(page, "vllm:prompt_tokens_total") == prompt
    assert total(page, "vllm:prefix_cache_hits_total") == cached
    assert total(page, "vllm:generation_tokens_total") == said


def total(page: str, name: str) -> float:
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", page, re.MULTILINE))
