"""Fills the caches of all workers with prompts, as if each had been asked before."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from fakeai.content.prompt import prompt_ids
from fakeai.content.tokenizer import Tokenizer
from fakeai.core.call import Call
from fakeai.core.operation import Document
from fakeai.core.specs import ModelSpec
from fakeai.engine.engine import Engine
from fakeai.sim.prefetch import warm as fill


class Warming(NamedTuple):
    model: ModelSpec
    prompts: Sequence[str | list[Document]]
    """Bare prompts, or chat messages."""
    salt: str


async def warm(engine: Engine, call: Call, wish: Warming) -> tuple[int, int]:
    """(prompt tokens, those of them that are now cached on every worker). Raises ApiError for an image that is none."""
    tokenizer = await engine.tokenizer(wish.model)
    prompts = await asyncio.to_thread(_ids, wish, tokenizer)
    driver = engine.driver_of(call)
    cluster = driver.cluster
    cached_tokens = 0
    for ids in prompts:
        hashes = engine.hashes(call.tenant.namespace, wish.model, wish.salt, ids)
        await asyncio.to_thread(hashes.first, len(ids))
        driver.look()
        found = [fill(worker.cache, hashes, len(ids), cluster.now_s) for worker in cluster.workers]
        cached_tokens += min(found)
    driver.look()
    return sum(map(len, prompts)), cached_tokens


def _ids(wish: Warming, tokenizer: Tokenizer) -> list[Sequence[int]]:
    return [
        tokenizer.ids(prompt) if isinstance(prompt, str) else prompt_ids(prompt, wish.model, tokenizer)
        for prompt in wish.prompts
    ]
