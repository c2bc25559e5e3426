"""Log probabilities of the tokens of an answer, in the forms of chat and of legacy completions.

Each token is taken as sampled from a distribution of its own: the most likely token has 0.46 to 0.9999, the others
share the rest in a geometric series. So the sum over all tokens is 1, and the tokens that were said have the ranks
that sampling gives them, with temperature and top_p: the log probabilities are those of temperature 1. The alternatives
are common words.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, log
from typing import Any, NamedTuple

from fakeai.content.stock import phrases
from fakeai.content.tokenizer import Piece, Tokenizer, get
from fakeai.core.seeds import Draw, unit

Entry = dict[str, Any]


class Ranked(NamedTuple):
    """Log probabilities by rank, and the rank of the token that was said (0: the most likely)."""

    first: float
    second: float
    ratio: float
    said: int

    def at(self, rank: int) -> float:
        return self.second + (rank - 1) * self.ratio if rank else self.first


class Sampling(NamedTuple):
    temperature: float = 1.0
    top_p: float = 1.0


DEFAULT = Sampling()


def sample(r: Draw, sampling: Sampling = DEFAULT) -> Ranked:
    top = 0.9999 - 0.54 * unit(r) ** 3
    ratio = log(0.4 + 0.3 * unit(r))
    first, second = log(top), log((1 - top) * (1 - exp(ratio)))
    return Ranked(first, second, ratio, _said(first, second, ratio, unit(r) * sampling.top_p, sampling.temperature))


def _said(first: float, second: float, ratio: float, drawn: float, temperature: float) -> int:
    """The rank at which the distribution reaches `drawn`, once the temperature has sharpened or flattened it."""
    if temperature == 0:
        return 0
    falling = ratio / temperature
    top = 1 / (1 + exp((second - first) / temperature) / (1 - exp(falling)))
    return 0 if drawn < top else 1 + int(log(1 - (drawn - top) / (1 - top)) / falling)


def chat_logprobs(
    pieces: Sequence[Piece], top: int, r: Draw, tokenizer: Tokenizer, sampling: Sampling = DEFAULT
) -> list[Entry]:
    """One entry a token id, each with the `top` (0 to 20) most likely tokens."""
    tokens = _tokens(tokenizer.name)
    return [_chat_entry(token, top, r, tokens, sampling) for piece in pieces for token in piece.ids]


def _chat_entry(token: int, top: int, r: Draw, tokens: "Tokens", sampling: Sampling) -> Entry:
    ranked = sample(r, sampling)
    likely = [tokens.entry(other, ranked.at(rank)) for rank, other in enumerate(_likely(token, ranked, top, r, tokens))]
    return {**tokens.entry(token, ranked.at(ranked.said)), "top_logprobs": likely}


def completion_logprobs(
    pieces: Sequence[Piece],
    top: int,
    r: Draw,
    tokenizer: Tokenizer,
    offset: int = 0,
    sampling: Sampling = DEFAULT,
) -> dict[str, list[Any]]:
    """`offset`: characters of the text before these pieces. The token that was said is always among the top ones."""
    tokens = _tokens(tokenizer.name)
    form: dict[str, list[Any]] = {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []}
    for piece in pieces:
        for token in piece.ids:
            ranked = sample(r, sampling)
            said = tokens.legacy_text(token), ranked.at(ranked.said)
            likely = {
                tokens.legacy_text(other): ranked.at(rank)
                for rank, other in enumerate(_likely(token, ranked, top, r, tokens))
            }
            form["tokens"].append(said[0])
            form["token_logprobs"].append(said[1])
            form["top_logprobs"].append(dict([*likely.items(), said]))
            form["text_offset"].append(offset)
        offset += len(piece.text)
    return form


def _likely(token: int, ranked: Ranked, top: int, r: Draw, tokens: "Tokens") -> list[int]:
    """The `top` most likely ids in order; the said one is among them if its rank is."""
    if not top:
        return []
    likely = tokens.alternatives(token, top, r)
    if ranked.said < top:
        likely.insert(ranked.said, token)
    return likely[:top]


class Tokens:
    """How the tokens of one vocabulary are shown, and common ones that might have been said instead."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._bytes = tokenizer.token_bytes
        stock = phrases().phrases
        ids = {token for phrase in stock for token in tokenizer.encode(f" {phrase}")}
        starts = {tokenizer.encode(phrase[0].upper() + phrase[1:])[0] for phrase in stock}
        # Twice in a row each, so that a window can begin at any of them.
        self._words = sorted(token for token in ids if self._bytes(token)[:1] == b" ") * 2
        self._starts = sorted(starts) * 2
        self.text = lru_cache(maxsize=8192)(self._text)

    def _text(self, token: int) -> str:
        """Bytes that are no UTF-8 by themselves are shown as escapes, such as \\xe2\\x98."""
        return self._bytes(token).decode("utf-8", "backslashreplace")

    def legacy_text(self, token: int) -> str:
        try:
            return self._bytes(token).decode()
        except UnicodeDecodeError:
            return "bytes:" + self.text(token)

    def entry(self, token: int, logprob: float) -> Entry:
        return {"token": self.text(token), "logprob": logprob, "bytes": list(self._bytes(token))}

    def alternatives(self, token: int, count: int, r: Draw) -> list[int]:
        """Different tokens that begin as this one does, with a space or without."""
        pool = self._words if self._bytes(token)[:1] == b" " else self._starts
        start = r() % (len(pool) // 2)
        return [other for other in pool[start : start + count + 1] if other != token][:count]


@lru_cache(maxsize=64)
def _tokens(tokenizer_name: str) -> Tokens:
    return Tokens(get(tokenizer_name))
