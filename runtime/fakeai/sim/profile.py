"""What the recent workload is like, and what the next window will be like."""

from collections.abc import Sequence
from dataclasses import dataclass

from fakeai.sim.request import SimRequest

DEPTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""Blocks at which a prompt is compared with those before it: sixteen look-ups, and a share that is at most a third too
low."""


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    window_s: float = 10.0
    level_weight: float = 0.5
    """Of the newest window in the level of the arrival rate."""
    trend_weight: float = 0.3
    """Of the newest change in its trend. Source of the method: Holt 1957, double exponential smoothing."""
    remembered_prefixes: int = 65_536
    output_tokens: float = 256.0
    """Taken for the mean length of an answer until one is known."""


FOLD_AT = 64
"""Arrivals and answers that gather before they are added up."""
_Arrival = tuple[float, int, Sequence[int]]
"""Time, prompt tokens, hashes of the prompt's first blocks."""
_Answer = tuple[float, int, None]
"""Time, tokens."""


class Sliding:
    """Sum over the last window: of the current one and of the last, as much as the window still covers."""

    __slots__ = ("_last", "current")

    def __init__(self) -> None:
        self.current = 0.0
        self._last = 0.0

    def roll(self, windows: int) -> float:
        """So many windows have ended; the sum of the first of them."""
        ended = self.current
        self._last = ended if windows == 1 else 0.0
        self.current = 0.0
        return ended

    def sum(self, elapsed: float) -> float:
        """elapsed: share of the current window that has passed."""
        return self.current + self._last * (1 - elapsed)


class Profile:
    """O(1) a request. All rates and means are of the last window."""

    def __init__(self, options: ProfileOptions = ProfileOptions(), start_s: float = 0.0) -> None:
        self.options = options
        self._gathered: list[_Arrival | _Answer] = []
        """By time; not added up so far."""
        self._window_began_s = start_s
        self._level: float | None = None
        self._trend = 0.0
        self._arrivals, self._prompt_tokens = Sliding(), Sliding()
        self._blocks, self._shared_blocks = Sliding(), Sliding()
        self._answers, self._output_tokens = Sliding(), Sliding()
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._output_mean = options.output_tokens

    def arrived(self, request: SimRequest, now_s: float) -> None:
        hashes = tuple(request.prompt_hashes(DEPTHS[-1]))  # a copy: the list grows with the answer
        self._gather((now_s, request.prompt_tokens, hashes))

    def finished(self, output_tokens: int, now_s: float) -> None:
        self._gather((now_s, output_tokens, None))

    def _gather(self, event: _Arrival | _Answer) -> None:
        self._gathered.append(event)
        if len(self._gathered) >= FOLD_AT:
            self._roll(event[0])

    def rate_per_s(self, now_s: float) -> float:
        """Arrivals."""
        return self._sum(self._arrivals, now_s) / self.options.window_s

    def predicted_rate_per_s(self, now_s: float) -> float:
        """Of the next window: level and trend of the windows that have ended; the present rate before one has."""
        self._roll(now_s)
        return self.rate_per_s(now_s) if self._level is None else max(0.0, self._level + self._trend)

    def prompt_tokens(self, now_s: float) -> float:
        """Mean; 0 if nothing arrived."""
        arrivals = self._sum(self._arrivals, now_s)
        return self._sum(self._prompt_tokens, now_s) / arrivals if arrivals else 0.0

    def output_tokens(self, now_s: float) -> float:
        """Mean; the last one known if nothing finished."""
        answers = self._sum(self._answers, now_s)
        if answers:
            self._output_mean = self._sum(self._output_tokens, now_s) / answers
        return self._output_mean

    def prefix_share(self, now_s: float) -> float:
        """Share of prompt blocks, of the first 256, with which an earlier prompt began: what caches could save if every
        worker had all of them."""
        blocks = self._sum(self._blocks, now_s)
        return self._sum(self._shared_blocks, now_s) / blocks if blocks else 0.0

    def document(self, now_s: float) -> dict[str, float]:
        return {
            "window_s": self.options.window_s,
            "arrival_rate": self.rate_per_s(now_s),
            "predicted_arrival_rate": self.predicted_rate_per_s(now_s),
            "prompt_tokens": self.prompt_tokens(now_s),
            "output_tokens": self.output_tokens(now_s),
            "prefix_share": self.prefix_share(now_s),
        }

    def _sum(self, sliding: Sliding, now_s: float) -> float:
        self._roll(now_s)
        return sliding.sum((now_s - self._window_began_s) / self.options.window_s)

    def _roll(self, now_s: float) -> None:
        """Brings the sums up to now."""
        gathered, self._gathered = self._gathered, []
        for at_s, tokens, hashes in gathered:
            self._end_windows(at_s)
            if hashes is None:
                self._answers.current += 1
                self._output_tokens.current += tokens
            else:
                self._arrivals.current += 1
                self._prompt_tokens.current += tokens
                self._blocks.current += len(hashes)
                self._shared_blocks.current += self._shared(hashes)
        self._end_windows(now_s)

    def _end_windows(self, now_s: float) -> None:
        windows = int((now_s - self._window_began_s) / self.options.window_s)
        if windows <= 0:
            return
        self._window_began_s += windows * self.options.window_s
        ended = self._arrivals.roll(windows)
        for sliding in (
            self._prompt_tokens,
            self._blocks,
            self._shared_blocks,
            self._answers,
            self._output_tokens,
        ):
            sliding.roll(windows)
        self._smooth(ended / self.options.window_s)
        # After a hundred empty windows level and trend are zero for any purpose.
        for _ in range(min(windows - 1, 100)):
            self._smooth(0.0)

    def _smooth(self, rate_per_s: float) -> None:
        options = self.options
        if self._level is None:
            self._level = rate_per_s
            return
        level = options.level_weight * rate_per_s + (1 - options.level_weight) * (self._level + self._trend)
        change = level - self._level
        self._trend = options.trend_weight * change + (1 - options.trend_weight) * self._trend
        self._level = level

    def _shared(self, hashes: Sequence[int]) -> int:
        """Blocks known from earlier prompts, to the depth last compared; remembers these."""
        shared = 0
        for depth in DEPTHS:
            if depth > len(hashes):
                break
            block = hashes[depth - 1]
            if block in self._young or block in self._old:
                shared = depth
            self._young.add(block)
        if len(self._young) >= self.options.remembered_prefixes // 2:
            self._old, self._young = self._young, set()
        return shared
