"""When the tokens of one answer leave a server of fixed speed."""

from dataclasses import dataclass

from fakeai.core.jitter import Jittered
from fakeai.core.seeds import Draw


@dataclass(frozen=True, slots=True)
class FixedLatency:
    """`ttft` from arrival to the first token, `itl` from one token to the next."""

    ttft: Jittered
    itl: Jittered

    @property
    def is_zero(self) -> bool:
        return not (self.ttft.mean_s or self.itl.mean_s)

    def token_times(self, arrived_s: float, tokens: int, r: Draw) -> list[float]:
        """Due time of each token, [tokens]."""
        if not tokens:
            return []
        times = [arrived_s + self.ttft.draw(r)]
        for _ in range(tokens - 1):
            times.append(times[-1] + self.itl.draw(r))
        return times
