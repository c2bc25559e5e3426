import re
from typing import Any

import pytest

from fakeai.sim.deployment import CannotSplit, check
from tests.unit.sim.physics import deployed


@pytest.mark.parametrize(
    ("model", "placed", "said"),
    [
        ("llama-3.1-8b-instruct", {"tp": 3}, "its 32 attention heads cannot be divided by tp=3: 32 / 3 = 10.67"),
        ("phi-4", {"tp": 4}, "its 10 KV heads can neither be divided by tp=4 nor be repeated"),
        ("llama-3.1-8b-instruct", {"pp": 33}, "its 32 layers are fewer than the stages of pp=33"),
        ("llama-3.1-8b-instruct", {"tp": 2, "ep": 2}, "it has no experts that ep=2 could spread"),
        ("deepseek-r1", {"dp": 6, "ep": 6}, "its 256 experts cannot be divided by ep=6: 256 / 6 = 42.67"),
        ("deepseek-r1", {"tp": 2, "dp": 4, "ep": 16}, "ep=16 does not divide the tp x dp = 2 x 4 = 8 chips of a stage"),
        (
            "llama-3.1-8b-instruct",
            {"max_model_len": 200_000},
            "max_model_len=200,000 is more than its context window of 131,072 tokens",
        ),
    ],
)
def test_what_no_engine_could_place_is_refused_with_the_arithmetic(
    model: str, placed: dict[str, Any], said: str
) -> None:
    with pytest.raises(CannotSplit, match=f"^{model}: {re.escape(said)}"):
        check(deployed(model, **placed))


@pytest.mark.parametrize(
    ("model", "placed"),
    [
        ("llama-3.1-8b-instruct", {"tp": 16}),
        ("llama-3.1-8b-instruct", {"tp": 2, "pp": 32, "max_model_len": 131_072}),
        ("phi-4", {"tp": 2}),
        ("phi-4", {"tp": 20}),
        ("deepseek-r1", {"tp": 8, "dp": 2, "ep": 16}),
    ],
)
def test_heads_are_divided_or_repeated(model: str, placed: dict[str, Any]) -> None:
    check(deployed(model, **placed))
