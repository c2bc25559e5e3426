"""Counts, pieces and caches of the tokenizer interface."""

import threading
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content import tokenizer, vocabulary
from fakeai.core.errors import ApiError

NAMES = [
    "o200k_base",
    "cl100k_base",
    "o200k_harmony",
    "llama3",
    "qwen",
    "some-new-model",
]


@pytest.mark.parametrize("name", NAMES)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_every_tokenizer_round_trips_and_counts_what_it_encodes(name: str, text: str) -> None:
    tok = tokenizer.get(name)
    ids = tok.encode(text)
    assert tok.decode(ids) == text
    assert tok.count(text) == len(ids)


@given(text=st.text(st.sampled_from(list("ab é☃🙂👩‍👧हिन्दी中\n.")), max_size=40))
def test_pieces_carry_all_ids_and_all_text(text: str) -> None:
    tok = tokenizer.get("o200k_base")
    pieces = tok.pieces(text)
    assert "".join(piece.text for piece in pieces) == text
    assert [token for piece in pieces for token in piece.ids] == tok.encode(text)
    assert all(piece.text and piece.ids for piece in pieces)


def test_a_code_point_of_several_tokens_is_one_piece() -> None:
    pieces = tokenizer.get("o200k_base").pieces("a🫥b")
    assert [piece.text for piece in pieces] == ["a", "🫥", "b"]
    assert len(pieces[1].ids) > 1


def test_exact_and_approximate() -> None:
    assert tokenizer.get("o200k_base").exact
    assert tokenizer.get("o200k_harmony").exact
    assert not tokenizer.get("llama3").exact
    text = "    def main() -> None:\n        return 12345"
    assert tokenizer.get("llama3").encode(text) == tokenizer.get("cl100k_base").encode(text)
    assert tokenizer.get("unheard-of").encode(text) == tokenizer.get("o200k_base").encode(text)


def test_special_token_text_is_ordinary_text() -> None:
    tok = tokenizer.get("o200k_base")
    ids = tok.encode("<|endoftext|>")
    assert 199_999 not in ids
    assert len(ids) > 1
    assert tok.decode([199_999]) == "<|endoftext|>"


@pytest.mark.parametrize("token", [-1, 201_500, 2**40])
def test_decoding_an_unknown_id_is_a_client_error(token: int) -> None:
    with pytest.raises(ApiError) as error:
        tokenizer.get("o200k_base").decode([24912, token])
    assert error.value.status == 400
    assert error.value.param == "tokens"


def test_batches() -> None:
    tok = tokenizer.get("cl100k_base")
    texts = ["", "hello", "hello world"]
    assert tok.encode_batch(texts) == [[], [15339], [15339, 1917]]
    assert tok.count_batch(texts) == [0, 1, 2]


def test_counts_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    tok = tokenizer.Tokenizer("o200k_base", vocabulary.load("o200k_base"), exact=True)
    encoded: list[str] = []
    real = tok.encode
    monkeypatch.setattr(tok, "encode", lambda text: encoded.append(text) or real(text))
    long = "one two three " * 5000
    assert tok.count(long) == tok.count("".join(list(long))) == len(real(long))
    assert encoded == [long]
    for number in range(60_000):
        tok._texts.put(number.to_bytes(16, "big"), array("I", [1]))
    kept = [*tok._texts._young, *tok._texts._old]
    assert len(kept) * tokenizer._ENTRY_BYTES <= tokenizer._CACHE_BYTES


def test_counts_in_use_survive_a_full_cache() -> None:
    cache = tokenizer._Texts()
    kept = array("I", [7])
    cache.put(b"kept", kept)
    for number in range(100_000):
        cache.put(number.to_bytes(16, "big"), array("I", [1]))
        if number % 1000 == 0:
            assert cache.get(b"kept") is kept


class StubVocabulary:
    def encode(self, text: str) -> list[int]:
        return [len(text)]


def test_warm_loads_and_ready_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "_loaded", {})
    monkeypatch.setattr(tokenizer, "_tokenizers", {})
    built: list[str] = []
    monkeypatch.setattr(vocabulary, "Vocabulary", lambda name: built.append(name) or StubVocabulary())
    assert not tokenizer.ready("llama3")
    threads = [threading.Thread(target=tokenizer.get, args=(name,)) for name in ["llama3", "cl100k_base"] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tokenizer.ready("llama3")
    assert not tokenizer.ready("o200k_base")
    assert built == ["cl100k_base"]
