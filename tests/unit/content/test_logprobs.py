"""Log probabilities are a distribution: ordered, at most 1 in sum, with the said token at its place."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.logprobs import Sampling, chat_logprobs, completion_logprobs, sample
from fakeai.content.tokenizer import get
from fakeai.core.seeds import derive, draws

TOKENIZER = get("o200k_base")


@given(
    seed=st.integers(0, 2**40), top=st.integers(0, 20), text=st.text(st.sampled_from(list("ab .☃🙂中\n")), max_size=12)
)
def test_chat_form(seed: int, top: int, text: str) -> None:
    pieces = TOKENIZER.pieces(text)
    entries = chat_logprobs(pieces, top, draws(derive(seed)), TOKENIZER)
    assert len(entries) == TOKENIZER.count(text)
    assert bytes(byte for entry in entries for byte in entry["bytes"]).decode() == text
    for entry in entries:
        likely = entry["top_logprobs"]
        assert len(likely) == top
        logprobs = [other["logprob"] for other in likely]
        assert logprobs == sorted(logprobs, reverse=True)
        assert len({bytes(other["bytes"]) for other in likely}) == top
        assert all(value <= 0 for value in [*logprobs, entry["logprob"]])
        said = {key: entry[key] for key in ("token", "logprob", "bytes")}
        if top and entry["logprob"] >= logprobs[-1]:
            assert said in likely
            total = sum(map(math.exp, logprobs))
        else:
            assert said["bytes"] not in [other["bytes"] for other in likely]
            total = sum(map(math.exp, [*logprobs, entry["logprob"]]))
        assert total <= 1


def test_partial_code_points_are_shown_as_escapes() -> None:
    (piece,) = TOKENIZER.pieces("🫥")
    entries = chat_logprobs([piece], 0, draws(1), TOKENIZER)
    assert len(entries) == len(piece.ids) > 1
    assert "".join(entry["token"] for entry in entries) == "\\xf0\\x9f\\xab\\xa5"
    legacy = completion_logprobs([piece], 0, draws(1), TOKENIZER)
    assert all(token.startswith("bytes:\\x") for token in legacy["tokens"])
    assert legacy["text_offset"] == [0] * len(piece.ids)


@pytest.mark.parametrize("top", [0, 1, 5])
def test_legacy_form(top: int) -> None:
    text = "The tides follow the moon, 🙂 mostly."
    pieces = TOKENIZER.pieces(text)
    form = completion_logprobs(pieces, top, draws(7), TOKENIZER, offset=10)
    assert {len(column) for column in form.values()} == {TOKENIZER.count(text)}
    assert form["text_offset"][0] == 10
    for token, logprob, likely, offset in zip(*form.values(), strict=True):
        assert token.startswith("bytes:") or text[offset - 10 :].startswith(token)
        assert likely[token] == logprob
        assert max(top, 1) <= len(likely) <= top + 1


def test_equal_draws_give_equal_logprobs() -> None:
    pieces = TOKENIZER.pieces("The same words again.")
    assert chat_logprobs(pieces, 3, draws(4), TOKENIZER) == chat_logprobs(pieces, 3, draws(4), TOKENIZER)
    assert chat_logprobs(pieces, 3, draws(4), TOKENIZER) != chat_logprobs(pieces, 3, draws(5), TOKENIZER)


def test_said_tokens_have_the_ranks_that_sampling_gives() -> None:
    r = draws(derive("ranks"))
    sampled = [sample(r) for _ in range(4000)]
    ranks = Counter(ranked.said for ranked in sampled)
    expected = sum(math.exp(ranked.first) for ranked in sampled) / len(sampled)
    assert ranks[0] / len(sampled) == pytest.approx(expected, abs=0.02)
    assert ranks[0] > ranks[1] > ranks[2] > 0


@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
@pytest.mark.parametrize("text", [" tides", "Tides", "."])
def test_there_are_enough_alternatives(name: str, text: str) -> None:
    tokenizer = get(name)
    for seed in range(30):
        entry = chat_logprobs(tokenizer.pieces(text)[:1], 20, draws(derive(seed)), tokenizer)[0]
        assert len({bytes(other["bytes"]) for other in entry["top_logprobs"]}) == 20
        starts_alike = [other["token"].startswith(" ") == text.startswith(" ") for other in entry["top_logprobs"]]
        assert all(starts_alike)


def ranks(sampling: Sampling) -> list[int]:
    r = draws(derive("heat"))
    return [sample(r, sampling).said for _ in range(2000)]


def test_temperature_and_top_p_decide_on_the_ranks() -> None:
    assert set(ranks(Sampling(temperature=0))) == set(ranks(Sampling(top_p=0))) == {0}
    said = [sum(ranks(Sampling(temperature))) for temperature in (0.01, 0.3, 1.0, 2.0)]
    assert said == sorted(set(said))
    assert sum(ranks(Sampling(top_p=0.5))) < sum(ranks(Sampling()))


def test_the_distribution_itself_is_that_of_temperature_1() -> None:
    (warm,), (cold,) = (
        chat_logprobs(TOKENIZER.pieces(" tides"), 5, draws(8), TOKENIZER, Sampling(temperature))
        for temperature in (1.0, 0.0)
    )
    assert [other["logprob"] for other in warm["top_logprobs"]] == [other["logprob"] for other in cold["top_logprobs"]]
    assert cold["top_logprobs"][0]["bytes"] == cold["bytes"]
