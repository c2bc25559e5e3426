"""How many of a mixture's experts a batch reaches, and how unevenly they are visited."""

from dataclasses import dataclass
from math import exp, log, sqrt

_MOST_UNEVEN = 0.5
"""Cap on how much fuller than the average the fullest group of experts is taken to be."""
_EVERY_EXPERT = 50.0


@dataclass(frozen=True, slots=True)
class Routing:
    """Each token picks top_k of n_experts; groups: chips that hold whole experts.

    Tokens of one batch prefer the same experts: so many tokens reach as many as tokens ** exponent would reach that
    choose evenly and independently.
    """

    n_experts: int
    top_k: int
    groups: int
    miss_rate: float
    """λ of (1 - top_k / n_experts)^tokens = exp(-λ tokens)."""
    exponent: float
    spread: float
    """2 ln(groups): the fullest of so many Poisson counts of mean m is expected at m + sqrt(2 m ln(groups))."""

    @classmethod
    def of(cls, n_experts: int, top_k: int, groups: int, exponent: float) -> "Routing":
        share = top_k / n_experts
        rate = -log(1.0 - share) if share < 1 else _EVERY_EXPERT
        return cls(n_experts, top_k, groups, rate, exponent, 2 * log(groups))

    def reached(self, tokens: float) -> float:
        """Expected number of experts that at least one token visits; fewer than one token: that share of one's."""
        if tokens < 1.0:
            return tokens * self.top_k
        return self.n_experts * (1.0 - exp(-self.miss_rate * tokens**self.exponent))

    def unevenness(self, tokens: float) -> float:
        """Load of the fullest group over the average, at least 1."""
        visits = tokens * self.top_k / self.groups
        return 1.0 + min(_MOST_UNEVEN, sqrt(self.spread / visits)) if visits else 1.0
