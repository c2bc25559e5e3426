"""One serving instance: a scheduler, a KV cache and chips, in steps that end one after the other."""

from collections.abc import Callable
from math import inf
from typing import Protocol

from fakeai.core.stats import GpuStats
from fakeai.sim.batch import Batch, CostModel, StepCost
from fakeai.sim.deployment import Deployment
from fakeai.sim.events import EventLog
from fakeai.sim.holder import CacheHolder
from fakeai.sim.instance import Instance
from fakeai.sim.prefetch import Prefetcher
from fakeai.sim.request import SimRequest, State
from fakeai.sim.scheduler import Scheduler


class Chips(Protocol):
    """Power, heat and clocks of the worker's chips."""

    @property
    def gpus(self) -> list[GpuStats]: ...

    @property
    def clock(self) -> float:
        """Of the boost clock; less than 1 under a power cap or heat."""

    @property
    def power_w(self) -> float:
        """Of one of them."""

    def advance(self, now_s: float, cost: StepCost | None) -> None:
        """Books the time since the last call: a step of that cost, or idleness."""


class Worker(CacheHolder):
    """`next_s` is when something happens next; whoever owns the worker calls `run` at that time."""

    def __init__(
        self,
        id: str,
        deployment: Deployment,
        model: CostModel,
        scheduler: Scheduler,
        chips: Chips,
        events: EventLog | None = None,
        prefetcher: Prefetcher | None = None,
    ) -> None:
        """events: of the cache; prefetcher: brings conversations back while the worker is idle."""
        self.id = id
        self.deployment = deployment
        self.stats = scheduler.stats
        self.scheduler = scheduler
        self.cache = scheduler.cache
        self.next_s = inf
        self.slowness = 1.0
        """Steps take so many times longer: set by faults."""
        self._model = model
        self._chips = chips
        self._events = events
        self._prefetcher = prefetcher
        self._busy_until_s = 0.0
        """While a prefetched conversation is on its way nothing else is prefetched."""
        self.on_over: Callable[[Instance, SimRequest], None] = lambda worker, request: None
        self._now_s = 0.0
        self.reported_waiting = 0
        self.reported_used_blocks = 0
        self._left_waiting = 0
        self._cost: StepCost | None = None
        self._began_s = 0.0
        self._batch = Batch()
        self.stats.capacity_blocks = self.cache.capacity_blocks
        self.stats.block_size = self.cache.block_size

    # What is done to it

    def submit(self, request: SimRequest, now_s: float) -> None:
        self._now_s = now_s
        request.worker = self.id
        self.stats.arrived += 1
        self.scheduler.add(request)
        if self._prefetcher is not None:
            self._prefetcher.began(request)
        if self._cost is None:
            self._begin(now_s)
        self._refresh()

    def cancel(self, request: SimRequest, now_s: float) -> None:
        if self.scheduler.cancel(request, now_s):
            self._end([request], now_s)
            if self._cost is None:  # what it held may be what others wait for
                self._begin(now_s)
            self._refresh()

    def run(self, now_s: float) -> None:
        """Ends the step that is due, or takes up requests whose KV has arrived, and begins the next step."""
        self._now_s = now_s
        cost, self._cost = self._cost, None
        if cost is not None:
            self._chips.advance(now_s, cost)
            self._count(cost, now_s)
            over = self.scheduler.complete(now_s)
            if over:
                self._end(over, now_s)
            self.reported_waiting, self.reported_used_blocks = self._left_waiting, self.cache.used_blocks
        self._begin(now_s)
        if self._events is not None:
            self._events.flush(now_s)
        self._refresh()

    def die(self, now_s: float) -> list[SimRequest]:
        """The requests that were there, without their KV; the worker is empty afterwards."""
        lost = self.scheduler.clear(now_s)
        self.cache.reset()
        self._cost, self.next_s = None, inf
        self.reported_waiting = self.reported_used_blocks = 0
        for request in lost:
            request.computed_tokens = request.carried_tokens = 0
        cancelled = [request for request in lost if request.state == State.CANCELLED]
        self._end(cancelled, now_s)
        self.stats.failed += len(lost) - len(cancelled)
        self._refresh()
        return [request for request in lost if request.state != State.CANCELLED]

    def _begin(self, now_s: float) -> None:
        batch = self.scheduler.schedule(now_s)
        self._left_waiting = self.waiting
        if batch is None:
            self.next_s = self.scheduler.next_load_s
            self._prefetch(now_s)
            return
        self._chips.advance(now_s, None)
        cost = self._model.cost(batch, self._chips.clock)
        speculation = self.scheduler.speculation
        drafting = 1 + speculation.draft_cost * speculation.draft_tokens if speculation and batch.decode_seqs else 1.0
        self._cost, self._batch, self._began_s = cost, batch, now_s
        self.next_s = now_s + self.scheduler.delay_s + cost.total_s * drafting * self.slowness

    def _prefetch(self, now_s: float) -> None:
        """One conversation at a time: its end is an event like another, at which the next is looked for."""
        if self._prefetcher is not None and now_s >= self._busy_until_s:
            lasts_s = self._prefetcher.idle(now_s)
            if lasts_s:
                self._busy_until_s = now_s + lasts_s
                self.next_s = min(self.next_s, self._busy_until_s)

    def _end(self, over: list[SimRequest], now_s: float) -> None:
        stats = self.stats
        for request in over:
            request.done_s = now_s
            stats.prompt_tokens += request.prompt_tokens
            if request.state == State.FINISHED:
                stats.finished += 1
            else:
                stats.aborted += 1
            if request.cached_tokens:
                stats.saved_prefill_s += self._model.prefill_s(request.cached_tokens)
            if self._prefetcher is not None:
                self._prefetcher.ended(request)
            self.on_over(self, request)

    def _count(self, cost: StepCost, now_s: float) -> None:
        stats, batch = self.stats, self._batch
        tokens = batch.prefill_tokens + batch.decode_seqs
        stats.steps += 1
        lasted_s = now_s - self._began_s
        stats.busy_s += lasted_s
        stats.last_step_s, stats.updated_s = lasted_s, now_s
        stats.step_tokens += tokens
        size = (tokens - 1).bit_length()
        if size >= len(stats.steps_by_tokens):
            stats.steps_by_tokens += [0] * (size + 1 - len(stats.steps_by_tokens))
        stats.steps_by_tokens[size] += 1
        stats.compute_s += cost.compute_s
        stats.memory_s += cost.memory_s
        stats.link_s += cost.link_s
        stats.flops += cost.flops
        stats.bytes += cost.bytes

    def _refresh(self) -> None:
        stats, scheduler = self.stats, self.scheduler
        stats.running = len(scheduler.running)
        stats.deferred = len(scheduler.loading)
        stats.waiting = len(scheduler.waiting) + stats.deferred
        stats.used_blocks = scheduler.cache.used_blocks
        stats.cached_blocks = scheduler.cache.cached_blocks
        if scheduler.has_adapters:
            stats.running_adapters = tuple(sorted(scheduler.adapters_in_use))
            waiting = {request.adapter for request in scheduler.waiting if request.adapter is not None}
            stats.waiting_adapters = tuple(sorted(waiting))

    # What routers and pages see

    def observe(self, now_s: float) -> None:
        """Books idleness up to now, and what was done to the cache between steps."""
        if self._cost is None:
            self._chips.advance(now_s, None)
            if self._events is not None:
                self._events.flush(now_s)
        self._refresh()

    @property
    def gpus(self) -> list[GpuStats]:
        return self._chips.gpus

    @property
    def running(self) -> int:
        return len(self.scheduler.running)

    @property
    def waiting(self) -> int:
        return len(self.scheduler.waiting) + len(self.scheduler.loading)

    @property
    def queued_prefill_tokens(self) -> int:
        return self.scheduler.queued_tokens

    @property
    def power_w(self) -> float:
        return self._chips.power_w * self.deployment.chips

    def prefill_s(self, tokens: int, context_tokens: int = 0) -> float:
        return self._model.prefill_s(tokens, context_tokens) * self.slowness

    def decode_step_s(self, more_seqs: int = 0) -> float:
        seqs = self.running + more_seqs
        if not seqs:
            return 0.0
        context = self.used_blocks * self.block_size * seqs // max(1, self.running)
        return self._model.cost(Batch(seqs, seqs, context)).total_s * self.slowness
