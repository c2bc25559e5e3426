"""Where what is said and when it is said meet."""

from dataclasses import replace
from typing import Any

import pytest

from fakeai.content import tokenizer as tokenizers
from fakeai.content.sources import text_source
from fakeai.content.text import TextConfig
from fakeai.core.call import Call, Tenant
from fakeai.core.catalog import Catalog
from fakeai.core.clock import VirtualClock
from fakeai.core.errors import ApiError
from fakeai.core.jitter import Jittered
from fakeai.core.stats import Stats, WorkerStats
from fakeai.engine.engine import OFF_LOOP_CHARS, Engine, Options
from fakeai.engine.generation import Ask, Generation
from fakeai.engine.realms import Realms
from fakeai.guard.limits import Limits
from fakeai.sim.blocks import BlockPool
from fakeai.sim.cluster import Cluster
from fakeai.sim.driver import Driver
from fakeai.sim.fixed import FixedLatency
from fakeai.sim.paced import PacedWorker
from fakeai.sim.policies.balance import RoundRobin
from fakeai.sim.router import Router
from fakeai.state.store import Memory
from fakeai_api.catalog import MODELS
from fakeai_api.operations import OPERATIONS

pytestmark = pytest.mark.unit

GPT_4 = MODELS["gpt-4-0613"]
INSTRUCT = MODELS["gpt-3.5-turbo-instruct-0914"]
OPERATION = OPERATIONS["createChatCompletion"]
TOKENIZER = tokenizers.get("cl100k_base")
START_S = 1000.0
USER = [{"role": "user", "content": "Tell me about tides."}]


def engine(seed: int = 0, ttft_s: float = 0, itl_s: float = 0) -> Engine:
    stats = WorkerStats()
    latency = FixedLatency(Jittered(ttft_s), Jittered(itl_s))
    worker = PacedWorker("worker-0", BlockPool(10_000, 16, stats=stats), stats, latency)
    driver = Driver(Cluster([worker], Router(RoundRobin()), START_S), VirtualClock(START_S))
    realms = Realms(driver, (), lambda start_s: driver.cluster)
    catalog = Catalog(list(MODELS.values()))
    limits = Limits(10**6, 10**9)
    return Engine(catalog, text_source(TextConfig()), realms, limits, Stats(), lambda record: None, Options(seed))


def call(occurrence: int = 0, namespace: str = "default") -> Call:
    clock, tenant = VirtualClock(1000.0), Tenant(namespace)
    store = Memory().view(tenant, clock, OPERATION)
    return Call(OPERATION, tenant, clock, store, seed=7, request_id="req_1", occurrence=occurrence, arrived_s=1000.0)


def ask(**more: Any) -> Ask:
    return Ask(**({"model": GPT_4, "messages": USER} | more))


async def said(made_by: Engine, *, by: Call | None = None, **more: Any) -> str:
    return (await made_by.generate(by or call(), ask(**more), 100)).scripts[0].text


async def test_scripts_of_prompts_and_choices() -> None:
    made = await engine().generate(
        call(), Ask(INSTRUCT, prompts=["One", [464, 2068], "Three"], n=2, max_tokens=60), 100
    )
    assert len(made.scripts) == 6
    assert len({script.text for script in made.scripts}) == 6
    assert made.prompt_tokens == TOKENIZER.count("One") + 2 + TOKENIZER.count("Three")
    assert made.completion_tokens == sum(script.tokens for script in made.scripts)
    assert all(script.tokens == TOKENIZER.count(script.text) for script in made.scripts)


async def test_what_is_said_depends_on_all_of_these() -> None:
    usual = await said(engine())
    assert await said(engine()) == usual
    others = [
        await said(engine(seed=1)),
        await said(engine(), by=call(occurrence=1)),
        await said(engine(), by=call(namespace="other")),
        await said(engine(), model=MODELS["gpt-4o-2024-08-06"]),
        await said(engine(), messages=[*USER, *USER]),
        await said(engine(), seed=5),
    ]
    assert len({usual, *others}) == len(others) + 1


@pytest.mark.parametrize("more", [{"seed": 3}, {"temperature": 0.0}], ids=str)
async def test_repeats_are_equal_when_asked_for(more: dict[str, Any]) -> None:
    texts = {await said(engine(), by=call(occurrence=number), **more) for number in range(3)}
    assert len(texts) == 1


async def test_token_times() -> None:
    made = await engine(ttft_s=0.5, itl_s=0.1).generate(call(), ask(max_tokens=4, ignore_eos=True), 100)
    assert made.requests[0].token_times == pytest.approx([1000.5, 1000.6, 1000.7, 1000.8])
    assert made.done_s == made.requests[0].token_times[-1]
    at_once = await engine().generate(call(), ask(), 100)
    assert set(at_once.requests[0].token_times) == {1000.0}
    assert at_once.done_s == 1000.0


async def test_work_in_a_thread_gives_the_same() -> None:
    short: Generation = await engine().generate(call(), ask(), 100)
    long: Generation = await engine().generate(call(), ask(), OFF_LOOP_CHARS + 1)
    assert short.scripts[0].text == long.scripts[0].text


async def test_tokens_are_accounted_once() -> None:
    made_by = engine()
    made = await made_by.generate(call(), ask(n=2), 100)
    assert made_by.stats.prompt_tokens == {(GPT_4.id,): made.prompt_tokens}
    assert made_by.stats.completion_tokens == {(GPT_4.id,): made.completion_tokens}


async def test_context_window_bounds_the_answer() -> None:
    small = replace(GPT_4, context_window=60)
    prompt_tokens = (await engine().generate(call(), ask(model=small, max_tokens=1), 100)).prompt_tokens
    room = 60 - prompt_tokens
    full = await engine().generate(call(), ask(model=small, min_tokens=500), 100)
    assert full.completion_tokens == room
    assert full.scripts[0].finish_reason == "length"
    exact = await engine().generate(call(), ask(model=small, max_tokens=room), 100)
    assert exact.completion_tokens <= room


@pytest.mark.parametrize(("more", "words"), [({"max_tokens": 50}, "you requested 6[0-9] tokens"),
                                             ({"messages": USER * 30}, "your messages resulted in")])  # fmt: skip
async def test_context_window_exceeded(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError, match=words) as caught:
        await engine().generate(call(), ask(**({"model": replace(GPT_4, context_window=60)} | more)), 100)
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")


async def test_refused_requests_are_not_accounted() -> None:
    made_by = engine()
    with pytest.raises(ApiError):
        await made_by.generate(call(), ask(max_tokens=10**9), 100)
    assert not made_by.stats.prompt_tokens
