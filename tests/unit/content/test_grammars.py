"""Inputs of custom tools by grammars."""

import re

import pytest
from lark import Lark

from fakeai.content.grammars import check_grammar, grammar_text
from fakeai.core.errors import ApiError
from fakeai.core.seeds import derive, draws

SUMS = r"""
start: expr
expr: term (SP ADD SP term)*
term: factor (SP MUL SP factor)*
factor: INT | "(" expr ")"
SP: " "
ADD: "+"
MUL: "*"
%import common.INT
"""
SQL = r"""
start: "SELECT" columns "FROM" NAME ["WHERE" condition] ["LIMIT" INT] ";"
columns: "*" | NAME ("," NAME)*
condition: NAME OPERATOR (INT | STRING) (("AND" | "OR") condition)?
OPERATOR: "=" | "<" | ">"
NAME: /[a-z_]{3,12}/
STRING: /'[a-z ]{1,8}'/
%import common.INT
%import common.WS
%ignore WS
"""


@pytest.mark.parametrize("definition", [SUMS, SQL], ids=["sums", "sql"])
def test_sentences_are_of_the_grammar(definition: str) -> None:
    parser = Lark(definition)
    said = {grammar_text({"syntax": "lark", "definition": definition}, "2 + 3", draws(derive(n))) for n in range(50)}
    assert len(said) > 20
    for text in said:
        parser.parse(text)


def test_regular_expressions() -> None:
    pattern = r"(?P<month>January|February) \d{1,2}(?:st|nd|rd|th)?"
    text = grammar_text({"syntax": "regex", "definition": pattern}, "", draws(1))
    assert re.fullmatch(pattern, text)


@pytest.mark.parametrize("definition", ["start: other", 'start: "(" start ")"', "start: (", ""])
def test_grammars_without_sentences(definition: str) -> None:
    with pytest.raises(ApiError) as error:
        check_grammar({"syntax": "lark", "definition": definition}, "tools[0]")
    assert (error.value.status, error.value.param) == (400, "tools[0]")
