"""A cluster of one worker that serves each request at a fixed speed, however many there are."""

from collections.abc import Callable
from heapq import heappop, heappush

from fakeai.core.hardware import GpuSpec
from fakeai.core.specs import ModelSpec
from fakeai.core.stats import GpuStats, WorkerStats
from fakeai.sim.deployment import Deployment
from fakeai.sim.request import SimRequest, State

GPU = GpuSpec(
    id="test-gpu",
    name="Test",
    vendor="nvidia",
    arch="none",
    mem_gb=80,
    mem_gb_s=3000,
    tflops={"bf16": 1000.0},
    link="link",
    link_peers=8,
    host_link="pcie",
    usd_per_hour=3.6,
)


class StubWorker:
    def __init__(self) -> None:
        self.id = "worker-0"
        self.deployment: Deployment | None = Deployment(ModelSpec("test-model"), GPU)
        self.stats = WorkerStats()
        self.gpus = [GpuStats("test-gpu", self.id, 0)]


class StubCluster:
    """First token `ttft_s` after arrival, the others `itl_s` apart; prompts longer than `longest` fail at once."""

    def __init__(self, ttft_s: float = 0.1, itl_s: float = 0.01, longest: int = 1 << 30) -> None:
        self.now_s = 0.0
        self.max_model_len: int | None = None
        self.on_done: Callable[[SimRequest], None] = lambda request: None
        self.workers = [StubWorker()]
        self.submitted: list[SimRequest] = []
        self.most_live = 0
        self._ttft_s = ttft_s
        self._itl_s = itl_s
        self._longest = longest
        self._events: list[tuple[float, int, SimRequest]] = []

    @property
    def next_s(self) -> float:
        while self._events and self._events[0][2].is_over:
            heappop(self._events)
        return self._events[0][0] if self._events else float("inf")

    def submit(self, request: SimRequest, at_s: float) -> None:
        self.advance(at_s)
        self.submitted.append(request)
        stats = self.workers[0].stats
        stats.queried_tokens += request.prompt_tokens
        if request.prompt_tokens > self._longest:
            self._end(request, State.FAILED)
            return
        stats.running += 1
        self.most_live = max(self.most_live, stats.running)
        request.first_scheduled_s = at_s
        times = [at_s + self._ttft_s + self._itl_s * token for token in range(request.output_tokens)]
        request.token_times = times
        heappush(self._events, (times[-1] if times else at_s + self._ttft_s, len(self.submitted), request))

    def cancel(self, request: SimRequest, at_s: float) -> None:
        self.advance(at_s)
        request.token_times = [due_s for due_s in request.token_times if due_s <= at_s]
        self.workers[0].stats.running -= 1
        self._end(request, State.CANCELLED)

    def advance(self, until_s: float) -> None:
        assert until_s >= self.now_s, "time goes back"
        while self.next_s <= until_s:
            self.now_s, _, request = heappop(self._events)
            stats = self.workers[0].stats
            stats.running -= 1
            stats.finished += 1
            self.workers[0].gpus[0].energy_j += 10
            self._end(request, State.FINISHED)
        self.now_s = until_s

    def _end(self, request: SimRequest, state: State) -> None:
        request.state = state
        request.done_s = self.now_s
        request.worker = self.workers[0].id
        request.produced_tokens = len(request.token_times)
        self.workers[0].stats.generated_tokens += request.produced_tokens
        if request.token_times:
            request.first_token_s = request.token_times[0]
        self.on_done(request)
