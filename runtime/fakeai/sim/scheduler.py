"""Continuous batching: which tokens of which requests the next engine step computes.

The words and the order of decisions are vLLM's (version 1 of its scheduler): running requests go first, each with one
token or a chunk of its prompt; when blocks run out the policy's victim is preempted; then waiting requests are admitted
as long as there is budget.
"""

from collections.abc import Callable
from heapq import heappop, heappush

from fakeai.core.seeds import Draw
from fakeai.core.stats import WorkerStats
from fakeai.sim.adapters import Adapters
from fakeai.sim.batch import Batch
from fakeai.sim.cache import Hit, KvCache
from fakeai.sim.limits import Limits, Rules
from fakeai.sim.request import SimRequest, State
from fakeai.sim.speculative import PREDICTION, Speculation, count_drafts
from fakeai.sim.waiting import QUEUES


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
        reads_only: bool = False,
    ) -> None:
        """swap_s: seconds to bring the KV of so many tokens back from host memory. reads_only: requests are over when
        their prompt is read, as on a worker that hands the KV to another one."""
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
        self.has_adapters = False
        """Whether a request with an adapter was ever here."""
        self._swap_s = swap_s
        self._reads_only = reads_only
        self._drafting = speculation is not None
        """Whether a step may propose tokens: with a drafter, or since a request came with a prediction."""
        self._drafted: list[int] = []
        """Tokens proposed in the step under way, beside `decodes`; empty if nothing is ever proposed."""
        self._leaving: list[SimRequest] = []
        """Cancelled while they ran: they go when the step under way ends."""
        self._swapped: set[SimRequest] = set()
        """Preempted requests whose KV is in host memory."""
        self._loads = 0
        self._reserved: dict[SimRequest, int] = {}
        self._reserved_blocks = 0
        self._draws: dict[SimRequest, Draw] = {}

    # Which requests there are

    def add(self, request: SimRequest) -> None:
        request.state = State.WAITING
        self.queued_tokens += _queued(request)
        self.waiting.add(request)
        self._drafting = self._drafting or bool(request.prediction)
        self.has_adapters = self.has_adapters or request.adapter is not None

    def cancel(self, request: SimRequest, now_s: float) -> bool:
        """True if the request is gone at once; one that runs is dropped when the step under way ends."""
        was, request.state = request.state, State.CANCELLED
        if was == State.WAITING:
            self.waiting.remove(request)
            self.queued_tokens -= _queued(request)
            self._swapped.discard(request)
            return True
        loading = [entry for entry in self.loading if entry[2] is request]
        for entry in loading:
            self.loading.remove(entry)
            self._drop([request], now_s)
        if not loading:
            self._leaving.append(request)
        return bool(loading)

    def clear(self, now_s: float) -> list[SimRequest]:
        """Drops every request, as a worker that dies does; returns them in order of admission."""
        held = self.running + [entry[2] for entry in sorted(self.loading)]
        for request in held:
            self._release(request, now_s)
        dropped = held + list(self.waiting)
        self.waiting = QUEUES[self.limits.policy]()
        self.running, self.loading, self.decodes, self.prefills = [], [], [], []
        self._leaving, self.queued_tokens = [], 0
        self._swapped.clear()
        return dropped

    @property
    def adapters_in_use(self) -> set[str]:
        """Of requests that are admitted."""
        admitted = self.running + [entry[2] for entry in self.loading]
        return {request.adapter for request in admitted if request.adapter is not None}

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
        self.decodes, self.prefills, self._drafted = [], [], []
        decodes, block_size, drafting = self.decodes, self.cache.block_size, self._drafting
        context = 0
        for request in self.running:  # preempting takes from its end, or begins anew
            if left <= 0:
                break
            computed, produced = request.computed_tokens, request.produced_tokens
            missing = request.prompt_tokens + produced - computed
            is_read = missing > 1 or not produced
            if not (reads if is_read else speaks):
                continue
            tokens = missing if missing < left else left
            if drafting and not is_read:
                tokens += self._drafts(request, left)
            if computed + tokens >= len(request.blocks) * block_size:
                moved = self._make_room(request, computed + tokens, now_s)
                if moved is None:
                    break
                if moved:
                    return self._continue(budget, now_s, reads, speaks)
            left -= tokens
            if is_read:
                self._plan_chunk(batch, request, tokens)
            else:
                decodes.append(request)
                context += computed
                if drafting:
                    self._drafted.append(tokens - 1)
        batch.decode_seqs = len(decodes)
        batch.decode_tokens = len(decodes) + sum(self._drafted)
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
                return True if moved else None
        return moved

    def _preempt(self, victim: SimRequest, now_s: float) -> None:
        self.running.remove(victim)
        self.queued_tokens -= _queued(victim)
        if self.limits.preemption == "swap" and victim.computed_tokens:
            victim.carried_tokens = victim.computed_tokens
            self._swapped.add(victim)
        self._release(victim, now_s)
        victim.computed_tokens = 0
        self.queued_tokens += _queued(victim)
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

    def _drafts(self, request: SimRequest, budget: int) -> int:
        speculation = self.speculation or (PREDICTION if request.prediction else None)
        if speculation is None:
            return 0
        return max(0, min(speculation.draft_tokens, request.output_tokens - request.produced_tokens - 1, budget - 1))

    # Admission

    def _admit(self, batch: Batch, budget: int, now_s: float) -> None:
        """Takes waiting requests in as long as budget, sequences and blocks last. One whose adapter finds no place is
        passed over."""
        passed: list[SimRequest] = []
        adapters = self.adapters if self.has_adapters else None
        in_use = self.adapters_in_use if adapters else set()
        while budget > 0 and len(self.running) + len(self.loading) < self.limits.max_num_seqs:
            request = self.waiting.first()
            if request is None:
                break
            if adapters and not adapters.fits(request.adapter, in_use):
                passed.append(self.waiting.pop())
                continue
            tokens = self._take_in(batch, request, budget, now_s)
            if tokens is None:
                break
            budget -= tokens
            if adapters and request.adapter is not None:
                self.delay_s += adapters.use(request.adapter, in_use)
                in_use.add(request.adapter)
        for request in reversed(passed):
            self.waiting.put_back(request)

    def _take_in(self, batch: Batch, request: SimRequest, budget: int, now_s: float) -> int | None:
        """Tokens of the budget that it takes; None if there is no room."""
        carried, total = request.carried_tokens, request.total_tokens
        hit = None if carried else self.cache.lookup(request, now_s)
        known = min(carried if hit is None else hit.tokens, total - 1)
        missing = total - known
        swap_s = self._swap_s(carried) if request in self._swapped else 0.0
        delay_s = swap_s if hit is None else hit.load_s
        if missing > budget and not self.limits.chunked_prefill and missing <= self.limits.max_num_batched_tokens:
            return None
        chunk = 0 if delay_s else min(missing, budget)
        if self.rules.reserved_output and not self._can_reserve(request):
            return None
        # Room for all of the prompt, though it is computed in chunks: else admitted prompts preempt each other.
        if not self.cache.allocate(request, known + chunk, now_s, hit, total):
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

    def _enter(self, request: SimRequest, known: int, hit: Hit | None, now_s: float) -> None:
        request.state = State.RUNNING
        self.queued_tokens -= _queued(request)
        request.computed_tokens, request.carried_tokens = known, 0
        self.queued_tokens += _queued(request)
        self._swapped.discard(request)
        if self.rules.reserved_output:
            self._reserved[request] = self._blocks_of(request)
            self._reserved_blocks += self._reserved[request]
        if request.first_scheduled_s < 0:
            request.first_scheduled_s = now_s
            request.cached_tokens = min(hit.tokens, request.prompt_tokens - 1) if hit is not None else 0

    def _can_reserve(self, request: SimRequest) -> bool:
        return self._reserved_blocks + self._blocks_of(request) <= self.cache.capacity_blocks

    def _blocks_of(self, request: SimRequest) -> int:
        """Blocks that the request is expected to need. One alone on the worker always fits."""
        output = max(request.produced_tokens, self.rules.reserved_output * (request.max_tokens or 0))
        blocks = -(-int(request.prompt_tokens + output) // self.cache.block_size)
        return min(blocks, self.cache.capacity_blocks)

    # Booking a step

    def complete(self, now_s: float) -> list[SimRequest]:
        """Books the step that ends now: tokens are said. Returns the requests that are over; their blocks are free."""
        over, self._leaving = self._leaving, []
        if over:
            self._forget(over)
        for request, tokens in self.prefills:
            self._complete_chunk(request, tokens, now_s, over)
        if self._drafted:
            self._complete_drafts(now_s, over)
        else:
            self._complete_decodes(now_s, over)
        if over:
            self._drop(over, now_s)
        return over

    def _forget(self, leaving: list[SimRequest]) -> None:
        """What the step under way computes for them is lost."""
        gone = set(leaving)
        kept = [index for index, request in enumerate(self.decodes) if request not in gone]
        self._drafted = [self._drafted[index] for index in kept] if self._drafted else []
        self.decodes = [self.decodes[index] for index in kept]
        self.prefills = [chunk for chunk in self.prefills if chunk[0] not in gone]

    def _complete_chunk(self, request: SimRequest, tokens: int, now_s: float, over: list[SimRequest]) -> None:
        self.queued_tokens -= _queued(request)
        request.computed_tokens += tokens
        self.queued_tokens += _queued(request)
        self.stats.computed_prompt_tokens += tokens
        if request.computed_tokens < request.total_tokens:
            return
        if self._reads_only:
            over.append(request)
        else:
            self._say(request, now_s, 1, over)

    def _complete_decodes(self, now_s: float, over: list[SimRequest]) -> None:
        for request in self.decodes:
            request.computed_tokens += 1
            produced = request.produced_tokens = request.produced_tokens + 1
            request.token_times.append(now_s)
            if produced >= request.output_tokens:
                over.append(request)
            elif request.notify is not None:
                request.notify()
        self.stats.generated_tokens += len(self.decodes)

    def _say(self, request: SimRequest, now_s: float, tokens: int, over: list[SimRequest]) -> None:
        """Tokens leave the engine. A request that has no output is over when its prompt is read."""
        tokens = min(tokens, request.output_tokens - request.produced_tokens)
        if tokens > 0:
            if request.first_token_s < 0:
                request.first_token_s = now_s
            request.produced_tokens += tokens
            request.token_times += [now_s] * tokens
            self.stats.generated_tokens += tokens
        if request.produced_tokens >= request.output_tokens:
            over.append(request)
        elif request.notify is not None:
            request.notify()

    def _complete_drafts(self, now_s: float, over: list[SimRequest]) -> None:
        speculation = self.speculation or PREDICTION
        for request, drafts in zip(self.decodes, self._drafted, strict=True):
            accepted = 0
            if drafts:
                if request not in self._draws:
                    self._draws[request] = speculation.draw(request)
                accepted = min(drafts, speculation.accepted(request, self._draws[request]))
                count_drafts(self.stats, request, drafts, accepted)
            request.computed_tokens += 1 + accepted
            self._say(request, now_s, 1 + accepted, over)

    def _drop(self, over: list[SimRequest], now_s: float) -> None:
        gone = set(over)
        self.running = [request for request in self.running if request not in gone]
        for request in over:
            self.queued_tokens -= _queued(request)
            self._release(request, now_s)
            if request.state == State.RUNNING:
                request.state = State.FINISHED

    def _release(self, request: SimRequest, now_s: float) -> None:
        self.cache.free(request, now_s)
        self._reserved_blocks -= self._reserved.pop(request, 0)
        self._draws.pop(request, None)


def _queued(request: SimRequest) -> int:
    """Tokens to be computed before the one whose computation speaks; KV that exists elsewhere is not computed."""
    known = request.computed_tokens or request.carried_tokens
    return max(0, request.prompt_tokens + request.produced_tokens - 1 - known)
