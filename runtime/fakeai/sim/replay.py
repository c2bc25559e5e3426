"""Runs sources through a cluster on virtual time."""

from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush

from fakeai.sim.replayed import ReplayedCluster
from fakeai.sim.request import SimRequest, State
from fakeai.sim.series import Series
from fakeai.sim.source import NEVER, Source

Progress = Callable[[float, int, float], None]
"""(share of the work, requests that are over, virtual seconds); called now and then."""
_PROGRESS_EVERY = 256


class Replay:
    """Only live requests are in memory. What happens at one time: ends of steps, then cancellations, then arrivals."""

    def __init__(
        self,
        cluster: ReplayedCluster,
        sources: Sequence[Source],
        sinks: Iterable[Callable[[SimRequest], None]],
        series: Series | None = None,
        progress: Progress = lambda share, done, now_s: None,
        limit: int | None = None,
        duration_s: float = NEVER,
        longest: int | None = None,
    ) -> None:
        """sinks get each request when it is over. limit: of requests; duration_s: no later arrivals.

        longest: tokens of prompt and answer. As servers do it, a longer prompt fails, and an answer ends there.
        """
        self.arrived = 0
        self.finished = 0
        self._cluster = cluster
        self._sources = list(sources)
        self._sinks = list(sinks)
        self._series = series
        self._progress = progress
        self._limit = limit
        self._duration_s = duration_s
        self._longest = longest
        self._live: dict[str, Source] = {}
        self._leaving: list[tuple[float, str, SimRequest]] = []
        cluster.on_done = self._done

    def run(self) -> None:
        """Until nothing is left to do. Raises what sources raise."""
        cluster, series = self._cluster, self._series
        while True:
            source, arrival_s = self._next_arrival()
            leaving_s = self._next_leaving_s()
            at_s = min(cluster.next_s, leaving_s, arrival_s)
            if at_s == NEVER or (source is None and not self._live):
                break
            while series and series.next_s <= at_s:
                self._sample(series, series.next_s)
            if cluster.next_s == at_s:
                cluster.advance(at_s)
            elif leaving_s == at_s:
                self._leave(at_s)
            elif source:
                self._submit(source)
        if series:
            self._sample(series, cluster.now_s)

    def _next_arrival(self) -> tuple[Source | None, float]:
        if self._limit is not None and self.arrived >= self._limit:
            return None, NEVER
        source = min(self._sources, key=_next_s)
        at_s = source.next_s
        return (source, at_s) if at_s <= self._duration_s and at_s != NEVER else (None, NEVER)

    def _next_leaving_s(self) -> float:
        while self._leaving and self._leaving[0][2].is_over:
            heappop(self._leaving)
        return self._leaving[0][0] if self._leaving else NEVER

    def _submit(self, source: Source) -> None:
        request, cancel_at_s = source.take()
        self.arrived += 1
        self._live[request.id] = source
        if self._longest is not None and request.prompt_tokens + request.output_tokens > self._longest:
            request.output_tokens = min(request.output_tokens, self._longest - request.prompt_tokens)
            if request.output_tokens <= 0:
                self._refuse(request)
                return
        if cancel_at_s != NEVER:
            heappush(self._leaving, (cancel_at_s, request.id, request))
        self._cluster.submit(request, request.arrival_s)

    def _refuse(self, request: SimRequest) -> None:
        request.state = State.FAILED
        request.done_s = request.arrival_s
        self._done(request)

    def _leave(self, at_s: float) -> None:
        self._cluster.cancel(heappop(self._leaving)[2], at_s)

    def _done(self, request: SimRequest) -> None:
        self.finished += 1
        for sink in self._sinks:
            sink(request)
        self._live.pop(request.id).done(request, request.done_s)
        if self.finished % _PROGRESS_EVERY == 0:
            self._progress(self.share, self.finished, self._cluster.now_s)

    @property
    def unfinished(self) -> int:
        """After the run: requests that the cluster never got to."""
        return len(self._live)

    @property
    def share(self) -> float:
        """Of the work that has been taken up, as far as that can be told."""
        shares = [min(source.progress for source in self._sources)]
        if self._limit:
            shares.append(self.arrived / self._limit)
        if self._duration_s != NEVER and self._duration_s:
            shares.append(self._cluster.now_s / self._duration_s)
        return min(1.0, max(shares))

    def _sample(self, series: Series, at_s: float) -> None:
        self._cluster.advance(at_s)
        series.sample(at_s, self.arrived, self.finished, self._cluster.workers)


def _next_s(source: Source) -> float:
    return source.next_s
