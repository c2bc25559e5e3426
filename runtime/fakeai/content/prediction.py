"""Predicted outputs: an answer that follows the text that the client expects, and what that text saved.

Models verify the tokens of a prediction as a drafter's: they are proposed one after the other, from the first on, until
one is not what the answer says. Proposals go on where the last three tokens said come next in the prediction.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from fakeai.core.seeds import Draw

RESUME_TOKENS = 3
"""So many equal tokens tell where in the prediction an answer goes on after a difference."""
MOST_EDITS = 3
LINES_PER_EDIT = 10
_UNIT = re.compile(r"[^\n]*\n|[^\n]+")
_SENTENCE = re.compile(r"[^.!?]*[.!?]+\s*|[^.!?]+")
_WORD = re.compile(r"[^\W\d_]{4,}")
_STAND_IN = "revised"


class Match(NamedTuple):
    ahead: list[int]
    """How many of the tokens said next are proposed, by tokens said so far, [said]."""
    accepted_tokens: int
    rejected_tokens: int
    """Of the prediction; what the answer does not use is rejected."""


def edited(predicted: str, asked: str, r: Draw) -> str:
    """The predicted text with a word of one to three of its lines (of its sentences, if it has one line) replaced by a
    word of what was asked. A text of few words stays as it is."""
    units = _UNIT.findall(predicted)
    if len(units) < 2:
        units = _SENTENCE.findall(predicted)
    rows = [row for row, unit in enumerate(units) if _WORD.search(unit)]
    if len(rows) < 2:
        return predicted
    news = [word for word in _WORD.findall(asked) if word not in predicted] or [_STAND_IN]
    for _ in range(min(MOST_EDITS, 1 + len(rows) // LINES_PER_EDIT)):
        row = rows.pop(r() % len(rows))
        words = list(_WORD.finditer(units[row]))
        old = words[r() % len(words)]
        units[row] = units[row][: old.start()] + news[r() % len(news)] + units[row][old.end() :]
    return "".join(units)


def compare(said: Sequence[int], predicted: Sequence[int]) -> Match:
    """In time linear in both, but for the places of tokens that are often repeated, which are bisected."""
    places = _places(predicted)
    accepted = [False] * len(said)
    at, used = 0, 0
    for index, token in enumerate(said):
        if at < len(predicted) and predicted[at] == token:
            accepted[index] = True
            at = used = at + 1
            continue
        later = places.get(tuple(said[max(0, index - RESUME_TOKENS + 1) : index + 1]), ())
        found = bisect_left(later, used + 1)
        at = later[found] if found < len(later) else len(predicted)
    ahead = [0] * len(said)
    for index in range(len(said) - 1, -1, -1):
        if accepted[index]:
            ahead[index] = 1 + (ahead[index + 1] if index + 1 < len(said) else 0)
    taken = sum(accepted)
    return Match(ahead, taken, len(predicted) - taken)


def _places(predicted: Sequence[int]) -> dict[tuple[int, ...], list[int]]:
    """Every RESUME_TOKENS tokens → where in the prediction they have just ended, in order."""
    places: dict[tuple[int, ...], list[int]] = {}
    for end in range(RESUME_TOKENS, len(predicted) + 1):
        places.setdefault(tuple(predicted[end - RESUME_TOKENS : end]), []).append(end)
    return places
