"""A duration that varies: configuration writes it, the simulation draws from it."""

from dataclasses import dataclass

from fakeai.core.seeds import Draw, unit


@dataclass(frozen=True, slots=True)
class Jittered:
    """Uniform in mean_s * (1 ± jitter)."""

    mean_s: float = 0.0
    jitter: float = 0.0
    """Largest deviation from the mean, as a fraction of it."""

    def draw(self, r: Draw) -> float:
        """Seconds."""
        if not self.jitter:
            return self.mean_s
        return self.mean_s * (1 + self.jitter * (2 * unit(r) - 1))

    def __str__(self) -> str:
        """As on the command line: milliseconds, and percent if it varies."""
        return f"{self.mean_s * 1e3:g}" + (f":{self.jitter * 100:g}" if self.jitter else "")
