"""Latency, throughput, cost and power in one weighted sum."""

from collections.abc import Sequence
from dataclasses import dataclass

from fakeai.core.seeds import Draw
from fakeai.sim.candidate import Candidate
from fakeai.sim.decision import Choosing, Decision, least
from fakeai.sim.deployment import Deployment
from fakeai.sim.estimate import Estimate, estimate
from fakeai.sim.profile import Profile
from fakeai.sim.request import SimRequest

TERMS = ("cost", "latency_s", "tokens_per_s", "usd", "joules", "throughput_weight")


@dataclass(frozen=True, slots=True)
class MultiObjectiveOptions:
    latency: float = 1.0
    """Seconds until the answer is complete."""
    throughput: float = 1.0
    """Tokens per second that the worker would gain. When arrivals are predicted to rise or fall, the weight does too,
    at most by most_pressure."""
    cost: float = 0.5
    """USD of the chips' time. A chip without a price counts as the dearest of the others."""
    power: float = 0.5
    """Joules of the chips."""
    most_pressure: float = 2.0


class MultiObjective(Choosing):
    """Each term is scaled to 0..1 over the workers, 0 the best; the least weighted sum wins."""

    def __init__(self, options: MultiObjectiveOptions, profile: Profile) -> None:
        self.options = options
        self._profile = profile

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        options = self.options
        output_tokens = self._profile.output_tokens(now_s)
        estimates = [estimate(candidate, request, output_tokens) for candidate in candidates]
        latency = [e.latency_s for e in estimates]
        gains = [gain(c, e, output_tokens) for c, e in zip(candidates, estimates, strict=True)]
        usd = [price * e.busy_s for price, e in zip(prices(candidates), estimates, strict=True)]
        joules = [energy_j(c, e) for c, e in zip(candidates, estimates, strict=True)]
        throughput = options.throughput * self._pressure(now_s)
        columns = (
            [options.latency * share for share in scaled(latency)],
            [throughput * share for share in scaled([-tokens for tokens in gains])],
            [options.cost * share for share in scaled(usd)],
            [options.power * share for share in scaled(joules)],
        )
        costs = [sum(row) for row in zip(*columns, strict=True)]
        rows = [(*row, throughput) for row in zip(costs, latency, gains, usd, joules, strict=True)]
        return Decision(
            candidates[least(costs, r)].id, "multi_objective", "least weighted sum", candidates, TERMS, rows
        )

    def _pressure(self, now_s: float) -> float:
        """Predicted arrivals as a multiple of those now."""
        rate = self._profile.rate_per_s(now_s)
        if not rate:
            return 1.0
        most = self.options.most_pressure
        return min(most, max(1 / most, self._profile.predicted_rate_per_s(now_s) / rate))


def scaled(values: Sequence[float]) -> list[float]:
    """To 0..1; all 0 if they are equal."""
    low, high = min(values), max(values)
    if low == high:
        return [0.0] * len(values)
    return [(value - low) / (high - low) for value in values]


def gain(candidate: Candidate, estimated: Estimate, output_tokens: float) -> float:
    """Tokens per second more than now, the time for the prompt taken off; 0 for a worker that is full."""
    deployment = candidate.deployment
    if deployment and candidate.running + candidate.waiting >= deployment.max_num_seqs:
        return 0.0
    before_s, after_s = candidate.decode_step_s(0), estimated.decode_s / output_tokens if output_tokens else 0.0
    now = candidate.running / before_s if before_s and candidate.running else 0.0
    then = estimated.seqs / after_s if after_s else 0.0
    total_s = estimated.prefill_s + estimated.decode_s
    return then * (estimated.decode_s / total_s if total_s else 1.0) - now


def prices(candidates: Sequence[Candidate]) -> list[float]:
    """USD per second of each worker; 0 where no hardware is simulated."""
    deployments = [candidate.deployment for candidate in candidates]
    known = [deployed.gpu.usd_per_hour for deployed in deployments if deployed]
    dearest = max((usd for usd in known if usd is not None), default=0.0)
    return [_hourly_usd(deployed, dearest) / 3600 for deployed in deployments]


def _hourly_usd(deployment: Deployment | None, dearest: float) -> float:
    if deployment is None:
        return 0.0
    usd = deployment.gpu.usd_per_hour
    return (dearest if usd is None else usd) * deployment.chips


def energy_j(candidate: Candidate, estimated: Estimate) -> float:
    """Prompts keep chips at their limit; an answer takes its part of what they draw while it is written, which is at
    least what they draw idle."""
    deployment = candidate.deployment
    if deployment is None:
        return 0.0
    gpu = deployment.gpu
    drawn_w = max(candidate.power_w, gpu.idle_w * deployment.chips)
    return gpu.tdp_w * deployment.chips * estimated.prefill_s + drawn_w * estimated.decode_s / estimated.seqs
