"""Where what is said and when it is said meet."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

from fakeai.content import tokenizer as tokenizers
from fakeai.content.prompt import audio_tokens_in, marked_ends, message_ends
from fakeai.content.script import Script
from fakeai.content.text import TextSource
from fakeai.content.tokenizer import Tokenizer
from fakeai.core.call import Call
from fakeai.core.catalog import Catalog
from fakeai.core.errors import ApiError, model_not_found
from fakeai.core.seeds import derive
from fakeai.core.specs import ModelSpec
from fakeai.core.stats import RequestRecord, Stats
from fakeai.engine.cached import Breakpoints, Prefixes
from fakeai.engine.files import with_files
from fakeai.engine.generation import Ask, Generation
from fakeai.engine.planning import hash_all, matches_of, planned
from fakeai.engine.realms import Realms
from fakeai.engine.records import About, headers_of, record_of
from fakeai.engine.threads import apart
from fakeai.guard.limits import Limits
from fakeai.sim.cluster import Refusal
from fakeai.sim.driver import Driver, Flow
from fakeai.sim.hashing import TokenHashes
from fakeai.sim.request import SimRequest

T = TypeVar("T")

FINE_TUNED = "ft:"
DELETED_MODELS = "models/deleted"
"""Collection of the fine-tuned models that a tenant deleted, by id."""

OFF_LOOP_CHARS = 20_000
"""Longer prompts are tokenised in a thread: 1,500 characters take up to 90 µs, and the loop may stand still 2 ms."""
OFF_LOOP_SCHEMA_BYTES = 4_000
"""Longer requests with schemas, of tools or of the answer, are checked and planned in a thread."""
READS_PER_TURN = 32
"""Prompts that arrive at once before others have the event loop: each takes some 20 µs."""
OFF_LOOP_TOKENS = 4_000
"""Longer answers are written in a thread."""
OFF_LOOP_LOGPROBS = 1_000
"""More log probabilities are drawn in a thread: each takes 3.5 µs."""


@dataclass(frozen=True, slots=True)
class Options:
    seed: int = 0
    block_size: int = 16
    """Of the cluster's caches, as the next."""
    hash_algorithm: str = "fast"
    max_model_len: int | None = None
    """Tokens of the longest sequence that the cluster takes; None: only the model's window counts."""
    overload_status: int = 503
    """429 or 503."""
    tells: bool = False
    """Answers carry headers about what the simulation did."""
    tells_virtual: bool = True
    """The same where nothing sleeps."""


class Engine:
    """plan → time → account, for every API family that generates text."""

    def __init__(
        self,
        catalog: Catalog,
        source: TextSource,
        realms: Realms,
        limits: Limits,
        stats: Stats,
        record: Callable[[RequestRecord], None],
        options: Options = Options(),
    ) -> None:
        """record: is told of every request that is over."""
        self.catalog = catalog
        self.source = source
        self.realms = realms
        self._record = record
        realms.shared.driver.cluster.on_done = self._done
        self.limits = limits
        self.stats = stats
        self.seed = options.seed
        self.options = options
        self._breakpoints = Breakpoints(options.block_size)

    async def model(self, call: Call, name: str) -> ModelSpec:
        """Raises ApiError 404 for a model that does not exist, and for a fine-tuned one that was deleted."""
        spec = self.catalog.resolve(name, call.tenant.namespace)
        if name.startswith(FINE_TUNED) and await call.store.get(DELETED_MODELS, name):
            raise model_not_found(name)
        return spec

    async def generate(self, call: Call, ask: Ask, body_bytes: int) -> Generation:
        """`body_bytes`: size of the request, which decides whether the work may stay on the event loop.

        Raises ApiError 400 context_length_exceeded, and 404 for files that the messages name.
        """
        tokenizer = await self.tokenizer(ask.model)
        messages = ask.messages
        ask.messages = await with_files(call, messages)
        seed = self._content_seed(call, ask)
        is_long = (
            body_bytes > (OFF_LOOP_SCHEMA_BYTES if ask.wanted else OFF_LOOP_CHARS)
            or max(ask.max_tokens or 0, ask.min_tokens) * ask.n > OFF_LOOP_TOKENS
            or ask.messages is not messages
        )

        def work() -> tuple[list[Sequence[int]], list[Script]]:
            return planned(ask, tokenizer, self.source, seed, self.options.max_model_len)

        ids, scripts = await (apart(work) if self.source.is_slow else _run(work, is_long))
        prefixes = None
        if ask.model.cached_tokens == "breakpoints" and ask.messages:
            prefixes = await _run(lambda: self._prefixes(call, ask, ids[0], tokenizer), is_long)
        matches = await _run(lambda: matches_of(ask, scripts, tokenizer), is_long) if ask.prediction else []
        requests = self._requests(call, ask, ids, scripts)
        for request, match in zip(requests, matches, strict=False):
            request.prediction = match.ahead
        if is_long:
            await asyncio.to_thread(hash_all, requests)
        flow = await self._begun(call, requests)
        prompt_tokens, completion_tokens = sum(map(len, ids)), sum([script.tokens for script in scripts])
        completion_tokens += sum([match.rejected_tokens for match in matches])
        self._account(call, ask.model.id, prompt_tokens, completion_tokens)
        if ask.stream:
            self._tell(call, requests)
        readers = requests[:: ask.n]
        heard = audio_tokens_in(ask.messages) if "audio" in ask.model.input_modalities else 0
        return Generation(
            scripts,
            requests,
            flow,
            prompt_tokens,
            completion_tokens,
            readers,
            ask.model,
            call.arrived_s,
            seed,
            heard,
            prefixes,
            matches,
        )

    async def _begun(self, call: Call, requests: Sequence[SimRequest]) -> Flow:
        """The requests under way, or at their end where nothing sleeps. Raises ApiError for those refused or lost."""
        realm = self.realms.of(call.tenant.namespace)
        flow = Flow(realm.driver, requests)
        refusal = realm.driver.submit(requests)
        if refusal is not None:
            raise self._refused(refusal)
        if realm.is_virtual and not flow.has_failed:
            await flow.known()
        if flow.has_failed:
            flow.close()
            raise worker_lost()
        return flow

    async def read(self, call: Call, model: ModelSpec, prompts: Sequence[Sequence[int]]) -> None:
        """Prompts that nothing answers, such as those of embeddings, in the time that computing them takes."""
        realm = self.realms.of(call.tenant.namespace)
        requests: list[SimRequest] = []
        flows: list[Flow] = []
        call.watch()
        try:
            for start in range(0, len(prompts), READS_PER_TURN):
                turn = range(start, min(start + READS_PER_TURN, len(prompts)))
                requests += (begun := [self._reading(call, model, number, prompts[number]) for number in turn])
                flow = Flow(realm.driver, begun)
                refusal = realm.driver.submit(flow.requests)
                if refusal is not None:
                    raise self._refused(refusal)
                flows.append(flow)
                await asyncio.sleep(0)
            for flow in flows:
                await flow.known()
            await call.clock.sleep_until(max(request.done_s for request in requests))
        finally:
            for flow in flows:
                flow.close()
        if any(flow.has_failed for flow in flows):
            raise worker_lost()
        self._tell(call, requests)
        self._account(call, model.id, sum(map(len, prompts)), 0)

    def _reading(self, call: Call, model: ModelSpec, number: int, ids: Sequence[int]) -> SimRequest:
        tenant = call.tenant.namespace
        hashes = self.hashes(tenant, model, "", ids)
        id = f"{call.seed:016x}-{number}"
        request = SimRequest(id, call.arrived_s, max(1, len(ids)), 0, hashes, model=model.id, tenant=tenant)
        request.about = About(_endpoint(call), "stop", stream=False, n=1)
        return request

    async def rendered(self, render: Callable[[], T], generation: Generation, logprobs: int | None) -> T:
        """What `render` makes of an answer with the log probabilities of each token and of as many alternatives."""
        drawn = 0 if logprobs is None else generation.completion_tokens * (1 + logprobs)
        return await _run(render, in_thread=drawn > OFF_LOOP_LOGPROBS)

    async def said(self, call: Call, generation: Generation) -> None:
        """Waits until all of an answer that is sent as a whole was said. A client that leaves ends it."""
        flow = generation.flow
        if not flow.is_known or generation.done_s > call.clock.now():
            call.watch()
            try:
                await flow.known()
                await call.clock.sleep_until(generation.done_s)
            finally:
                flow.close()
            if flow.has_failed:
                raise worker_lost()
        self._tell(call, generation.requests)

    def _tell(self, call: Call, requests: Sequence[SimRequest]) -> None:
        options = self.options
        if options.tells or (options.tells_virtual and self.realms.of(call.tenant.namespace).is_virtual):
            call.response_headers += headers_of(requests, self.seed)

    def _requests(
        self, call: Call, ask: Ask, prompts: Sequence[Sequence[int]], scripts: Sequence[Script]
    ) -> list[SimRequest]:
        """One sequence for each choice, as an engine sees it. A choice that says nothing takes a token all the same:
        the one that ends it."""
        model, tenant = ask.model.id, call.tenant.namespace
        adapter = model if model.startswith(FINE_TUNED) else None
        endpoint = _endpoint(call)
        requests = []
        for number, script in enumerate(scripts):
            ids = prompts[number // ask.n]
            tokens = (*ids, *script.ids)
            request = SimRequest(
                f"{call.seed:016x}-{number}",
                call.arrived_s,
                len(ids),
                max(1, script.tokens),
                self.hashes(tenant, ask.model, ask.salt, tokens),
                model=model,
                tenant=tenant,
                session=ask.session,
                adapter=adapter,
                priority=ask.priority,
                max_tokens=ask.max_tokens,
            )
            request.about = About(endpoint, script.finish_reason, ask.stream, ask.n)
            requests.append(request)
        return requests

    def hashes(self, tenant: str, model: ModelSpec, salt: str, tokens: Sequence[int]) -> TokenHashes:
        """Tenants, models and salts share no KV."""
        salt = _told_apart(tenant, model, salt)
        return TokenHashes(tokens, self.options.block_size, algorithm=self.options.hash_algorithm, salt=salt)

    def _prefixes(self, call: Call, ask: Ask, ids: Sequence[int], tokenizer: Tokenizer) -> Prefixes:
        """What earlier requests wrote of the prompt to a cache that is read up to breakpoints."""
        marked = marked_ends(ask.messages, ids, ask.model, tokenizer)
        told_apart = _told_apart(call.tenant.namespace, ask.model, ask.salt)
        return self._breakpoints.take(told_apart, ids, message_ends(ids), marked, ask.cache_mode)

    def driver_of(self, call: Call) -> Driver:
        """Of the cluster that serves the caller's namespace."""
        return self.realms.of(call.tenant.namespace).driver

    def _done(self, request: SimRequest) -> None:
        if request.coalesced:
            self.stats.coalesced[(request.model,)] += 1
        self._record(record_of(request, request.about))

    def _refused(self, refusal: Refusal) -> ApiError:
        after_s = max(1, ceil(refusal.retry_after_s))
        headers = {"Retry-After": str(after_s)}
        if refusal.reason == "overloaded" and self.options.overload_status == 429:
            message = f"The engine is currently overloaded, please try again later. Retry after {after_s} s."
            return ApiError(429, message, type="tokens", code="rate_limit_exceeded", headers=headers)
        message = "The engine is currently overloaded, please try again later"
        return ApiError(503, message, type="server_error", headers=headers)

    def _account(self, call: Call, model: str, prompt_tokens: int, completion_tokens: int) -> None:
        self.stats.prompt_tokens[(model,)] += prompt_tokens
        self.stats.completion_tokens[(model,)] += completion_tokens
        tokens = prompt_tokens + completion_tokens
        call.response_headers += self.limits.spend(call.tenant, model, tokens, call.arrived_s)

    async def tokenizer(self, model: ModelSpec) -> Tokenizer:
        if tokenizers.ready(model.tokenizer):
            return tokenizers.get(model.tokenizer)
        return await asyncio.to_thread(tokenizers.get, model.tokenizer)

    def _content_seed(self, call: Call, ask: Ask) -> int:
        """Streamed or not, one request says the same. A given seed makes repeats equal too, as does
        temperature 0 or top_p 0."""
        occurrence = call.occurrence if ask.seed is None and ask.temperature and ask.top_p else 0
        said = [ask.messages, list(ask.prompts), ask.temperature, ask.top_p]
        return derive(self.seed, call.tenant.namespace, ask.model.id, ask.seed, occurrence, said)


def _told_apart(tenant: str, model: ModelSpec, salt: str) -> str:
    return f"{tenant}\n{salt}\n{model.id}"


def _endpoint(call: Call) -> str:
    return call.operation.path[1:].replace("/", "_")


def worker_lost() -> ApiError:
    """What a client is told when the worker that served it is gone and no other took over."""
    message = "The server had an error while processing your request. Sorry about that!"
    return ApiError(500, message, type="server_error")


async def _run(work: Callable[[], T], in_thread: bool) -> T:
    return await asyncio.to_thread(work) if in_thread else work()
