"""What `logit_bias` makes of a text: some tokens give way to others, or are all that is said.

A token of a bias b below 0 stays with the probability e^b, so at -100 never. If tokens have 100, nothing else is said.
A bias between has no effect. Texts keep their number of tokens as long as there is something to say instead.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from math import exp
from typing import NamedTuple

from fakeai.content.script import Script, joined, token_count
from fakeai.content.stock import phrases
from fakeai.content.tokenizer import Piece, Tokenizer
from fakeai.content.vocabulary import splits_between
from fakeai.content.voice import voice
from fakeai.core.errors import ApiError
from fakeai.core.seeds import Draw, unit

BAN = -100
DEMAND = 100
STOPS = (".", "!", ";", ",", ":", "?")
"""What can stand for one another, with the white space that follows."""
_ROUNDS = 4
_USED_WORDS = 8

Chunk = Sequence[Piece]
"""Pieces between two places at which every vocabulary splits."""


class Bias(NamedTuple):
    stays: Mapping[int, float]
    """Token → probability that it is said where it would be; those below 1 only."""
    banned: frozenset[int]
    demanded: tuple[int, ...]


def bias_of(given: Mapping[str, float], tokenizer: Tokenizer) -> Bias:
    """Of the request's object. Raises ApiError 400 for keys that are no token ids of the model."""
    biases = {_token(key, tokenizer): value for key, value in given.items()}
    return Bias(
        {token: exp(value) for token, value in biases.items() if value < 0},
        frozenset(token for token, value in biases.items() if value <= BAN),
        tuple(token for token, value in biases.items() if value >= DEMAND),
    )


def _token(key: str, tokenizer: Tokenizer) -> int:
    if not (key.isascii() and key.isdigit()):
        problem = "You should only be submitting non-negative integers."
    elif len(key) > 9 or int(key) > tokenizer.last_id:
        problem = f"Maximum value is {tokenizer.last_id}."
    else:
        return int(key)
    raise ApiError(400, f"Invalid key in 'logit_bias': {key}. {problem}", param="logit_bias")


def biased(whole: Script, bias: Bias, r: Draw, tokenizer: Tokenizer) -> Script:
    demanded = [Piece(text, (token,)) for token in bias.demanded for text in _sayable(token, tokenizer)]
    if demanded:
        return _only(whole, demanded, r)
    return _without(whole, bias, r, tokenizer) if bias.stays else whole


def _sayable(token: int, tokenizer: Tokenizer) -> Iterator[str]:
    """The token's text, but of parts of characters and special tokens none."""
    text = tokenizer.decode([token])
    if list(tokenizer.ids(text)) == [token]:
        yield text


def _only(whole: Script, said: Sequence[Piece], r: Draw) -> Script:
    """Ends early if none of the tokens can follow: "1" and "2" would be the one token "12"."""
    following: dict[Piece, list[Piece]] = {}
    pieces: list[Piece] = []
    fitting = said
    while fitting and len(pieces) < whole.tokens:
        last = fitting[r() % len(fitting)]
        pieces.append(last)
        if last not in following:
            following[last] = [piece for piece in said if splits_between(last.text, piece.text)]
        fitting = following[last]
    return _script(pieces, whole)


def _without(whole: Script, bias: Bias, r: Draw, tokenizer: Tokenizer) -> Script:
    stand_ins = _StandIns(bias, r, tokenizer)

    def goes(token: int) -> bool:
        return unit(r) >= bias.stays.get(token, 1.0)

    pieces: Sequence[Piece] = whole.pieces
    leaves: Callable[[int], bool] = goes
    for _ in range(_ROUNDS):  # what meets a stand-in may have other tokens than before
        said = [stand_ins.of(chunk) if any(map(leaves, _ids(chunk))) else joined(chunk) for chunk in _chunks(pieces)]
        pieces = tokenizer.pieces("".join(said))
        if bias.banned.isdisjoint(_ids(pieces)):
            return _fitted(whole, pieces, stand_ins)
        leaves = bias.banned.__contains__
    return _script([], whole)


def _script(pieces: list[Piece], whole: Script) -> Script:
    """In place of `whole`; one that is shorter ends by itself."""
    tokens = token_count(pieces)
    return Script(pieces, whole.finish_reason if tokens == whole.tokens else "stop", joined(pieces), tokens)


class _StandIns:
    def __init__(self, bias: Bias, r: Draw, tokenizer: Tokenizer) -> None:
        self._biased = bias.stays.keys()
        self._encode = tokenizer.encode
        self._r = r
        self._words = [word for word in _words(tokenizer.name) if self._biased.isdisjoint(word.ids)][:_USED_WORDS]

    def words(self, tokens: int) -> list[Piece]:
        """Of one token each, to stand after a character that is not a blank. None if all have a bias."""
        return [self._words[self._r() % len(self._words)] for _ in range(tokens)] if self._words else []

    def of(self, chunk: Chunk) -> str:
        text = joined(chunk)
        tail = text[len(text.rstrip()) :]
        if any(map(str.isalnum, text)):
            words = joined(self.words(token_count(chunk)))
            bodies = [words] if text[0] == " " else [words[1:].capitalize(), words[1:]]
        else:
            bodies = [*STOPS]
        candidates = [body + tail for body in bodies] + bodies
        return next((said for said in candidates if self._biased.isdisjoint(self._encode(said))), "")


def _fitted(whole: Script, pieces: Sequence[Piece], stand_ins: _StandIns) -> Script:
    """As many tokens as `whole` has, if there are stand-ins."""
    kept: list[Chunk] = []
    missing = whole.tokens
    for chunk in _chunks(pieces):
        if token_count(chunk) > missing:
            break
        kept.append(chunk)
        missing -= token_count(chunk)
    while missing and kept and kept[-1][-1].text[-1].isspace():
        missing += token_count(kept.pop())
    said = [piece for chunk in kept for piece in chunk]
    if said:
        said += stand_ins.words(missing)
    return _script(said, whole)


def _chunks(pieces: Sequence[Piece]) -> Iterator[Chunk]:
    start = 0
    for end in range(1, len(pieces) + 1):
        if end == len(pieces) or splits_between(pieces[end - 1].text, pieces[end].text):
            yield pieces[start:end]
            start = end


def _ids(pieces: Chunk) -> Iterator[int]:
    return chain.from_iterable([piece.ids for piece in pieces])


@lru_cache(maxsize=64)
def _words(tokenizer_name: str) -> list[Piece]:
    """Of one token each, those that say least first."""
    said = voice(tokenizer_name)
    clauses = [piece for phrase in phrases().of("clause") for piece in said.segment(f" {phrase}").pieces]
    whole = [piece for piece in clauses if piece.text[0] == " " and piece.text[1:].isalpha() and len(piece.text) > 3]
    return list(dict.fromkeys([*said.fillers, *whole]))
