"""Numbers within bounds: multiples of a step, counted by whole numbers so that nothing is lost by rounding."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor, lcm
from typing import Any

from fakeai.core.seeds import Draw

MIN_POINTS = 20
MAX_DECIMALS = 15
SPAN = 100
"""How far numbers go from their only bound, in steps."""


class Grid:
    """step × k for every whole k from low to high."""

    __slots__ = ("denominator", "high", "low", "numerator")

    def __init__(self, step: Fraction, low: int, high: int) -> None:
        self.numerator, self.denominator = step.numerator, step.denominator
        self.low = low
        self.high = high

    def draw(self, r: Draw) -> int | float:
        return self.value(self.low + r() % (self.high - self.low + 1))

    def __iter__(self) -> Iterator[int | float]:
        return map(self.value, range(self.low, self.high + 1))

    def value(self, k: int) -> int | float:
        if self.denominator == 1:
            return k * self.numerator
        return k * self.numerator / self.denominator


def grid(leaf: dict[str, Any], is_integer: bool, hint: tuple[float, float, int] | None) -> Grid | None:
    """hint: a believable range and its decimals, kept if the bounds allow some of it. None if no number fits."""
    steps = [exact(value) for value in leaf.get("multipleOf", ())] + ([Fraction(1)] if is_integer else [])
    if steps:
        return _within(leaf, _common_multiple(steps), hint)
    decimals = hint[2] if hint else 2
    for places in range(decimals, MAX_DECIMALS):
        found = _within(leaf, Fraction(1, 10**places), hint)
        if found and found.high - found.low >= MIN_POINTS and _holds(found, leaf):
            return found
    return _single(leaf)


def _single(leaf: dict[str, Any]) -> Grid | None:
    """Bounds so close that only they themselves, or what is between them, can be said."""
    low, high = leaf.get("minimum", leaf.get("exclusiveMinimum")), leaf.get("maximum", leaf.get("exclusiveMaximum"))
    middle = Fraction((Fraction(low) + Fraction(high)) / 2) if low is not None and high is not None else Fraction(0)
    for value in (low, high, middle):
        candidate = Grid(Fraction(value or 0), 1, 1)
        if _holds(candidate, leaf):
            return candidate
    return None


def _holds(found: Grid, leaf: dict[str, Any]) -> bool:
    """A quotient is rounded, so the ends may touch a bound that is not allowed, or be too large for a float."""
    try:
        return all(is_within(leaf, found.value(k)) for k in (found.low, found.high))
    except OverflowError:
        return False


def is_within(leaf: dict[str, float], value: float) -> bool:
    infinity = float("inf")
    return leaf.get("minimum", -infinity) <= value <= leaf.get("maximum", infinity) and leaf.get(
        "exclusiveMinimum", -infinity
    ) < value < leaf.get("exclusiveMaximum", infinity)


def exact(number: float) -> Fraction:
    """As the client wrote it: 0.1 is a tenth."""
    return Fraction(repr(number))


def _common_multiple(steps: list[Fraction]) -> Fraction:
    denominator = lcm(*[step.denominator for step in steps])
    return Fraction(lcm(*[int(step * denominator) for step in steps]), denominator)


def _within(leaf: dict[str, Any], step: Fraction, hint: tuple[float, float, int] | None) -> Grid | None:
    lows = [ceil(exact(leaf["minimum"]) / step)] if "minimum" in leaf else []
    lows += [floor(exact(leaf["exclusiveMinimum"]) / step) + 1] if "exclusiveMinimum" in leaf else []
    highs = [floor(exact(leaf["maximum"]) / step)] if "maximum" in leaf else []
    highs += [ceil(exact(leaf["exclusiveMaximum"]) / step) - 1] if "exclusiveMaximum" in leaf else []
    low, high = max(lows, default=None), min(highs, default=None)
    if hint:
        wanted = ceil(exact(hint[0]) / step), floor(exact(hint[1]) / step)
        first, last = max([wanted[0], *lows]), min([wanted[1], *highs])
        if first <= last:
            return Grid(step, first, last)
    span = max(SPAN, int(SPAN / step)) if step < 1 else SPAN
    if low is None:
        low = 0 if high is None or high >= 0 else high - span
    if high is None:
        high = low + span
    return Grid(step, low, high) if low <= high else None
