"""How a run went over time: samples at even distances, of which there are never many."""

from collections.abc import Sequence

from fakeai.sim.replayed import ReplayedWorker

CAPACITY = 600
"""When there are so many samples, every other is dropped and the distance doubled."""
COLUMNS = (
    "at_s",
    "arrived",
    "finished",
    "running",
    "waiting",
    "kv_usage",
    "queried_tokens",
    "hit_tokens",
    "prompt_tokens",
    "output_tokens",
    "energy_j",
)


class Series:
    """Counters are sums since the start, so that dropping a sample loses nothing but detail."""

    def __init__(self, every_s: float = 0.01) -> None:
        self.samples: list[tuple[float, ...]] = []
        """In the order of COLUMNS."""
        self.next_s = 0.0
        self._every_s = every_s
        self._used_s = 0.0
        """KV usage, summed over time."""
        self._most_used = 0.0
        self._last_s = 0.0

    def sample(self, now_s: float, arrived: int, finished: int, workers: Sequence[ReplayedWorker]) -> None:
        stats = [worker.stats for worker in workers]
        capacity = sum(stat.capacity_blocks for stat in stats)
        usage = sum(stat.used_blocks for stat in stats) / capacity if capacity else 0.0
        self._used_s += usage * (now_s - self._last_s)
        self._last_s = now_s
        self._most_used = max(self._most_used, usage)
        self.samples.append(
            (
                now_s,
                arrived,
                finished,
                sum(stat.running for stat in stats),
                sum(stat.waiting for stat in stats),
                usage,
                sum(stat.queried_tokens for stat in stats),
                sum(stat.hit_tokens for stat in stats),
                sum(stat.computed_prompt_tokens for stat in stats),
                sum(stat.generated_tokens for stat in stats),
                sum(gpu.energy_j for worker in workers for gpu in worker.gpus),
            )
        )
        if len(self.samples) >= CAPACITY:
            self.samples = self.samples[::2]
            self._every_s *= 2
        self.next_s = self.samples[-1][0] + self._every_s

    def usage(self) -> dict[str, float]:
        """Share of the KV blocks that live requests held; the most is that of the samples."""
        mean = self._used_s / self._last_s if self._last_s else 0.0
        return {"kv_usage_mean": mean, "kv_usage_max": self._most_used}

    def columns(self) -> dict[str, list[float]]:
        return dict(zip(COLUMNS, map(list, zip(*self.samples, strict=True)), strict=True)) if self.samples else {}
