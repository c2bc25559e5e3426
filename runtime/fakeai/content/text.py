"""What an answer says: generated from the prompt's words, the prompt again, a fixed text, or another's."""

from abc import abstractmethod
from dataclasses import dataclass, field
from math import erf, exp, log, sqrt
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

from fakeai.content.compose import Length, compose
from fakeai.content.prediction import edited
from fakeai.content.prompt import Prompt
from fakeai.content.results import told
from fakeai.content.script import Script, cut, script, stretch
from fakeai.content.tokenizer import Tokenizer
from fakeai.content.voice import voice
from fakeai.core.seeds import Draw

LENGTHS = 512
BESIDE_RESULTS_TOKENS = 24
"""What an answer says at most of its own accord, if it tells the results of tools."""

UNLIMITED_TOKENS = 1 << 31


@dataclass(frozen=True, slots=True)
class TextConfig:
    """Answers have a log-normal length: `sigma` is the standard deviation of its logarithm."""

    mode: str = "generated"
    """A key of SOURCES in content/sources.py."""
    fixed_text: str = "This is a fixed answer."
    mean_tokens: float = 120
    sigma: float = 0.5
    shortest_tokens: int = 8
    longest_tokens: int = 4096
    upstream_url: str = ""
    upstream_model: str = ""
    upstream_key: str | None = field(default=None, repr=False)
    upstream_timeout_s: float = 60.0
    llm_path: Path = Path()


class Budget(NamedTuple):
    """`exact`: the answer takes all of max_tokens, as with vLLM's ignore_eos. With min_tokens and no max_tokens it has
    min_tokens, if it would be shorter by itself."""

    max_tokens: int | None = None
    min_tokens: int = 0
    exact: bool = False

    @property
    def least(self) -> int:
        """Tokens that must be reached, with or without a natural end."""
        if self.max_tokens is None:
            return self.min_tokens
        return self.max_tokens if self.exact else min(self.min_tokens, self.max_tokens)


class TextSource(Protocol):
    is_slow: ClassVar[bool] = False
    """Whether it writes in a thread, and gets whole conversations."""

    @abstractmethod
    def write(self, prompt: Prompt, budget: Budget, r: Draw, tokenizer: Tokenizer) -> Script: ...

    def warm(self) -> None:
        """Loads what takes long, in a thread beside the start of the server. Raises ApiError."""
        return

    def close(self) -> None:
        """Ends what it is at."""
        return


class Generated(TextSource):
    def __init__(self, config: TextConfig) -> None:
        self._lengths = lengths(config)

    def write(self, prompt: Prompt, budget: Budget, r: Draw, tokenizer: Tokenizer) -> Script:
        if prompt.prediction:
            return _told(edited(prompt.prediction, prompt.user, r), budget, tokenizer)
        natural = self._lengths[r() % len(self._lengths)]
        if prompt.results:
            natural = min(natural, BESIDE_RESULTS_TOKENS)
        least = budget.least
        own = voice(tokenizer.name)
        speaker = own.speaker(prompt)
        end = UNLIMITED_TOKENS if budget.max_tokens is None else budget.max_tokens + 1
        said = compose(speaker, Length(max(natural, least), least, end), r)
        if prompt.results:
            said = [own.fresh(f"{told(prompt.results)}\n\n"), *said]
        elif prompt.attachments and speaker.theme.kind != "json":
            said = [own.fresh(f"You sent {prompt.attachments}.\n\n"), *said]
        answer = script(said)
        return _fit(answer, budget, least if natural < least else None, tokenizer)


def lengths(config: TextConfig) -> list[int]:
    """The quantiles of the distribution in the middle of LENGTHS equal steps: drawing one of them is a draw from it."""
    mu = log(max(1, config.mean_tokens)) - config.sigma**2 / 2
    normal = [_normal_quantile((step + 0.5) / LENGTHS) for step in range(LENGTHS)]
    shortest, longest = config.shortest_tokens, config.longest_tokens
    return [min(longest, max(shortest, round(exp(mu + config.sigma * z)))) for z in normal]


def _normal_quantile(probability: float) -> float:
    """By halving an interval in which the normal distribution's function takes that value."""
    low, high = -5.0, 5.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        if (1 + erf(middle / sqrt(2))) / 2 < probability:
            low = middle
        else:
            high = middle
    return low


class Echo(TextSource):
    def __init__(self, config: TextConfig) -> None:
        pass

    def write(self, prompt: Prompt, budget: Budget, r: Draw, tokenizer: Tokenizer) -> Script:
        return _told(prompt.user, budget, tokenizer)


class Fixed(TextSource):
    def __init__(self, config: TextConfig) -> None:
        self._text = config.fixed_text

    def write(self, prompt: Prompt, budget: Budget, r: Draw, tokenizer: Tokenizer) -> Script:
        return _told(self._text, budget, tokenizer)


class Slow(TextSource):
    """Plain text is another's, who is asked in `say`; in JSON mode, which that one need not know, it is generated."""

    is_slow = True

    def __init__(self, config: TextConfig) -> None:
        self._generated = Generated(config)
        self._longest_tokens = config.longest_tokens

    @abstractmethod
    def say(self, prompt: Prompt, max_tokens: int, r: Draw) -> tuple[str, bool]:
        """The text, and whether max_tokens, above 0, ended it; they are counted by the other's tokenizer.

        Raises ApiError.
        """

    def write(self, prompt: Prompt, budget: Budget, r: Draw, tokenizer: Tokenizer) -> Script:
        if prompt.wants_json:
            return self._generated.write(prompt, budget, r, tokenizer)
        most = max(self._longest_tokens, budget.least)
        if budget.max_tokens is not None:
            most = min(most, budget.max_tokens)
        text, is_cut = self.say(prompt, most, r) if most else ("", False)
        answer = _told(text, budget, tokenizer)
        if is_cut:
            answer.finish_reason = "length"
        return answer


def _told(text: str, budget: Budget, tokenizer: Tokenizer) -> Script:
    answer = script([voice(tokenizer.name).fresh(text)])
    least = budget.least
    if answer.tokens < least:
        return _fit(stretch(answer, least, tokenizer), budget, least, tokenizer)
    return _fit(answer, budget, None, tokenizer)


def _fit(answer: Script, budget: Budget, exactly: int | None, tokenizer: Tokenizer) -> Script:
    """Cuts to `exactly`, or to the most that is allowed. An answer that fills max_tokens ends with "length"."""
    most = budget.max_tokens
    if exactly is not None and answer.tokens > exactly:
        answer = cut(answer, exactly, tokenizer)
    elif most is not None and answer.tokens > most:
        answer = cut(answer, most, tokenizer)
    answer.finish_reason = "length" if most is not None and answer.tokens >= most else "stop"
    return answer
