"""Which answer a prompt asks for, and which of its words are taken up."""

import pytest

from fakeai.content.theme import EXCERPT_CHARS, Theme, excerpt, theme
from fakeai.content.topics import gerund, split, topics


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("Hello!", "greeting"),
        ("hey there, how are you doing today?", "greeting"),
        ("Hello, what is a monad?", "what"),
        ("thanks a lot", "thanks"),
        ("What's new in physics", "what"),
        ("Nice. So why is the sky blue?", "why"),
        ("how do planes fly", "how"),
        ("I like planes. Can they fly upside down?", "yesno"),
        ("Who wrote Faust?", "question"),
        ("when did it start", "question"),
        ("Please explain entropy", "instruction"),
        ("Entropy always grows", "statement"),
        ("Give me the result as JSON", "json"),
        ("What is JSON?", "what"),
        ("Write a function that adds two numbers", "code"),
        ("Create a training program for runners", "instruction"),
        ("What does the heart do? What is its function?", "what"),
        ("List the planets", "list"),
        ("I need some tips for the garden", "list"),
        ("Three good reasons to read", "list"),
        ("", "statement"),
    ],
)
def test_kinds(prompt: str, kind: str) -> None:
    assert theme(prompt).kind == kind


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("Explain kafka consumer lag, please", ("kafka consumer lag",)),
        ("Is Paris the capital of France?", ("Paris", "the capital of France")),
        ("How do I cook rice?", ("cooking rice",)),
        ("the best way to make bread: should we knead dough by hand", ("bread", "kneading dough", "hand")),
        ("a function that sorts invoices", ("invoices",)),
        ("compare node.js, C++ and my co-op's website", ("node.js", "C++", "your co-op's website")),
        ("See https://example.com/x?y=1 or 12345 or x", ()),
        ("今天天气很好，请介绍北京", ("今天天气很好", "请介绍北京")),
        ("tea Tea TEA coffee", ("tea Tea TEA", "coffee")),
        ("tea, Tea, TEA, coffee", ("tea", "coffee")),
        ("y" * 90, ("y" * 40,)),
        ("", ()),
    ],
)
def test_topics(prompt: str, found: tuple[str, ...]) -> None:
    assert topics(split(prompt)) == found


def test_gerunds() -> None:
    verbs = ("cook", "bake", "run", "tie", "see", "fix", "play", "sing")
    expected = ["cooking", "baking", "running", "tying", "seeing", "fixing", "playing", "sing"]
    assert [gerund(verb) for verb in verbs] == expected


def test_code_names_the_language_and_leaves_it_out_of_the_topic() -> None:
    assert theme("write rust code that counts words in orders") == Theme("code", ("orders",), language="rust")
    assert theme("Write code.") == Theme("code", ("the task",), language="python")


def test_lists_and_json_take_numbers_and_fields() -> None:
    assert theme("Give me seven ideas for gifts").items == 7
    assert theme("list 999 gifts").items == 50
    fields = theme('Return JSON with keys "id", `first name` and price for 3 users')
    assert fields == Theme("json", ("users",), items=3, fields=("id", "first_name", "price"))


def test_earlier_messages_help_when_the_last_has_no_topic() -> None:
    assert theme("Why?", earlier="Tell me about volcanoes").topics == ("volcanoes",)
    assert theme("Why?").topics == ("this",)


def test_long_prompts_are_judged_by_an_excerpt() -> None:
    text = "Explain rivers. " + "Some filler. " * 10_000 + "What is a delta?"
    assert len(excerpt(text)) < EXCERPT_CHARS + 10
    assert theme(excerpt(text)).kind == "what"
    assert "rivers" in theme(excerpt(text)).topics
