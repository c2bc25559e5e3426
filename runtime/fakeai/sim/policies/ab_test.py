"""Two or more policies side by side, each with its share of the requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fakeai.core.seeds import DRAW_RANGE, Draw, derive
from fakeai.sim.candidate import Candidate
from fakeai.sim.decision import Decision, Outcome, Policy
from fakeai.sim.request import SimRequest
from fakeai.sim.significance import Moments, two_proportions, welch


@dataclass(frozen=True, slots=True)
class AbTestOptions:
    arms: Mapping[str, float] = field(default_factory=lambda: {"least_loaded": 0.5, "kv_aware": 0.5})
    """Policy → weight of its share. The first is the control, with which the others are compared."""
    options: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Policy → its options."""
    level: float = 0.05
    """A difference is called significant if chance alone makes one as great less often."""


class _Arm:
    def __init__(self) -> None:
        self.chosen = 0
        self.failed = 0
        self.cancelled = 0
        self.ttft = Moments()
        self.latency = Moments()

    @property
    def ended(self) -> int:
        return self.latency.count + self.failed


class AbTest:
    """Requests of one session have one arm. All arms share the workers, so an arm that loads them badly harms the
    others too: a test shows less of a difference than there is."""

    def __init__(self, options: AbTestOptions, policies: Mapping[str, Policy]) -> None:
        """Raises ValueError if no arm has a weight or one is negative."""
        if min(options.arms.values(), default=0) < 0 or not sum(options.arms.values()):
            raise ValueError("An A/B test needs arms with positive weights.")
        self.options = options
        self._policies = policies
        self._arms = {name: _Arm() for name in options.arms}
        self._arm_of: dict[SimRequest, str] = {}

    def choose(self, request: SimRequest, candidates: Sequence[Candidate], now_s: float, r: Draw) -> Decision:
        name = self._draw(request, r)
        self._arms[name].chosen += 1
        self._arm_of[request] = name
        return self._policies[name].choose(request, candidates, now_s, r)._replace(policy="ab_test", arm=name)

    def done(self, request: SimRequest, worker_id: str, outcome: Outcome | None, now_s: float) -> None:
        name = self._arm_of.pop(request, None)
        if name is None:
            return
        arm = self._arms[name]
        if outcome is None:
            arm.cancelled += 1
        elif outcome.ok:
            arm.latency.add(outcome.latency_s)
            if outcome.ttft_s >= 0:
                arm.ttft.add(outcome.ttft_s)
        else:
            arm.failed += 1
        self._policies[name].done(request, worker_id, outcome, now_s)

    def document(self) -> dict[str, object]:
        control = next(iter(self._arms))
        return {
            "control": control,
            "arms": {name: self._arm(arm) for name, arm in self._arms.items()},
            "comparisons": {
                name: self._compared(self._arms[control], arm) for name, arm in self._arms.items() if name != control
            },
        }

    def _draw(self, request: SimRequest, r: Draw) -> str:
        number = r() if request.session is None else derive("ab_test", request.tenant, request.session) % DRAW_RANGE
        left = number / DRAW_RANGE * sum(self.options.arms.values())
        for name, weight in self.options.arms.items():
            left -= weight
            if left < 0:
                return name
        return name

    def _arm(self, arm: _Arm) -> dict[str, object]:
        return {
            "requests": arm.chosen,
            "finished": arm.latency.count,
            "failed": arm.failed,
            "cancelled": arm.cancelled,
            "ttft_mean_s": arm.ttft.mean,
            "latency_mean_s": arm.latency.mean,
        }

    def _compared(self, control: _Arm, arm: _Arm) -> dict[str, object]:
        p_values = {
            "ttft": welch(control.ttft, arm.ttft),
            "latency": welch(control.latency, arm.latency),
            "failures": two_proportions(control.failed, control.ended, arm.failed, arm.ended),
        }
        return {
            "ttft_ratio": arm.ttft.mean / control.ttft.mean if control.ttft.mean else None,
            "latency_ratio": arm.latency.mean / control.latency.mean if control.latency.mean else None,
            "p_values": p_values,
            "significant": [name for name, p in p_values.items() if p < self.options.level],
        }
