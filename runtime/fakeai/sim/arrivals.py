"""When requests come, without looking at the server: classes with one method, in a dict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

from fakeai.core.seeds import Draw
from fakeai.sim.distributions import BadSpec, exponential, gamma, number


class Arrivals(Protocol):
    def after(self, at_s: float, r: Draw) -> float:
        """When the next one comes after one at `at_s`; seconds since the workload began."""


@dataclass(frozen=True, slots=True)
class Poisson:
    rate: float

    def after(self, at_s: float, r: Draw) -> float:
        return at_s + exponential(r) / self.rate


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gaps of a gamma distribution of shape `burstiness`: 1 is Poisson, less comes in bursts, more is more even."""

    rate: float
    burstiness: float

    def after(self, at_s: float, r: Draw) -> float:
        return at_s + gamma(self.burstiness, r) / (self.rate * self.burstiness)


@dataclass(frozen=True, slots=True)
class Constant:
    rate: float

    def after(self, at_s: float, r: Draw) -> float:
        return at_s + 1 / self.rate


@dataclass(frozen=True, slots=True)
class Ramp:
    """Poisson whose rate goes from `first` to `last` in a straight line within `over_s`, and stays there."""

    first: float
    last: float
    over_s: float

    def after(self, at_s: float, r: Draw) -> float:
        """Arrivals of a unit process in the integral of the rate, which is inverted."""
        return self._time(self._expected(at_s) + exponential(r))

    def _expected(self, at_s: float) -> float:
        """Arrivals until then."""
        on_ramp_s = min(at_s, self.over_s)
        slope = (self.last - self.first) / self.over_s
        return self.first * on_ramp_s + slope * on_ramp_s**2 / 2 + self.last * (at_s - on_ramp_s)

    def _time(self, expected: float) -> float:
        whole = (self.first + self.last) / 2 * self.over_s
        if expected >= whole:
            return self.over_s + (expected - whole) / self.last
        slope = (self.last - self.first) / self.over_s
        return 2 * expected / (self.first + sqrt(max(0.0, self.first**2 + 2 * slope * expected)))


Keys = Mapping[str, str]


def rate(keys: Keys) -> float:
    return positive(keys, "rate")


def positive(keys: Keys, key: str) -> float:
    value = number(keys[key])
    if not value:
        raise BadSpec("expected more than 0")
    return value


def _ramp(keys: Keys) -> Ramp:
    first, dots, last = keys["rate"].partition("..")
    if not dots:
        raise BadSpec("expected rate=FIRST..LAST")
    return Ramp(number(first), positive({"rate": last}, "rate"), positive(keys, "over"))


@dataclass(frozen=True, slots=True)
class Kind:
    needs: tuple[str, ...]
    arrivals: Callable[[Keys], Arrivals] | None
    """None: the next one comes when one is over."""


KINDS: dict[str, Kind] = {
    "poisson": Kind(("rate",), lambda keys: Poisson(rate(keys))),
    "gamma": Kind(("rate", "burstiness"), lambda keys: Gamma(rate(keys), positive(keys, "burstiness"))),
    "constant": Kind(("rate",), lambda keys: Constant(rate(keys))),
    "ramp": Kind(("rate", "over"), _ramp),
    "closed": Kind(("concurrency",), None),
    "sessions": Kind(("rate", "turns"), lambda keys: Poisson(rate(keys))),
}
