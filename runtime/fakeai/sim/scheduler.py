"""Continuous batching: which tokens of which requests the next engine step computes.

The words and the order of decisions are vLLM's (version 1 of its scheduler): running requests go first, each with one
token or a chunk of its prompt; when blocks run out the policy's victim is preempted; then waiting requests are admitted
as long as there is budget.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Literal

from fakeai.core.seeds import Draw
from fakeai.core.stats import WorkerStats
from fakeai.sim.adapters import Adapters
from fakeai.sim.batch import Batch
from fakeai.sim.cache import Hit, KvCache
from fakeai.sim.request import SimRequest, State
from fakeai.sim.speculative import PREDICTION, Speculation
from fakeai.sim.waiting import QUEUES


@dataclass(frozen=True, slots=True)
class Rules:
    """In what engines differ."""

    mixes: bool = True
    """Prompt chunks and decoding share a step; otherwise prompts go first and decoding waits."""
    reserved_output: float = 0.0
    """Share of max_tokens for which there must be room before a request is admitted."""


ENGINE_RULES: dict[str, Rules] = {
    "vllm": Rules(),
    "sglang": Rules(mixes=False, reserved_output=0.3),
    "trtllm": Rules(reserved_output=1.0),
}
"""SGLang starts from 0.7 of max_new_tokens and decays to about 0.1 as requests end early: 0.3 stands for a loaded
server. TensorRT-LLM's default policy evicts nobody, so it reserves all."""


@dataclass(frozen=True, slots=True)
class Limits:
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    policy: str = "fcfs"
    chunked_prefill: bool = True
    preemption: Literal["recompute", "swap"] = "recompute"


class Scheduler:
    """Plans a step with `schedule`, books it with `complete`; between the two it is under way."""

    def __init__(
        self,
        limits: Limits,
        cache: KvCache,
        rules: Rules,
        stats: WorkerStats,
        speculation: Speculation | None = None,
        adapters: Adapters | None = None,
        swap_s: Callable[[int], float] = lambda tokens: 0.0,
    ) -> None:
        """swap_s: seconds to bring the KV of so many tokens back from host memory."""
        self.limits = limits
        self.cache = cache
        self.rules = rules
        self.stats = stats
        self.speculation = speculation
        self.adapters = adapters
        self.waiting = QUEUES[limits.policy]()
        self.running: list[SimRequest] = []
        self.loading: list[tuple[float, int, SimRequest]] = []
        """Admitted requests whose KV is on its way, by arrival of it."""
        self.decodes: list[SimRequest] = []
        """Of the step under way: requests that compute one token (and drafts)."""
        self.prefills: list[tuple[SimRequest, int]] = []
        """Of the step under way: (request, prompt tokens)."""
        self.delay_s = 0.0
        """What the step under way waits for before it computes: adapters."""
        self.queued_tokens = 0
        """Tokens to be computed before all that wait or are being read can speak, but for the last token of each,
        whose computation is what speaks."""
        self._swap_s = swap_s
        self._loads = 0
        self._reserved: dict[SimRequest, int] = {}
        self._reserved_blocks = 0
        self._draws: dict[SimRequest, Draw] = {}

    # Which requests there are

    def add(self, request: SimRequest) -> None:
        request.state = State.WAITING
        self.queued_tokens += request.total_tokens - 1
        self.waiting.add(request)

    def cancel(self, request: SimRequest, now_s: float) -> bool:
        """True if the request is gone at once; one that runs is dropped when the step under way ends."""
        was, request.state = request.state, State.CANCELLED
        if was == State.WAITING:
            self.waiting.remove(request)
            self.queued_tokens -= request.total_tokens - 1
            return True
        loading = [entry for entry in self.loading if entry[2] is request]
        for entry in loading:
            self.loading.remove(entry)
            self._drop([request], now_s)
        return bool(loading)

    def clear(self, now_s: float) -> list[SimRequest]:
        """Drops every request, as a worker that dies does; returns them in order of admission."""
        held = self.running + [entry[2] for entry in sorted(self.loading)]
        for request in held:
            self._release(request, now_s)
        dropped = held + list(self.waiting)
        self.waiting = QUEUES[self.limits.policy]()
        self.running, self.loading, self.decodes, self.prefills = [], [], [], []
        self.queued_tokens = 0
        return dropped

    @property
    def next_load_s(self) -> float:
        return self.loading[0][0] if self.loading else float("inf")

    # Planning a step

    def schedule(self, now_s: float) -> Batch | None:
        """None if there is nothing to compute now."""
        while self.loading and self.loading[0][0] <= now_s:
            self.running.append(heappop(self.loading)[2])
        preemptions = -1
        while preemptions != self.stats.preemptions:
            preemptions = self.stats.preemptions
            batch = self._plan(now_s)
            if self.decodes or self.prefills:
                return batch
        return None

    def _plan(self, now_s: float) -> Batch:
        preemptions, budget = self.stats.preemptions, self.limits.max_num_batched_tokens
        self.delay_s = 0.0
        if self.rules.mixes:
            batch, budget = self._continue(budget, now_s, reads=True, speaks=True)
        else:
            batch, budget = self._continue(budget, now_s, reads=True, speaks=False)
        if self.waiting and self.stats.preemptions == preemptions:
            self._admit(batch, budget, now_s)
        if not self.rules.mixes and not self.prefills:
            batch, _ = self._continue(budget, now_s, reads=False, speaks=True)
        return batch

    def _continue(self, budget: int, now_s: float, reads: bool, speaks: bool) -> tuple[Batch, int]:
        """Plans the next token (speaks) or chunk (reads) of every running request. Returns what is left of the budget.

        In the common case nothing but sums is done for a request: its last block has room.
        """
        batch, left = Batch(), budget
        self.decodes, self.prefills = [], []
        decodes, block_size, drafting = self.decodes, self.cache.block_size, self.speculation is not None
        context = drafted = index = 0
        while index < len(self.running) and left > 0:
            request = self.running[index]
            index += 1
            computed = request.computed_tokens
            missing = request.prompt_tokens + request.produced_tokens - computed
            if missing > 1:
                if not reads:
                    continue
                tokens = min(missing, left)
                drafts = 0
            elif speaks:
                drafts = self._drafts(request) if drafting or request.prediction else 0
                tokens = 1 + drafts
            else:
                continue
            if computed + tokens >= len(request.blocks) * block_size:
                moved = self._make_room(request, computed + tokens, now_s)
                if moved is None:
                    break
                if moved:
                    return self._continue(budget, now_s, reads, speaks)
            left -= tokens
            if missing > 1:
                self._plan_chunk(batch, request, tokens)
            else:
                decodes.append(request)
                context += computed
                drafted += drafts
        batch.decode_seqs = len(decodes)
        batch.decode_tokens = len(decodes) + drafted
        batch.decode_context_tokens = context
        return batch, left

    def _make_room(self, request: SimRequest, tokens: int, now_s: float) -> bool | None:
        """None if the request itself had to give way; True if one did that may have been planned before."""
        moved = False
        while not self.cache.allocate(request, tokens, now_s):
            victim = self.waiting.victim(self.running)
            moved = moved or victim is not self.running[-1]
            self._preempt(victim, now_s)
            if victim is request:
                return None
        return moved

    def _preempt(self, victim: SimRequest, now_s: float) -> None:
        self.running.remove(victim)
        self.queued_tokens += victim.computed_tokens
        victim.carried_tokens = victim.computed_tokens if self.limits.preemption == "swap" else 0
        self._release(victim, now_s)
        victim.computed_tokens = 0
        victim.preemptions += 1
        victim.state = State.WAITING
        self.stats.preemptions += 1
        self.waiting.put_back(victim)

    def _plan_chunk(self, batch: Batch, request: SimRequest, tokens: int) -> None:
        context = request.computed_tokens
        self.prefills.append((request, tokens))
        batch.prefill_seqs += 1
        batch.prefill_tokens += tokens
        batch.prefill_context_tokens += context
        batch.prefill_pairs += tokens * (context + tokens / 2)

    def _drafts(self, request: SimRequest) -> int:
        speculation = self.speculation or PREDICTION
        return max(0, min(speculation.draft_tokens, request.output_tokens - request.produced_tokens - 1))

    # Admission

    def _admit(self, batch: Batch, budget: int, now_s: float) -> None:
        """Takes waiting requests in as long as budget, sequences and blocks last. One whose adapter finds no place is
        passed over."""
        passed: list[SimRequest] = []
        in_use = {request.adapter for request in self.running if request.adapter} if self.adapters else set()
        while budget > 0 and len(self.running) + len(self.loading) < self.limits.max_num_seqs:
            request = self.waiting.first()
            if request is None:
                break
            if self.adapters and not self.adapters.fits(request.adapter, in_use):
                passed.append(self.waiting.pop())
                continue
            tokens = self._take_in(batch, request, budget, now_s)
            if tokens is None:
                break
            budget -= tokens
            if self.adapters:
                self.delay_s += self.adapters.use(request.adapter, in_use)
                in_use |= {request.adapter} if request.adapter else set()
        for request in reversed(passed):
            self.waiting.put_back(request)

    def _take_in(self, batch: Batch, request: SimRequest, budget: int, now_s: float) -> int | None:
        """Tokens of the budget that it takes; None if there is no room."""
        carried = request.carried_tokens
        hit = Hit(carried) if carried else self.cache.lookup(request, now_s)
        known = min(hit.tokens, request.total_tokens - 1)
        missing = request.total_tokens - known
        delay_s = self._swap_s(carried) if carried and request.preemptions else hit.load_s
        if missing > budget and not self.limits.chunked_prefill and missing <= self.limits.max_num_batched_tokens:
            return None
        chunk = 0 if delay_s else min(missing, budget)
        if not self._has_room(request, hit) or not self.cache.allocate(request, known + chunk, now_s, hit):
            return None
        self.waiting.pop()
        self._enter(request, known, hit, now_s)
        if delay_s:
            self._loads += 1
            heappush(self.loading, (now_s + delay_s, self._loads, request))
        else:
            self.running.append(request)
            self._plan_chunk(batch, request, chunk)
        return chunk

    def _enter(self, request: SimRequest, known: int, hit: Hit, now_s: float) -> None:
        request.state = State.RUNNING
        request.computed_tokens = known
        request.carried_tokens = 0
        self.queued_tokens -= known
        if self.rules.reserved_output:
            self._reserved[request] = self._blocks_of(request)
            self._reserved_blocks += self._reserved[request]
        if request.first_scheduled_s < 0:
            request.first_scheduled_s = now_s
            request.cached_tokens = min(hit.tokens, request.prompt_tokens - 1) if hit.blocks or hit.load_s else 0

    def _has_room(self, request: SimRequest, hit: Hit) -> bool:
        """Room for the whole prompt, though it is computed in chunks: else admitted prompts preempt each other."""
        if self.rules.reserved_output:
            return self._reserved_blocks + self._blocks_of(request) <= self.cache.capacity_blocks
        free = self.cache.capacity_blocks - self.cache.used_blocks
        return -(-request.total_tokens // self.cache.block_size) - len(hit.blocks) <= free

    def _blocks_of(self, request: SimRequest) -> int:
        """Blocks that the request is expected to need. One alone on the worker always fits."""
        output = max(request.produced_tokens, self.rules.reserved_output * (request.max_tokens or 0))
        blocks = -(-int(request.prompt_tokens + output) // self.cache.block_size)
        return min(blocks, self.cache.capacity_blocks)

    # Booking a step

    def complete(self, now_s: float) -> list[SimRequest]:
        """Books the step that ends now: tokens are said. Returns the requests that are over; their blocks are free."""
        over: list[SimRequest] = []
        speaking = self.decodes
        for request, tokens in self.prefills:
            request.computed_tokens += tokens
            self.queued_tokens -= min(tokens, request.total_tokens - 1 - request.computed_tokens + tokens)
            self.stats.computed_prompt_tokens += tokens
            if request.computed_tokens >= request.total_tokens or request.state != State.RUNNING:
                self._say(request, now_s, 1, over)
        if self.speculation or any(request.prediction for request in speaking):
            self._complete_drafts(speaking, now_s, over)
        else:
            for request in speaking:
                request.computed_tokens += 1
                request.produced_tokens += 1
                request.token_times.append(now_s)
                if request.produced_tokens >= request.output_tokens or request.state != State.RUNNING:
                    over.append(request)
                elif request.notify is not None:
                    request.notify()
            self.stats.generated_tokens += len(speaking)
        if over:
            self._drop(over, now_s)
        return over

    def _say(self, request: SimRequest, now_s: float, tokens: int, over: list[SimRequest]) -> None:
        """Tokens leave the engine. A request that has no output is over when its prompt is read."""
        tokens = min(tokens, request.output_tokens - request.produced_tokens)
        if request.state == State.RUNNING and tokens > 0:
            if request.first_token_s < 0:
                request.first_token_s = now_s
            request.produced_tokens += tokens
            request.token_times += [now_s] * tokens
            self.stats.generated_tokens += tokens
        if request.produced_tokens >= request.output_tokens or request.state != State.RUNNING:
            over.append(request)
        elif request.notify is not None:
            request.notify()

    def _complete_drafts(self, speaking: list[SimRequest], now_s: float, over: list[SimRequest]) -> None:
        speculation = self.speculation or PREDICTION
        for request in speaking:
            drafts = self._drafts(request) if self.speculation or request.prediction else 0
            accepted = 0
            if drafts:
                if request not in self._draws:
                    self._draws[request] = speculation.draw(request)
                accepted = min(drafts, speculation.accepted(request, self._draws[request]))
                self._count_drafts(request, drafts, accepted)
            request.computed_tokens += 1 + accepted
            self._say(request, now_s, 1 + accepted, over)

    def _count_drafts(self, request: SimRequest, drafts: int, accepted: int) -> None:
        stats = self.stats
        request.drafted_tokens += drafts
        request.accepted_tokens += accepted
        stats.drafts += 1
        stats.draft_tokens += drafts
        stats.accepted_tokens += accepted
        positions = stats.accepted_by_position
        positions += [0] * (accepted - len(positions))
        for position in range(accepted):
            positions[position] += 1

    def _drop(self, over: list[SimRequest], now_s: float) -> None:
        gone = set(over)
        self.running = [request for request in self.running if request not in gone]
        for request in over:
            self.queued_tokens -= max(0, request.total_tokens - 1 - request.computed_tokens)
            self._release(request, now_s)
            if request.state == State.RUNNING:
                request.state = State.FINISHED

    def _release(self, request: SimRequest, now_s: float) -> None:
        self.cache.free(request, now_s)
        self._reserved_blocks -= self._reserved.pop(request, 0)
        self._draws.pop(request, None)
