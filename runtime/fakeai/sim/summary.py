"""A run in one document: one pass over requests that are over, in memory that does not grow with them."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.core.quantiles import Sketch
from fakeai.sim.latency import compute_dtype
from fakeai.sim.replayed import ReplayedWorker, chips
from fakeai.sim.request import SimRequest, State
from fakeai.sim.slo import MEASURES, SHARES, Slo, measures

VERSION = 1
"""Of the document; goes up when a key changes its meaning or goes."""
_BUFFERED_TOKENS = 65_536


class Summary:
    def __init__(self, slo: Slo | None = None) -> None:
        self.sketches = {measure: Sketch() for measure in MEASURES}
        self._slo = slo
        self._states = dict.fromkeys(State, 0)
        self._good = 0
        self._preemptions = 0
        self._coalesced = 0
        self._tokens = dict.fromkeys(("prompt", "cached", "output"), 0)
        self._first_s = float("inf")
        self._last_s = 0.0
        self._times: list[float] = []
        """Token times of several requests, one after another."""
        self._ends: list[int] = []
        """Where in _times a request ends."""

    def add(self, request: SimRequest) -> None:
        """request.is_over."""
        self._states[request.state] += 1
        self._preemptions += request.preemptions
        self._coalesced += request.coalesced
        self._first_s = min(self._first_s, request.arrival_s)
        self._last_s = max(self._last_s, request.done_s)
        self._tokens["output"] += request.produced_tokens
        if request.state != State.FINISHED:
            return
        self._tokens["prompt"] += request.prompt_tokens
        self._tokens["cached"] += request.cached_tokens
        for measure, seconds in measures(request).items():
            self.sketches[measure].add(seconds)
        self._times += request.token_times
        self._ends.append(len(self._times))
        if len(self._times) >= _BUFFERED_TOKENS:
            self._flush()
        if self._slo and self._slo.is_good(request):
            self._good += 1

    def _flush(self) -> None:
        """The times between tokens of the buffered requests."""
        import numpy as np

        if self._times:
            gaps = np.diff(np.array(self._times))
            within = np.ones(len(gaps), dtype=bool)
            within[[end - 1 for end in self._ends if 0 < end < len(self._times)]] = False
            self.sketches["itl"].extend(gaps[within])
        self._times, self._ends = [], []

    @property
    def duration_s(self) -> float:
        """From the first arrival to the end of the last request."""
        return max(0.0, self._last_s - self._first_s)

    def latency(self) -> dict[str, dict[str, float]]:
        self._flush()
        return {f"{measure}_s": _statistics(sketch) for measure, sketch in self.sketches.items()}

    def document(self, workers: Sequence[ReplayedWorker]) -> dict[str, Any]:
        """Seconds, joules, watts and dollars are in the names of the keys; what is not known is null."""
        finished, failed = self._states[State.FINISHED], self._states[State.FAILED]
        latency = self.latency()
        return {
            "version": VERSION,
            "duration_s": self.duration_s,
            "requests": {
                "total": sum(self._states.values()),
                "finished": finished,
                "failed": failed,
                "cancelled": self._states[State.CANCELLED],
                "preemptions": self._preemptions,
                "coalesced": self._coalesced,
            },
            "tokens": dict(self._tokens),
            "throughput": self._throughput(finished, sum(map(chips, workers))),
            "latency": latency,
            "cache": _cache(workers),
            "utilization": _utilization(workers, self.duration_s),
            "energy": _energy(workers, self._tokens["output"], self.duration_s),
            "cost": _cost(workers, self._tokens, self.duration_s),
            "slo": self._judged(latency, finished, failed),
        }

    def _throughput(self, finished: int, gpus: int) -> dict[str, float | None]:
        duration_s, tokens = self.duration_s, self._tokens
        return {
            "requests_per_s": _ratio(finished, duration_s),
            "prompt_tokens_per_s": _ratio(tokens["prompt"], duration_s),
            "output_tokens_per_s": _ratio(tokens["output"], duration_s),
            "output_tokens_per_s_per_gpu": _ratio(tokens["output"], duration_s * gpus),
        }

    def _judged(self, latency: Mapping[str, Mapping[str, float]], finished: int, failed: int) -> dict[str, Any] | None:
        if self._slo is None:
            return None
        missed = self._slo.missed(latency, finished, failed)
        return {
            "limits_s": {f"{measure}_{statistic}": limit for (measure, statistic), limit in self._slo.limits.items()},
            "failed_share": self._slo.failed,
            "met": not missed,
            "missed": missed,
            "good_requests": self._good,
            "good_share": _ratio(self._good, finished + failed),
            "goodput_requests_per_s": _ratio(self._good, self.duration_s),
        }


def _statistics(sketch: Sketch) -> dict[str, float]:
    quantiles = dict(zip(SHARES, sketch.quantiles(SHARES.values()), strict=True))
    return {"mean": sketch.mean, **quantiles, "max": sketch.greatest if sketch.count else 0.0, "count": sketch.count}


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _cache(workers: Sequence[ReplayedWorker]) -> dict[str, float | None]:
    stats = [worker.stats for worker in workers]
    queried = sum(stat.queried_tokens for stat in stats)
    hit = sum(stat.hit_tokens for stat in stats)
    return {
        "hit_rate": _ratio(hit, queried),
        "queried_tokens": queried,
        "hit_tokens": hit,
        "host_hit_tokens": sum(stat.host_hit_tokens for stat in stats),
        "disk_hit_tokens": sum(stat.disk_hit_tokens for stat in stats),
        "evicted_blocks": sum(stat.evicted_blocks for stat in stats),
        "saved_prefill_s": sum(stat.saved_prefill_s for stat in stats),
    }


def _utilization(workers: Sequence[ReplayedWorker], duration_s: float) -> dict[str, float | None]:
    """Shares of the run; those of chips are means over all of them."""
    every = sum(map(chips, workers))
    peak_flops = sum(map(_peak_flops, workers))
    return {
        "busy": _ratio(sum(worker.stats.busy_s for worker in workers), duration_s * len(workers)),
        "compute": _ratio(sum(worker.stats.compute_s for worker in workers), duration_s * every),
        "memory": _ratio(sum(worker.stats.memory_s for worker in workers), duration_s * every),
        "link": _ratio(sum(worker.stats.link_s for worker in workers), duration_s * every),
        "model_flops": _ratio(sum(worker.stats.flops for worker in workers), duration_s * peak_flops),
    }


def _peak_flops(worker: ReplayedWorker) -> float:
    """Of all chips, in what they multiply the weights in."""
    if worker.deployment is None:
        return 0.0
    gpu = worker.deployment.gpu
    dtype, _ = compute_dtype(gpu, worker.deployment.weights)
    return 1e12 * gpu.tflops.get(dtype, 0.0) * chips(worker)


def _energy(workers: Sequence[ReplayedWorker], output_tokens: int, duration_s: float) -> dict[str, float | None]:
    gpus = [gpu for worker in workers for gpu in worker.gpus]
    total_j = sum(gpu.energy_j for gpu in gpus)
    return {
        "total_j": total_j if gpus else None,
        "per_output_token_j": _ratio(total_j, output_tokens) if gpus else None,
        "mean_power_w": _ratio(total_j, duration_s) if gpus else None,
    }


def _cost(workers: Sequence[ReplayedWorker], tokens: Mapping[str, int], duration_s: float) -> dict[str, Any]:
    on = [worker.deployment for worker in workers if worker.deployment]
    known = [one.chips * one.gpu.usd_per_hour for one in on if one.gpu.usd_per_hour is not None]
    per_hour = sum(known) if known and len(known) == len(on) else None
    usd = None if per_hour is None else per_hour * duration_s / 3600
    every = tokens["prompt"] + tokens["output"]
    return {
        "gpus": sum(map(chips, workers)),
        "usd_per_hour": per_hour,
        "usd": usd,
        "usd_per_million_tokens": None if usd is None else _ratio(usd * 1e6, every),
        "usd_per_million_output_tokens": None if usd is None else _ratio(usd * 1e6, tokens["output"]),
    }
