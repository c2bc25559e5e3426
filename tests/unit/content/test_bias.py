"""A biased text has none of the banned tokens, or the demanded ones only, and still encodes to its tokens."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.content.bias import bias_of, biased
from fakeai.content.prompt import Prompt
from fakeai.content.script import Script
from fakeai.content.text import Budget, Generated, TextConfig
from fakeai.content.tokenizer import Tokenizer, get
from fakeai.core.errors import ApiError
from fakeai.core.seeds import derive, draws

TOKENIZER = get("o200k_base")
TOKENIZERS = [TOKENIZER, get("cl100k_base")]
SOURCE = Generated(TextConfig())
ASKED = ["Why do tides follow the moon?", "Write a Python function that sorts rows.", "List five (odd) ideas, please."]


def script(asked: str, seed: int, tokenizer: Tokenizer = TOKENIZER, **budget: Any) -> Script:
    return SOURCE.write(Prompt(asked), Budget(**budget), draws(derive(seed)), tokenizer)


def ids_of(text: Script) -> list[int]:
    return [token for piece in text.pieces for token in piece.ids]


def lawful(text: Script, tokenizer: Tokenizer = TOKENIZER) -> bool:
    return "".join(piece.text for piece in text.pieces) == text.text and ids_of(text) == list(
        tokenizer.encode(text.text)
    )


@settings(max_examples=60)
@given(tokenizer=st.sampled_from(TOKENIZERS), asked=st.sampled_from(ASKED), seed=st.integers(0, 2**30), data=st.data())
def test_banned_tokens_are_never_said_and_the_others_keep_their_number(
    tokenizer: Tokenizer, asked: str, seed: int, data: st.DataObject
) -> None:
    whole = script(asked, seed, tokenizer)
    banned = data.draw(st.sets(st.sampled_from(sorted(set(ids_of(whole)))), min_size=1))
    bias = bias_of({str(token): -100 for token in banned}, tokenizer)
    other = biased(whole, bias, draws(seed), tokenizer)
    assert lawful(other, tokenizer)
    assert banned.isdisjoint(ids_of(other))
    assert (other.tokens, other.finish_reason) == (whole.tokens, whole.finish_reason)


def test_an_answer_with_nothing_left_to_say_is_empty() -> None:
    everything = dict.fromkeys(map(str, range(TOKENIZER.last_id)), -100)
    other = biased(script(ASKED[0], 1, max_tokens=20), bias_of(everything, TOKENIZER), draws(1), TOKENIZER)
    assert (other.text, other.tokens, other.finish_reason) == ("", 0, "stop")


def test_the_rest_of_the_text_stays() -> None:
    whole = script(ASKED[0], 1)
    word, _ = Counter(piece for piece in whole.pieces if piece.text[1:].isalpha()).most_common(1)[0]
    other = biased(whole, bias_of({str(word.ids[0]): -100}, TOKENIZER), draws(2), TOKENIZER)
    kept = [piece for piece in whole.pieces if piece != word]
    assert sum((Counter(kept) & Counter(other.pieces)).values()) == len(kept)


def test_a_mild_bias_takes_some_of_them() -> None:
    whole = script(ASKED[0], 3, max_tokens=900, min_tokens=900)
    (stop,) = TOKENIZER.encode(".")
    before = ids_of(whole).count(stop)
    after = ids_of(biased(whole, bias_of({str(stop): -0.7}, TOKENIZER), draws(4), TOKENIZER)).count(stop)
    assert 0.3 * before < after < 0.7 * before
    assert biased(whole, bias_of({str(stop): 5}, TOKENIZER), draws(4), TOKENIZER).text == whole.text


@pytest.mark.parametrize(("words", "ends_early"), [([" yes", " no"], False), (["1", "2"], True), (["Yes"], True)])
def test_demanded_tokens_are_all_that_is_said(words: list[str], ends_early: bool) -> None:
    ids = {TOKENIZER.encode(word)[0] for word in words}
    for seed in range(9):
        whole = script(ASKED[0], seed, max_tokens=30)
        other = biased(whole, bias_of(dict.fromkeys(map(str, ids), 100), TOKENIZER), draws(seed), TOKENIZER)
        assert lawful(other)
        assert ids >= set(ids_of(other))
        assert (other.tokens, other.finish_reason) == ((1, "stop") if ends_early else (whole.tokens, "length"))


@pytest.mark.parametrize(
    ("key", "problem"),
    [("200000", "Maximum value is 199999"), ("AI", "non-negative integers"), ("-1", "non-negative integers")],
)
def test_what_is_no_token_is_refused(key: str, problem: str) -> None:
    with pytest.raises(ApiError, match=problem) as error:
        bias_of({key: 1}, TOKENIZER)
    assert (error.value.status, error.value.param) == (400, "logit_bias")
    bias_of({"199999": -100}, TOKENIZER)
