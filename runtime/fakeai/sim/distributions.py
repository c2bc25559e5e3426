"""Random numbers of given distributions, and how they are written: NAME:A:B, or just a number.

Every class here has `draw`, and `mean` as far as that is known without drawing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, exp, isfinite, log, pi, sqrt
from pathlib import Path
from typing import Protocol

from fakeai.core.seeds import Draw, unit


class Distribution(Protocol):
    def draw(self, r: Draw) -> float: ...


class BadSpec(ValueError):
    """One line that says which part of what was written is wrong."""


@dataclass(frozen=True, slots=True)
class Constant:
    value: float

    def draw(self, r: Draw) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class Uniform:
    least: float
    greatest: float

    def draw(self, r: Draw) -> float:
        return self.least + (self.greatest - self.least) * unit(r)


@dataclass(frozen=True, slots=True)
class Exponential:
    mean: float

    def draw(self, r: Draw) -> float:
        return self.mean * exponential(r)


@dataclass(frozen=True, slots=True)
class Normal:
    """Cut off at 0, and at `greatest` if there is one."""

    mean: float
    deviation: float
    greatest: float | None = None

    def draw(self, r: Draw) -> float:
        return _capped(max(0.0, self.mean + self.deviation * normal(r)), self.greatest)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """`mean` is that of the values, `sigma` the deviation of their logarithms."""

    mean: float
    sigma: float
    greatest: float | None = None

    def draw(self, r: Draw) -> float:
        return _capped(self.mean * exp(self.sigma * normal(r) - self.sigma**2 / 2), self.greatest)


@dataclass(frozen=True, slots=True)
class Empirical:
    values: tuple[float, ...]

    def draw(self, r: Draw) -> float:
        return self.values[int(unit(r) * len(self.values))]


def exponential(r: Draw) -> float:
    """Of mean 1."""
    return -log(1.0 - unit(r))


def normal(r: Draw) -> float:
    """Of mean 0 and deviation 1. Source: Box and Muller, 1958."""
    return sqrt(2 * exponential(r)) * cos(2 * pi * unit(r))


def gamma(shape: float, r: Draw) -> float:
    """Of mean `shape`. Source: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000."""
    if shape < 1:
        return gamma(shape + 1, r) * float((1.0 - unit(r)) ** (1 / shape))
    d = shape - 1 / 3
    while True:
        x = normal(r)
        v = (1 + x / sqrt(9 * d)) ** 3
        if v > 0 and log(1.0 - unit(r)) < x * x / 2 + d - d * v + d * log(v):
            return d * v


def distribution(text: str) -> Distribution:
    """Raises BadSpec."""
    name, *words = text.split(":")
    if ".." in name:
        name, words = "uniform", name.split("..")
    elif name not in DISTRIBUTIONS:
        name, words = "constant", [name, *words]
    if name == "empirical":
        return _from_file(":".join(words))
    numbers = [_number(word, text) for word in words]
    make, form = DISTRIBUTIONS[name]
    try:
        found = make(*numbers)
    except TypeError:
        raise BadSpec(f"{text!r}: expected {form}") from None
    if isinstance(found, Uniform) and found.greatest < found.least:
        raise BadSpec(f"{text!r}: the greatest is less than the least")
    return found


def number(text: str) -> float:
    """Finite and not negative. Raises BadSpec."""
    return _number(text, text)


def _number(word: str, whole: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not isfinite(value) or value < 0:
        kinds = ", ".join(form for _, form in DISTRIBUTIONS.values())
        raise BadSpec(f"{word!r} is not a number of at least 0" + (f" in {whole!r}; one of {kinds}" * (word != whole)))
    return value


def _from_file(path: str) -> Empirical:
    """A number a line."""
    try:
        words = Path(path).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSpec(f"{path}: {(getattr(error, 'strerror', None) or 'not UTF-8 text').lower()}") from error
    if not words:
        raise BadSpec(f"{path}: no numbers in it")
    try:
        return Empirical(tuple(number(word) for word in words))
    except BadSpec as error:
        raise BadSpec(f"{path}: {error}") from error


def _capped(value: float, greatest: float | None) -> float:
    return value if greatest is None else min(value, greatest)


DISTRIBUTIONS: Mapping[str, tuple[Callable[..., Distribution], str]] = {
    "constant": (Constant, "NUMBER"),
    "uniform": (Uniform, "LEAST..GREATEST"),
    "exponential": (Exponential, "exponential:MEAN"),
    "normal": (Normal, "normal:MEAN:DEVIATION[:MAX]"),
    "lognormal": (Lognormal, "lognormal:MEAN:SIGMA[:MAX]"),
    "empirical": (Empirical, "empirical:FILE"),
}
