"""Where what is said and when it is said meet."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from fakeai.content import tokenizer as tokenizers
from fakeai.content.prompt import Prompt, prompt, prompt_tokens
from fakeai.content.script import Script, apply_stop
from fakeai.content.text import Budget, TextSource
from fakeai.content.tokenizer import Tokenizer
from fakeai.core.call import Call
from fakeai.core.catalog import Catalog
from fakeai.core.errors import ApiError, model_not_found
from fakeai.core.seeds import derive, draws
from fakeai.core.specs import ModelSpec
from fakeai.core.stats import Stats
from fakeai.engine.generation import Ask, Generation, Usage
from fakeai.guard.limits import Limits
from fakeai.sim.latency import FixedLatency

T = TypeVar("T")

FINE_TUNED = "ft:"
DELETED_MODELS = "models/deleted"
"""Collection of the fine-tuned models that a tenant deleted, by id."""

OFF_LOOP_CHARS = 20_000
"""Longer prompts are tokenised in a thread: 1,500 characters take up to 90 µs, and the loop may stand still 2 ms."""
OFF_LOOP_TOKENS = 4_000
"""Longer answers are written in a thread."""


class Engine:
    """plan → time → account, for every API family that generates text."""

    def __init__(
        self,
        catalog: Catalog,
        source: TextSource,
        latency: FixedLatency,
        limits: Limits,
        stats: Stats,
        seed: int = 0,
    ) -> None:
        self.catalog = catalog
        self.source = source
        self.latency = latency
        self.limits = limits
        self.stats = stats
        self.seed = seed

    async def model(self, call: Call, name: str) -> ModelSpec:
        """Raises ApiError 404 for a model that does not exist, and for a fine-tuned one that was deleted."""
        spec = self.catalog.resolve(name, call.tenant.namespace)
        if name.startswith(FINE_TUNED) and await call.store.get(DELETED_MODELS, name):
            raise model_not_found(name)
        return spec

    async def generate(self, call: Call, ask: Ask, body_bytes: int) -> Generation:
        """`body_bytes`: size of the request, which decides whether the work may stay on the event loop.

        Raises ApiError 400 context_length_exceeded.
        """
        tokenizer = await self.tokenizer(ask.model)
        seed = self._content_seed(call, ask)
        is_long = body_bytes > OFF_LOOP_CHARS or max(ask.max_tokens or 0, ask.min_tokens) * ask.n > OFF_LOOP_TOKENS
        counts, scripts = await _run(lambda: _plan(ask, tokenizer, self.source, seed), in_thread=is_long)
        usage = Usage(sum(counts), sum(script.tokens for script in scripts))
        self._account(call, ask.model.id, usage)
        return Generation(scripts, self._token_times(call, scripts), usage, call.arrived_s, seed)

    def _account(self, call: Call, model: str, usage: Usage) -> None:
        self.stats.prompt_tokens[(model,)] += usage.prompt_tokens
        self.stats.completion_tokens[(model,)] += usage.completion_tokens
        tokens = usage.prompt_tokens + usage.completion_tokens
        call.response_headers += self.limits.spend(call.tenant, model, tokens, call.arrived_s)

    def _token_times(self, call: Call, scripts: list[Script]) -> list[float]:
        if self.latency.is_zero:
            return []
        longest = max(script.tokens for script in scripts)
        return self.latency.token_times(call.arrived_s, longest, call.draws("latency"))

    async def tokenizer(self, model: ModelSpec) -> Tokenizer:
        if tokenizers.ready(model.tokenizer):
            return tokenizers.get(model.tokenizer)
        return await asyncio.to_thread(tokenizers.get, model.tokenizer)

    def _content_seed(self, call: Call, ask: Ask) -> int:
        """Streamed or not, one request says the same. A given seed, or temperature 0, makes repeats equal too."""
        occurrence = call.occurrence if ask.seed is None and ask.temperature else 0
        said = [ask.messages, list(ask.prompts)]
        return derive(self.seed, call.tenant.namespace, ask.model.id, ask.seed, occurrence, said)


async def _run(work: Callable[[], T], in_thread: bool) -> T:
    return await asyncio.to_thread(work) if in_thread else work()


def _plan(ask: Ask, tokenizer: Tokenizer, source: TextSource, seed: int) -> tuple[list[int], list[Script]]:
    """Prompt tokens of each prompt, and [prompts * n] scripts."""
    counts = _prompt_counts(ask, tokenizer)
    scripts = []
    for number, (said, count) in enumerate(zip(_prompts(ask, tokenizer), counts, strict=True)):
        budget = _budget(ask, count)
        for choice in range(ask.n):
            r = draws(derive(seed, number, choice) if number or choice else seed)
            script = source.write(said, budget, r, tokenizer)
            scripts.append(apply_stop(script, ask.stop, tokenizer) if ask.stop else script)
    return counts, scripts


def _prompt_counts(ask: Ask, tokenizer: Tokenizer) -> list[int]:
    if ask.messages:
        return [prompt_tokens(ask.messages, ask.model, tokenizer, ask.tools)]
    return [tokenizer.count(text) if isinstance(text, str) else len(text) for text in ask.prompts]


def _prompts(ask: Ask, tokenizer: Tokenizer) -> Sequence[Prompt]:
    if ask.messages:
        return [prompt(ask.messages)]
    return [Prompt(text if isinstance(text, str) else tokenizer.decode(text, "prompt")) for text in ask.prompts]


def _budget(ask: Ask, count: int) -> Budget:
    """How long the answer may and must be. Raises ApiError if that cannot be."""
    window = ask.model.context_window
    if ask.max_tokens is not None and ask.min_tokens > ask.max_tokens:
        message = f"min_tokens must be less than or equal to max_tokens={ask.max_tokens}, got {ask.min_tokens}."
        raise ApiError(400, message, code="invalid_value", param="min_tokens")
    if window is not None and count + (ask.max_tokens or 1) > window:
        raise _context_exceeded(window, count, ask)
    room = min(window - count if window else 1 << 30, ask.model.max_output_tokens or 1 << 30)
    limit = room if ask.max_tokens is None else ask.max_tokens
    return Budget(limit, min(ask.min_tokens, limit), exact=ask.ignore_eos and ask.max_tokens is not None)


def _context_exceeded(window: int, count: int, ask: Ask) -> ApiError:
    field = "messages" if ask.messages else "prompt"
    if ask.max_tokens is None or count >= window:
        text = f"However, your messages resulted in {count} tokens. Please reduce the length of the messages."
    else:
        asked = count + ask.max_tokens
        text = (
            f"However, you requested {asked} tokens ({count} in the messages, {ask.max_tokens} in the completion). "
            "Please reduce the length of the messages or completion."
        )
    message = f"This model's maximum context length is {window} tokens. {text}"
    return ApiError(400, message, code="context_length_exceeded", param=field)
