"""A worker whose token times are given: at once, or by a fixed latency. It has a cache, but no queue and no chips."""

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf

from fakeai.core.seeds import derive, draws
from fakeai.core.stats import GpuStats, WorkerStats
from fakeai.sim.cache import KvCache
from fakeai.sim.deployment import Deployment
from fakeai.sim.events import EventLog
from fakeai.sim.fixed import FixedLatency
from fakeai.sim.holder import CacheHolder
from fakeai.sim.instance import Instance
from fakeai.sim.request import SimRequest, State


class PacedWorker(CacheHolder):
    def __init__(
        self, id: str, cache: KvCache, stats: WorkerStats, latency: FixedLatency, events: EventLog | None = None
    ) -> None:
        """events: of the cache."""
        self.id = id
        self.deployment: Deployment | None = None
        self.cache = cache
        self.stats = stats
        stats.capacity_blocks, stats.block_size = cache.capacity_blocks, cache.block_size
        self.next_s = inf
        self.slowness = 1.0
        self.on_over: Callable[[Instance, SimRequest], None] = lambda worker, request: None
        self.gpus: list[GpuStats] = []
        self.power_w = 0.0
        self._latency = latency
        self._is_instant = latency.is_zero
        self._events = events
        self._now_s = 0.0
        self._ends: list[tuple[float, int, SimRequest]] = []

    def submit(self, request: SimRequest, now_s: float) -> None:
        self._now_s = now_s
        request.worker = self.id
        request.state = State.RUNNING
        self.stats.arrived += 1
        if request.first_scheduled_s < 0:
            request.first_scheduled_s = now_s
        done_s = self._hold(request, now_s)
        if request.token_times:
            request.first_token_s = request.token_times[0]
        if done_s <= now_s:
            self._end(request, now_s, State.FINISHED)
            return
        self._flush(now_s)
        self.stats.running += 1
        self._refresh()
        heappush(self._ends, (done_s, self.stats.arrived, request))
        self.next_s = self._ends[0][0]
        if request.notify is not None:
            request.notify()

    def _hold(self, request: SimRequest, now_s: float) -> float:
        """Says all there is to say, and keeps it and the prompt in the cache; when it is said. What finds no room
        there is served all the same."""
        cache, prompt_tokens, is_new = self.cache, request.total_tokens, not request.produced_tokens
        hit = cache.lookup(request, now_s)
        if self._is_instant:  # one allocation instead of two, for what is let go at once
            done_s = self._say(request, now_s)
            held = cache.allocate(request, request.total_tokens, now_s, hit)
            held = held or cache.allocate(request, prompt_tokens, now_s, hit)
        else:
            held = cache.allocate(request, prompt_tokens, now_s, hit)
            done_s = self._say(request, now_s)
            cache.allocate(request, request.total_tokens, now_s)
        if held and is_new:
            request.cached_tokens = hit.tokens
        self.stats.computed_prompt_tokens += max(0, request.prompt_tokens - (hit.tokens if held else 0))
        return done_s

    def _say(self, request: SimRequest, now_s: float) -> float:
        times = self._token_times(request, now_s)
        if request.output_tokens:
            request.token_times += times
        request.produced_tokens = len(request.token_times)
        return times[-1] if times else now_s

    def _token_times(self, request: SimRequest, now_s: float) -> list[float]:
        """Of the tokens that no other worker has said before; the end of a prompt that nothing answers."""
        tokens = request.output_tokens - request.produced_tokens if request.output_tokens else 1
        if self._is_instant:
            return [now_s] * tokens
        r = draws(derive("latency", request.id))
        times = self._latency.token_times(now_s, tokens, r)
        return [now_s + (due_s - now_s) * self.slowness for due_s in times] if self.slowness != 1.0 else times

    def run(self, now_s: float) -> None:
        while self._ends and self._ends[0][0] <= now_s:
            request = heappop(self._ends)[2]
            if request.state == State.RUNNING:
                self.stats.running -= 1
                self._end(request, now_s, State.FINISHED)
        self.next_s = self._ends[0][0] if self._ends else inf

    def cancel(self, request: SimRequest, now_s: float) -> None:
        self.stats.running -= 1
        _stop(request, now_s)
        self._end(request, now_s, State.CANCELLED)

    def observe(self, now_s: float) -> None:
        self._refresh()
        self._flush(now_s)

    def _refresh(self) -> None:
        self.stats.used_blocks, self.stats.cached_blocks = self.cache.used_blocks, self.cache.cached_blocks

    def _flush(self, now_s: float) -> None:
        if self._events is not None:
            self._events.flush(now_s)

    def die(self, now_s: float) -> list[SimRequest]:
        lost = [entry[2] for entry in sorted(self._ends) if entry[2].state == State.RUNNING]
        self._ends, self.next_s, self.stats.running = [], inf, 0
        for request in lost:
            self.cache.free(request, now_s)
            _stop(request, now_s)
        self.cache.reset()
        self.stats.failed += len(lost)
        self._refresh()
        return lost

    def _end(self, request: SimRequest, now_s: float, state: State) -> None:
        self.cache.free(request, now_s)
        request.state, request.done_s = state, now_s
        stats = self.stats
        self._refresh()
        stats.prompt_tokens += request.prompt_tokens
        stats.generated_tokens += request.produced_tokens
        if state == State.FINISHED:
            stats.finished += 1
        else:
            stats.aborted += 1
        self._flush(now_s)
        self.on_over(self, request)

    @property
    def running(self) -> int:
        return self.stats.running

    waiting = 0
    reported_waiting = 0
    queued_prefill_tokens = 0

    @property
    def reported_used_blocks(self) -> int:
        return self.cache.used_blocks

    def prefill_s(self, tokens: int, context_tokens: int = 0) -> float:
        return self._latency.ttft.mean_s * self.slowness

    def decode_step_s(self, more_seqs: int = 0) -> float:
        return self._latency.itl.mean_s * self.slowness


def _stop(request: SimRequest, now_s: float) -> None:
    """What was to be said later is not said."""
    request.produced_tokens = sum(due_s <= now_s for due_s in request.token_times)
    del request.token_times[request.produced_tokens :]
    if not request.token_times:
        request.first_token_s = -1.0
