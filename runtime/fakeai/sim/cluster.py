"""Workers behind a router, and the events of all of them in the order of time."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from math import inf
from typing import Literal

from fakeai.core.seeds import derive, draws
from fakeai.sim.batching import by_prefix
from fakeai.sim.coalescing import Coalescing
from fakeai.sim.faults import Faults
from fakeai.sim.instance import Instance
from fakeai.sim.request import SimRequest, State
from fakeai.sim.router import NoWorker, Router
from fakeai.sim.transfer import Transfer

MIGRATIONS = 3
"""A request is sent to another worker so often when its worker dies, then it fails."""
SMOOTHING = 0.1
"""Weight of the newest interval in the mean time between completions."""


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Literal["overloaded", "no_worker"]
    retry_after_s: float


class Cluster:
    """Its clock stands at `now_s` and is moved by `submit`, `cancel` and `advance` only, never back.

    What happens at one time: first what was due, then what is submitted or cancelled.
    """

    def __init__(
        self,
        workers: Sequence[Instance],
        router: Router,
        start_s: float = 0.0,
        max_queued: int | None = None,
        migrates: bool = True,
        readers: Sequence[Instance] = (),
        transfer: Transfer | None = None,
        max_model_len: int | None = None,
        faults: Faults | None = None,
        coalesces: bool = False,
        batch_window_s: float = 0.0,
    ) -> None:
        """max_model_len: tokens of the longest sequence that every worker takes. max_queued: requests that may wait in
        all. readers: workers that only compute prompts and hand the KV over to `workers` by `transfer`. coalesces:
        identical requests are computed once. batch_window_s: how long requests gather in front of the router."""
        self.workers = [*workers, *readers]
        self.now_s = start_s
        self.max_model_len = max_model_len
        self.router = router
        self.on_done: Callable[[SimRequest], None] = lambda request: None
        """Called when a request is over, however it ended."""
        self.speakers = list(workers)
        self.readers = list(readers)
        self._transfer = transfer
        self._max_queued = max_queued
        self._coalescing = Coalescing() if coalesces else None
        self._batch_window_s = batch_window_s
        self._gathered: dict[SimRequest, None] = {}
        """In front of the router, in order of arrival."""
        self._migrates = migrates
        self._by_id = {worker.id: worker for worker in self.workers}
        self._events: list[tuple[float, int, Instance | None, Callable[[float], None] | None]] = []
        self._numbered = 0
        self._migrations: dict[SimRequest, int] = {}
        self._interval_s = 0.0
        self._last_done_s = start_s
        self._faults = Faults() if faults is None else faults
        """Their times count from start_s."""
        self._faulted: set[str] = set()
        """Workers that are dead because a fault says so, and come back when it ends."""
        self._start_s = start_s
        self._draw = draws(derive("flaky"))
        for worker in self.workers:
            worker.on_over = self._over
        for after_s, worker_id in self._faults.edges():
            if worker_id in self._by_id:
                self.at(start_s + after_s, partial(self._fault, worker_id))

    # Time

    @property
    def next_s(self) -> float:
        """When the next event is due, inf if nothing is."""
        events = self._events
        while events and (worker := events[0][2]) is not None and worker.next_s != events[0][0]:
            heappop(events)
        return events[0][0] if events else inf

    def advance(self, until_s: float) -> None:
        """Everything that is due up to and including until_s happens."""
        events = self._events
        while events and events[0][0] <= until_s:
            at_s, _, worker, action = heappop(events)
            if worker is None:
                self.now_s = at_s
                if action is not None:
                    action(at_s)
            elif worker.next_s == at_s:
                self._run(worker, until_s)
        if self.now_s < until_s < inf:
            self.now_s = until_s

    def _run(self, worker: Instance, until_s: float) -> None:
        """The step that is due, and those after it for as long as no other event comes before or with them: what comes
        at one time happens in the order in which it became known, however the cluster is advanced."""
        events = self._events
        while True:
            self.now_s = worker.next_s
            worker.run(self.now_s)
            if worker.next_s > until_s or worker.next_s >= (events[0][0] if events else inf):
                break
        self._expect(worker)

    def at(self, at_s: float, action: Callable[[float], None]) -> None:
        """Has action(at_s) called when the cluster gets there."""
        self._numbered += 1
        heappush(self._events, (max(at_s, self.now_s), self._numbered, None, action))

    def _expect(self, worker: Instance) -> None:
        if worker.next_s != inf:
            self._numbered += 1
            heappush(self._events, (worker.next_s, self._numbered, worker, None))

    def observe(self) -> None:
        """Has workers show themselves as they are now."""
        for worker in self.workers:
            worker.observe(self.now_s)

    # Requests

    def submit(self, request: SimRequest, at_s: float) -> Refusal | None:
        """A refused request is over (FAILED) at once."""
        self.advance(at_s)
        if self._coalescing is not None:
            computation = self._coalescing.join(request)
            if computation is None:
                return None
            request = computation
        if self._max_queued is not None and self.waiting >= self._max_queued:
            return self._refuse(request, Refusal("overloaded", self.drain_s))
        if self._batch_window_s:
            self._gather(request)
            return None
        try:
            self._send(request, self.readers or self.speakers)
        except NoWorker as error:
            return self._refuse(request, Refusal("no_worker", error.retry_after_s))
        return None

    def cancel(self, request: SimRequest, at_s: float) -> None:
        """Of a request that may be anywhere; nothing happens if it is over."""
        self.advance(at_s)
        if request.is_over:
            return
        if self._coalescing is not None:
            unwanted = self._coalescing.leave(request, at_s)
            if unwanted is None:
                request.done_s = at_s
                self._tell(request)
                return
            request = unwanted
        if request.worker is None:
            self._gathered.pop(request, None)
            request.state = State.CANCELLED
            self._finish(request)
        else:
            worker = self._by_id[request.worker]
            before_s = worker.next_s
            worker.cancel(request, at_s)
            if worker.next_s != before_s:
                self._expect(worker)

    def _send(self, request: SimRequest, pool: Sequence[Instance]) -> None:
        worker = self._by_id[self.router.route(request, pool, self.now_s)]
        if self._faults.fails(worker.id, self.now_s - self._start_s, self._draw):
            request.worker, request.state = worker.id, State.FAILED
            worker.stats.arrived += 1
            worker.stats.failed += 1
            self._finish(request)
            return
        before_s = worker.next_s
        worker.submit(request, self.now_s)
        if worker.next_s != before_s:
            self._expect(worker)

    def _gather(self, request: SimRequest) -> None:
        """The first of a batch says when it goes to the router."""
        if not self._gathered:
            self.at(self.now_s + self._batch_window_s, self._route_gathered)
        self._gathered[request] = None

    def _route_gathered(self, at_s: float) -> None:
        """Requests with a common prefix go to the worker that the router chooses for the first of them."""
        gathered, self._gathered = self._gathered, {}
        everyone = self.readers or self.speakers
        for group in by_prefix(gathered):
            pool = everyone
            for request in group:
                self._send_or_fail(request, pool)
                chosen = request.worker
                is_there = self.router.health.available
                pool = [self._by_id[chosen]] if chosen and is_there(chosen, at_s) else everyone

    def _refuse(self, request: SimRequest, refusal: Refusal) -> Refusal:
        request.state = State.FAILED
        self._finish(request)
        return refusal

    def _over(self, worker: Instance, request: SimRequest) -> None:
        """A worker has done its part."""
        if worker in self.readers and request.state == State.FINISHED and request.output_tokens:
            self._hand_over(worker, request)
            return
        self._finish(request)

    def _finish(self, request: SimRequest) -> None:
        if request.done_s < 0:
            request.done_s = self.now_s
        self._migrations.pop(request, None)
        if request.worker is not None:
            self.router.done(request, self.now_s)
        if request.state == State.FINISHED:
            self._interval_s += SMOOTHING * (self.now_s - self._last_done_s - self._interval_s)
            self._last_done_s = self.now_s
        for one in (request,) if self._coalescing is None else self._coalescing.over(request):
            self._tell(one)

    def _tell(self, request: SimRequest) -> None:
        """A request that was submitted is over."""
        if request.notify is not None:
            request.notify()
        self.on_done(request)

    @property
    def waiting(self) -> int:
        return len(self._gathered) + sum(worker.waiting for worker in self.workers)

    @property
    def drain_s(self) -> float:
        """How long those that wait now will take to be served, by the recent rate of completions; at least a second."""
        return max(1.0, self.waiting * self._interval_s)

    # Prefill/decode disaggregation

    def _hand_over(self, reader: Instance, request: SimRequest) -> None:
        request.state, request.worker, request.done_s = State.WAITING, None, -1.0
        self.router.done(request, self.now_s)
        assert self._transfer is not None
        arrives_s = self._transfer.send(reader, request.prompt_tokens, self.now_s)
        self.at(arrives_s, lambda at_s: self._receive(request))

    def _receive(self, request: SimRequest) -> None:
        if request.is_over:
            return
        request.carried_tokens = request.prompt_tokens
        self._send_or_fail(request, self.speakers)

    def _send_or_fail(self, request: SimRequest, pool: Sequence[Instance]) -> None:
        try:
            self._send(request, pool)
        except NoWorker:
            request.state = State.FAILED
            self._finish(request)

    # Faults

    def _fault(self, worker_id: str, at_s: float) -> None:
        """The worker becomes what its faults say from now on."""
        after_s = at_s - self._start_s
        if self._faults.is_dead(worker_id, after_s):
            self._faulted.add(worker_id)
            self.kill(worker_id)
        elif worker_id in self._faulted:
            self._faulted.discard(worker_id)
            self.revive(worker_id)
        self._by_id[worker_id].slowness = self._faults.slowness(worker_id, after_s)

    def slow(self, worker_id: str, factor: float) -> None:
        """Steps that begin from now on take so many times longer."""
        self._by_id[worker_id].slowness = factor

    def kill(self, worker_id: str) -> None:
        """The worker's requests go to others and are computed again there, or fail."""
        worker = self._by_id[worker_id]
        pool = self.readers if worker in self.readers else self.speakers
        lost = worker.die(self.now_s)
        self.router.health.down(worker_id, self.now_s)
        for request in lost:
            if request.state == State.CANCELLED:
                self._finish(request)
                continue
            self._migrations[request] = self._migrations.get(request, 0) + 1
            if self._migrates and self._migrations[request] <= MIGRATIONS:
                self._send_or_fail(request, pool)
            else:
                del request.token_times[bisect_right(request.token_times, self.now_s) :]
                request.produced_tokens = len(request.token_times)
                request.state = State.FAILED
                self._finish(request)

    def revive(self, worker_id: str) -> None:
        self._by_id[worker_id].slowness = 1.0
        self.router.health.up(worker_id, self.now_s)
