"""Synthetic requests: arrivals × lengths × turns × shared prefixes, written as KIND:key=value,key=value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from fakeai.sim.arrivals import KINDS, Arrivals
from fakeai.sim.distributions import BadSpec, Constant, Distribution, distribution, number

_ONE, _NONE, _PROMPT, _ANSWER = Constant(1), Constant(0), Constant(1000), Constant(250)


@dataclass(frozen=True, slots=True)
class Workload:
    text: str
    """As it was written."""
    arrivals: Arrivals | None
    """Of sessions, which are single requests unless `turns` says more; None: a closed loop."""
    concurrency: int = 1
    """Sessions at a time in a closed loop."""
    prompt: Distribution = _PROMPT
    """Tokens that each turn adds to what was said before."""
    output: Distribution = _ANSWER
    turns: Distribution = _ONE
    think: Distribution = _NONE
    """Seconds from the end of an answer to the next request of the same user."""
    requests: int | None = None
    duration: float | None = None
    start: float = 0.0
    prefix: int = 0
    """Tokens at the beginning of a session that it shares with others of its group."""
    groups: int = 1
    skew: float = 0.0
    """Exponent of Zipf's law by which sessions choose their group; 0: all alike."""
    labels: Mapping[str, Any] = field(default_factory=dict)
    """model, tenant, adapter, priority and max_tokens of its requests."""


def workload(text: str) -> Workload:
    """Raises BadSpec that quotes the bad part."""
    kind, _, rest = text.partition(":")
    if kind not in KINDS:
        raise BadSpec(f"workload {text!r}: {_unknown('kind', kind, list(KINDS))}")
    words = _split(text, rest)
    needs = KINDS[kind].needs
    _check_keys(text, kind, words)
    if missing := [key for key in needs if key not in words]:
        raise BadSpec(f"workload {text!r}: {kind} needs {missing[0]}=")
    arrivals = _read(text, ",".join(f"{key}={words[key]}" for key in needs), lambda: _arrivals(kind, words))
    if "groups" in words and "prefix" not in words:
        raise BadSpec(f"workload {text!r}: groups= needs prefix=, the tokens that a group shares")
    values: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    for key, word in words.items():
        if read := _READERS.get(key):
            values[key] = _read(text, f"{key}={word}", lambda read=read, word=word: read(word))  # type: ignore[misc]
        elif read := _LABELS.get(key):
            labels[key] = _read(text, f"{key}={word}", lambda read=read, word=word: read(word))  # type: ignore[misc]
    return Workload(text, arrivals, labels=labels, **values)


def _check_keys(text: str, kind: str, words: Mapping[str, str]) -> None:
    """A misspelt key is told as that, and not as the one that it leaves out."""
    needs = KINDS[kind].needs
    for key in words:
        if key in _OF_KINDS and key not in needs:
            raise BadSpec(f"workload {text!r}: {kind} has no {key}=")
        if key not in (*needs, *_READERS, *_LABELS):
            raise BadSpec(f"workload {text!r}: {_unknown('key', key, [*needs, *_READERS, *_LABELS])}")


def with_key(text: str, key: str, word: str) -> str:
    """The same workload with one key said otherwise."""
    kind, _, rest = text.partition(":")
    return f"{kind}:" + ",".join(f"{name}={value}" for name, value in (_split(text, rest) | {key: word}).items())


def keys() -> list[str]:
    """All that a workload may say."""
    return sorted({*_READERS, *_LABELS, *(key for kind in KINDS.values() for key in kind.needs)})


def _split(text: str, rest: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for part in rest.split(",") if rest else []:
        key, equals, word = part.partition("=")
        if not (key and equals and word):
            raise BadSpec(f"workload {text!r}: expected key=value, got {part!r}")
        if key in words:
            raise BadSpec(f"workload {text!r}: {key} is given twice")
        words[key] = word
    return words


def _arrivals(kind: str, words: Mapping[str, str]) -> Arrivals | None:
    make = KINDS[kind].arrivals
    return make(words) if make else None


def _read(text: str, part: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except BadSpec as error:
        raise BadSpec(f"workload {text!r}: {part}: {error}") from error


def _unknown(what: str, word: str, known: Sequence[str]) -> str:
    meant = get_close_matches(word, known, 1)
    return f"unknown {what} {word!r}; " + (f"did you mean {meant[0]}?" if meant else f"one of {', '.join(known)}")


def _whole(least: int) -> Callable[[str], int]:
    def read(word: str) -> int:
        try:
            value = int(word)
        except ValueError:
            value = least - 1
        if value < least:
            raise BadSpec(f"expected a whole number of at least {least}")
        return value

    return read


_READERS: Mapping[str, Callable[[str], Any]] = {
    "concurrency": _whole(1),
    "prompt": distribution,
    "output": distribution,
    "turns": distribution,
    "think": distribution,
    "requests": _whole(1),
    "duration": number,
    "start": number,
    "prefix": _whole(0),
    "groups": _whole(1),
    "skew": number,
}
_LABELS: Mapping[str, Callable[[str], Any]] = {
    "model": str,
    "tenant": str,
    "adapter": str,
    "priority": _whole(-(1 << 31)),
    "max_tokens": _whole(1),
}
_OF_KINDS = {key for kind in KINDS.values() for key in kind.needs} - {"turns"}
"""Keys that mean something to some kinds only."""
