"""Policies by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from fakeai.sim.decision import Policy
from fakeai.sim.policies.ab_test import AbTest, AbTestOptions
from fakeai.sim.policies.adaptive import Adaptive, AdaptiveOptions
from fakeai.sim.policies.balance import LeastKv, LeastLoaded, LMetric, PowerOfTwo, Random, RoundRobin
from fakeai.sim.policies.cache_aware import CacheAware, CacheAwareOptions
from fakeai.sim.policies.kv_aware import KvAware, KvAwareOptions
from fakeai.sim.policies.multi_objective import MultiObjective, MultiObjectiveOptions
from fakeai.sim.policies.session import Session
from fakeai.sim.policies.weighted import LoadAwareOptions, PreciseOptions, PrefixAwareOptions, Weighted
from fakeai.sim.profile import Profile


class UnknownPolicy(ValueError):
    def __init__(self, name: str) -> None:
        near = get_close_matches(name, POLICIES, n=3) or list(POLICIES)
        super().__init__(f"There is no routing policy {name!r}; do you mean {', '.join(near)}?")


class UnknownOption(ValueError):
    def __init__(self, policy: str, name: str, known: tuple[str, ...]) -> None:
        near = get_close_matches(name, known, n=3) or known
        named = f"do you mean {', '.join(near)}?" if near else "it has none."
        super().__init__(f"Routing policy {policy} has no option {name!r}; {named}")


class BadOption(ValueError):
    def __init__(self, policy: str, error: ValidationError) -> None:
        finding = error.errors(include_url=False)[0]
        option, message = finding["loc"][0], finding["msg"].removeprefix("Value error, ")
        super().__init__(f"Routing policy {policy}, option {option}: {message}, got {finding['input']!r}")


@dataclass(frozen=True, slots=True)
class NoOptions:
    pass


class Kind(NamedTuple):
    options: type
    build: Callable[[Any, Profile], Policy]


def policy(name: str, profile: Profile, options: Mapping[str, object] | None = None) -> Policy:
    """options: fields of the policy's options class; those not given have their defaults.

    Raises UnknownPolicy, UnknownOption, BadOption, and ValueError for options that contradict each other.
    """
    kind = POLICIES.get(name)
    if kind is None:
        raise UnknownPolicy(name)
    known = tuple(getattr(kind.options, "__dataclass_fields__", ()))
    for given in options or ():
        if given not in known:
            raise UnknownOption(name, given, known)
    try:
        read: Any = TypeAdapter(kind.options).validate_python(dict(options or {}))
    except ValidationError as error:
        raise BadOption(name, error) from None
    return kind.build(read, profile)


def _ab_test(options: AbTestOptions, profile: Profile) -> AbTest:
    if "ab_test" in options.arms:
        raise ValueError("An A/B test cannot be an arm of one.")
    return AbTest(options, {name: policy(name, profile, options.options.get(name)) for name in options.arms})


POLICIES: Mapping[str, Kind] = {
    "round_robin": Kind(NoOptions, lambda options, profile: RoundRobin()),
    "random": Kind(NoOptions, lambda options, profile: Random()),
    "least_loaded": Kind(NoOptions, lambda options, profile: LeastLoaded()),
    "power_of_two": Kind(NoOptions, lambda options, profile: PowerOfTwo()),
    "least_kv": Kind(NoOptions, lambda options, profile: LeastKv()),
    "lmetric": Kind(NoOptions, lambda options, profile: LMetric()),
    "session": Kind(NoOptions, lambda options, profile: Session()),
    "cache_aware": Kind(CacheAwareOptions, lambda options, profile: CacheAware(options)),
    "kv_aware": Kind(KvAwareOptions, lambda options, profile: KvAware(options)),
    "load_aware": Kind(LoadAwareOptions, lambda options, profile: Weighted("load_aware", options)),
    "prefix_aware": Kind(PrefixAwareOptions, lambda options, profile: Weighted("prefix_aware", options)),
    "precise_prefix_aware": Kind(PreciseOptions, lambda options, profile: Weighted("precise_prefix_aware", options)),
    "multi_objective": Kind(MultiObjectiveOptions, MultiObjective),
    "adaptive": Kind(AdaptiveOptions, Adaptive),
    "ab_test": Kind(AbTestOptions, _ab_test),
}
