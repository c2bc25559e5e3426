"""Whether two samples differ by more than chance."""

from dataclasses import dataclass
from math import erfc, exp, lgamma, log, log1p, sqrt


@dataclass(slots=True)
class Moments:
    """Count, mean and spread of numbers seen one by one. Source: Welford 1962."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Σ (value - mean)²."""

    def add(self, value: float) -> None:
        self.count += 1
        delta = value - self.mean
        self.mean += delta / self.count
        self.squares += delta * (value - self.mean)

    @property
    def variance(self) -> float:
        """Of the population that was sampled; 0 for fewer than two."""
        return self.squares / (self.count - 1) if self.count > 1 else 0.0


def welch(a: Moments, b: Moments) -> float:
    """Two-sided p-value of equal means, variances may differ; 1 if a sample has fewer than two values."""
    if a.count < 2 or b.count < 2:
        return 1.0
    of_a, of_b = a.variance / a.count, b.variance / b.count
    error = of_a + of_b
    if error == 0:
        return 1.0 if a.mean == b.mean else 0.0
    freedom = error**2 / (of_a**2 / (a.count - 1) + of_b**2 / (b.count - 1))
    return student((a.mean - b.mean) / sqrt(error), freedom)


def two_proportions(hits_a: int, count_a: int, hits_b: int, count_b: int) -> float:
    """Two-sided p-value of equal shares, by the pooled normal approximation; 1 if a sample is empty."""
    if not count_a or not count_b:
        return 1.0
    pooled = (hits_a + hits_b) / (count_a + count_b)
    error = sqrt(pooled * (1 - pooled) * (1 / count_a + 1 / count_b))
    if error == 0:
        return 1.0
    return erfc(abs(hits_a / count_a - hits_b / count_b) / error / sqrt(2))


def student(t: float, freedom: float) -> float:
    """Chance that |T| ≥ |t| under Student's distribution."""
    if t == 0:
        return 1.0
    return _beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def _beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function, 0 ≤ x < 1. Source: DLMF 8.17.22, the continued fraction, which converges
    fast where x is below (a + 1) / (a + b + 2); above, the symmetry 8.17.4."""
    if x <= 0:
        return 0.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    # Modified Lentz: c and d are the ratios of successive numerators and denominators.
    fraction, c, d = 1.0, 1.0, 0.0
    for step in range(1, 300):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d)
        c = 1 + term / c
        fraction *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return front / fraction
