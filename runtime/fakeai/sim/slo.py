"""What latency is wanted: limits on statistics of a run, and on single requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from fakeai.sim.distributions import BadSpec, number
from fakeai.sim.request import SimRequest, State

MEASURES = ("ttft", "itl", "tpot", "e2e", "queue")
SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
STATISTICS = ("mean", *SHARES, "max")
_FAILED = 0.01
"""Share of failed requests that is put up with unless `failed` says otherwise."""


@dataclass(frozen=True, slots=True)
class Slo:
    limits: Mapping[tuple[str, str], float]
    """(measure, statistic) → seconds."""
    failed: float = _FAILED

    def missed(self, latency: Mapping[str, Mapping[str, float]], finished: int, failed: int) -> list[str]:
        """What does not hold. latency: "ttft_s" → statistic → seconds."""
        found = [
            f"{measure}_{statistic}"
            for (measure, statistic), limit in self.limits.items()
            if latency[f"{measure}_s"][statistic] > limit
        ]
        return found + ["failed"] * (failed > self.failed * (finished + failed) or not finished)

    def is_good(self, request: SimRequest) -> bool:
        """Whether it keeps to every limit by itself; of its times between tokens it is the same statistic."""
        if request.state != State.FINISHED:
            return False
        return all(_value(request, measure, statistic) <= limit for (measure, statistic), limit in self.limits.items())


def slo(text: str) -> Slo:
    """ttft_p99=0.5,itl_p99=50ms,failed=0.01. Raises BadSpec."""
    limits: dict[tuple[str, str], float] = {}
    failed = _FAILED
    for part in text.split(","):
        key, _, word = part.partition("=")
        measure, _, statistic = key.partition("_")
        if key == "failed":
            failed = number(word)
        elif measure in MEASURES and statistic in STATISTICS:
            limits[measure, statistic] = _seconds(word, part)
        else:
            known = f"{'|'.join(MEASURES)}_{'|'.join(STATISTICS)}=SECONDS"
            raise BadSpec(f"slo {part!r}: expected {known} or failed=SHARE")
    return Slo(limits, failed)


def _seconds(word: str, part: str) -> float:
    try:
        return number(word.removesuffix("ms")) / 1e3 if word.endswith("ms") else number(word.removesuffix("s"))
    except BadSpec as error:
        raise BadSpec(f"slo {part!r}: {error}") from error


def measures(request: SimRequest) -> dict[str, float]:
    """Seconds, of a finished request; what it has not is missing. Of the times between tokens it has many."""
    arrival_s = request.arrival_s
    found = {"e2e": request.done_s - arrival_s}
    if request.first_scheduled_s >= 0:
        found["queue"] = request.first_scheduled_s - arrival_s
    if request.first_token_s >= 0:
        found["ttft"] = request.first_token_s - arrival_s
        if request.produced_tokens > 1:
            found["tpot"] = (request.last_token_s - request.first_token_s) / (request.produced_tokens - 1)
    return found


def _value(request: SimRequest, measure: str, statistic: str) -> float:
    found = measures(request)
    if measure != "itl" or statistic == "mean":
        return found.get("tpot" if measure == "itl" else measure, 0.0)
    times = request.token_times
    gaps = sorted(after - before for before, after in pairwise(times))
    return gaps[int(SHARES.get(statistic, 1.0) * (len(gaps) - 1))] if gaps else 0.0
