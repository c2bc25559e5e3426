"""The data files keep the rules on which exact joining rests."""

import re

import pytest

from fakeai.content.stock import Phrases, code_blocks, phrases, words
from fakeai.content.theme import KINDS, LANGUAGES
from fakeai.content.voice import FORMS, formed


def test_sections() -> None:
    stock = Phrases("[a]\none\ntwo\n\n[b.c]\nthree\n")
    assert stock.phrases == ["one", "two", "three"]
    assert stock.sections == {"a": range(0, 2), "b.c": range(2, 3)}
    assert stock.of("b.c") == ["three"]


def test_the_number_of_clauses_is_a_prime() -> None:
    count = len(phrases().sections["clause"])
    assert all(count % divisor for divisor in range(2, count))


@pytest.mark.parametrize("phrase", phrases().phrases)
def test_slots_stand_between_places_where_tokens_split(phrase: str) -> None:
    assert phrase == phrase.strip()
    assert re.sub(r"(?<= )\{[tu]\}(?=[ ,:]|$)", "", phrase).count("{") == 0
    assert "{u}" not in phrase or "{t}" in phrase or phrase in phrases().of("clause")
    if phrase in phrases().of("clause"):
        assert phrase[0].islower()
        assert phrase[-1] not in ".,:"


def test_every_kind_has_its_phrases_or_words() -> None:
    for kind in ("yesno", "how", "why", "what", "question", "instruction", "statement"):
        assert len(phrases().of(f"open.{kind}")) >= 7
    assert all(words(kind) for kind in KINDS)
    assert all(word == word.lower() for word in words("stop"))


def test_code_blocks_can_follow_each_other() -> None:
    assert set(LANGUAGES.values()) == set(code_blocks())
    for blocks in code_blocks().values():
        assert len(blocks) >= 4
        for block in blocks:
            assert block == block.strip()
            assert not block.startswith("/")
            assert not re.search(r"\{(?![nN]\})[a-z]\}", block)


def test_forms() -> None:
    number = phrases().sections["clause"].start
    texts = {formed(number * FORMS + form) for form in range(FORMS)}
    assert len(texts) == FORMS
    assert {text[:5] for text in texts} == {" Most", " most", "Most "}
    assert {text.rstrip("abcdefghijklmnopqrstuvwxyz")[-2:] for text in texts} >= {".\n", "\n\n"}
