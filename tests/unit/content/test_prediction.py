from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.prediction import compare, edited
from fakeai.core.seeds import draws

CODE = "".join(f"    field{row}: str = read(source, {row})\n" for row in range(40))
TOKENS = st.lists(st.integers(0, 4), max_size=60)


def test_a_few_lines_differ_by_a_word_that_was_asked_for() -> None:
    changed = edited(CODE, "Call it ledger.", draws(3))
    pairs = list(zip(CODE.splitlines(), changed.splitlines(), strict=True))
    different = [new for old, new in pairs if old != new]
    assert len(different) == 3
    assert all("ledger" in line or "Call" in line for line in different)
    assert edited(CODE, "Call it ledger.", draws(3)) == changed != edited(CODE, "Call it ledger.", draws(4))


def test_a_line_of_sentences_differs_in_one_of_them() -> None:
    changed = edited("The first thing. The other thing. The last thing.", "Why not orange?", draws(1))
    assert changed.count("thing") + changed.count("orange") >= 2
    assert changed != "The first thing. The other thing. The last thing."
    assert edited("Yes.", "Why not orange?", draws(1)) == "Yes."


def test_runs_are_accepted_and_go_on_after_three_equal_tokens() -> None:
    said = [1, 2, 3, 99, 5, 6, 7, 8, 9]
    found = compare(said, [1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert found.ahead == [3, 2, 1, 0, 0, 0, 0, 2, 1]
    assert (found.accepted_tokens, found.rejected_tokens) == (5, 4)


def test_what_is_left_out_of_the_answer_is_rejected() -> None:
    found = compare([1, 2, 7, 8, 9, 10], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert found.ahead == [2, 1, 0, 0, 0, 1]
    assert (found.accepted_tokens, found.rejected_tokens) == (3, 7)


@given(TOKENS, TOKENS)
def test_each_token_of_the_prediction_is_accepted_once_or_rejected(said: list[int], predicted: list[int]) -> None:
    found = compare(said, predicted)
    assert found.accepted_tokens + found.rejected_tokens == len(predicted)
    assert 0 <= found.accepted_tokens <= len(said)
    assert len(found.ahead) == len(said)
    assert sum(ahead > 0 for ahead in found.ahead) == found.accepted_tokens
    assert compare(predicted, predicted).rejected_tokens == 0
