"""Answers obey the law of scripts for every budget, follow their prompt, and depend on nothing but it and the draw."""

import ast
import json
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.prompt import Prompt
from fakeai.content.script import Script, apply_stop, cut
from fakeai.content.sources import text_source
from fakeai.content.text import Budget, TextConfig, lengths
from fakeai.content.tokenizer import Tokenizer, get
from fakeai.core.seeds import derive, draws

TOKENIZERS = ["o200k_base", "cl100k_base", "qwen"]
MODES = ["echo", "fixed", "generated"]
PROMPTS = [
    "",
    "hello",
    "thanks!",
    "why?",
    "What is the difference between TCP and UDP?",
    "Is Paris the capital of France?",
    "How do I cook rice in C++, and who invented node.js?",
    "I went to the sea yesterday.",
    "Write a python function that sorts invoices by date",
    "write an SQL query for लेखा",
    "create a go program that counts words",
    "Give me 12 tips for growing tomatoes on a balcony",
    "list the हिन्दी and 🙂🙂x words",
    "Return JSON with fields id, name, is_active, email and price for five users",
    "我们去公园。今天天气很好，请介绍北京",
    "中" * 500,
    "a" * 700,
    "  \n\n \t ",
    "🙂" * 40 + "\u200d👩‍👩‍👧",
    "e\u0301" * 50 + " x" * 3,
    "half of \ud83d a pair, list x\udfff items",
    "Return JSON about \ud800tides",
    "line\n\n\n  indented()\r\n\t// comment\n/path 12345678 it's don't ''''",
]
prompts = st.sampled_from(PROMPTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
budgets = st.builds(
    Budget, max_tokens=st.none() | st.integers(0, 300), min_tokens=st.integers(0, 120), exact=st.booleans()
)
FREE = Budget()


def write(prompt: str, budget: Budget = FREE, seed: int = 1, name: str = "o200k_base", **config: object) -> Script:
    source = text_source(TextConfig(**{"mean_tokens": 60, **config}))  # type: ignore[arg-type]
    return source.write(Prompt(prompt), budget, draws(derive(seed)), get(name))


def assert_law(script: Script, tokenizer: Tokenizer) -> None:
    assert "".join(piece.text for piece in script.pieces) == script.text
    assert sum(len(piece.ids) for piece in script.pieces) == script.tokens
    assert len(tokenizer.encode(script.text)) == script.tokens


@given(
    mode=st.sampled_from(MODES),
    name=st.sampled_from(TOKENIZERS),
    prompt=prompts,
    budget=budgets,
    seed=st.integers(0, 2**63),
)
def test_law_and_budget(mode: str, name: str, prompt: str, budget: Budget, seed: int) -> None:
    script = write(prompt, budget, seed, name, mode=mode, fixed_text=prompt)
    assert_law(script, get(name))
    assert script.tokens >= budget.least
    if budget.max_tokens is not None:
        assert script.tokens <= budget.max_tokens
        if budget.exact:
            assert script.tokens == budget.max_tokens
    cut_off = budget.max_tokens is not None and script.tokens == budget.max_tokens
    assert script.finish_reason == ("length" if cut_off else "stop")


@given(prompt=prompts, name=st.sampled_from(TOKENIZERS), seed=st.integers(0, 99), data=st.data())
def test_law_after_any_cut_and_stop(prompt: str, name: str, seed: int, data: st.DataObject) -> None:
    tokenizer = get(name)
    mode = data.draw(st.sampled_from(["generated", "echo"]))
    whole = write(prompt, seed=seed, name=name, mode=mode)
    tokens = data.draw(st.integers(0, whole.tokens))
    short = cut(whole, tokens, tokenizer)
    assert_law(short, tokenizer)
    assert short.tokens == tokens
    start = data.draw(st.integers(0, len(whole.text)))
    stop = whole.text[start : start + data.draw(st.integers(1, 6))]
    stopped = apply_stop(whole, ["\0never", stop, ""], tokenizer)
    assert_law(stopped, tokenizer)
    assert not stop or (stop not in stopped.text and stopped.finish_reason == "stop")
    assert whole.text.startswith(stopped.text)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tokens", [1, 2, 5_000, 100_000])
def test_exact_lengths(mode: str, tokens: int) -> None:
    script = write("Explain the history of jazz", Budget(tokens, exact=True), mode=mode)
    assert script.tokens == tokens
    assert_law(script, get("o200k_base"))


@pytest.mark.parametrize("prompt", ["Return JSON about rivers", "Write rust code", "list 3 ideas", "hi"])
def test_structured_answers_fill_any_length(prompt: str) -> None:
    script = write(prompt, Budget(3000, exact=True))
    assert script.tokens == 3000
    assert_law(script, get("o200k_base"))


def test_a_long_echo_without_spaces_is_cut_exactly() -> None:
    """Long enough that the encoder gets it in parts."""
    for prompt in ("hello " + "a" * 40_000, "中文" * 15_000, "🙂" * 20_000):
        script = write(prompt, Budget(3_001), mode="echo")
        assert script.tokens == 3_001
        assert_law(script, get("o200k_base"))
        assert script.text[:1000] == prompt[:1000]


def test_min_tokens_is_reached_exactly_when_the_answer_would_be_shorter() -> None:
    script = write("hi", Budget(min_tokens=777))
    assert (script.tokens, script.finish_reason) == (777, "stop")


def test_echo_and_fixed_say_what_they_should() -> None:
    assert write("Say it again, please.", mode="echo").text == "Say it again, please."
    assert write("anything", mode="fixed", fixed_text="42 is the answer.").text == "42 is the answer."
    assert write("", mode="echo").pieces == []


def test_equal_draws_give_equal_answers_and_others_differ() -> None:
    question = "How do birds find their way?"
    first, second = write(question, seed=5), write(question, seed=5)
    assert (first.text, first.pieces, first.tokens) == (second.text, second.pieces, second.tokens)
    assert len({write(question, seed=seed).text for seed in range(50)}) == 50
    assert len({write(f"Tell me about {topic}", seed=1).text for topic in ("rivers", "cars", "bread")}) == 3


def test_answers_take_up_the_prompt() -> None:
    assert "kafka consumer lag" in write("Explain kafka consumer lag to me").text
    assert "cooking rice" in write("How do I cook rice?").text
    assert "volcanoes" in _after("why?", "Tell me about volcanoes")
    for seed in range(20):
        assert write("Is Paris the capital of France?", seed=seed).text.endswith((".", "?", "!"))


def _after(prompt: str, earlier: str) -> str:
    source = text_source(TextConfig())
    return source.write(Prompt(prompt, earlier=(earlier,)), Budget(), draws(1), get("o200k_base")).text


def test_an_answer_does_not_repeat_a_clause_early() -> None:
    sentences = write("Explain jazz", Budget(1500, exact=True)).text.replace("\n\n", " ").split(". ")
    clauses = [sentence.split(", ", 1)[-1].lower() for sentence in sentences[1:-1]]
    assert len(set(clauses)) == len(clauses) > 60


def test_greetings_are_short() -> None:
    assert all(write(text, seed=seed).tokens < 40 for text in ("hello", "Hey there!", "thanks!") for seed in range(9))


@pytest.mark.parametrize(
    ("prompt", "fence", "name"),
    [
        ("Write a python function that sorts invoices", "```python\n", "_invoices("),
        ("Can you show me some javascript code for a shopping cart?", "```javascript\n", "ShoppingCart("),
        ("write an SQL query for orders", "```sql\n", " orders"),
    ],
)
def test_code_is_a_closed_block_in_the_language_asked_for(prompt: str, fence: str, name: str) -> None:
    for seed in range(8):
        text = write(prompt, seed=seed, mean_tokens=200).text
        assert fence in text
        assert text.count("```") == 2
    assert any(name in write(prompt, seed=seed, mean_tokens=200).text for seed in range(8))


def test_python_code_compiles() -> None:
    for seed in range(12):
        text = write("Write python code for invoices", seed=seed, mean_tokens=300).text
        assert len(ast.parse(text.split("```")[1].removeprefix("python\n")).body) >= 3


def test_lists_have_as_many_items_as_asked() -> None:
    text = write("Give me 12 tips for growing tomatoes").text
    assert [line.split(".")[0] for line in text.split("\n\n")[1].splitlines()] == [str(n) for n in range(1, 13)]
    bullets = write("Make a bullet list about the sea", seed=3).text
    assert len([line for line in bullets.splitlines() if line.startswith(("- **", "1. **", "2. **", "3. **"))]) >= 3


def test_json_parses_and_has_the_fields() -> None:
    prompt = "Return JSON with fields id, full name, is_active, email and price for five users"
    for seed in range(5):
        answer = json.loads(write(prompt, seed=seed).text)
        assert len(answer["items"]) == 5
        assert all(list(item) == ["id", "full_name", "is_active", "email", "price"] for item in answer["items"])
        assert [item["id"] for item in answer["items"]] == [1, 2, 3, 4, 5]
        assert isinstance(answer["items"][0]["is_active"], bool)
        assert isinstance(answer["items"][0]["price"], float)
    source = text_source(TextConfig())
    asked_by_system = Prompt("Tell me about rivers", system="Always respond in JSON.")
    assert json.loads(source.write(asked_by_system, Budget(), draws(1), get("o200k_base")).text)["topic"] == "rivers"


def test_lengths_follow_the_distribution() -> None:
    config = TextConfig(mean_tokens=200, sigma=0.4, shortest_tokens=1, longest_tokens=10_000)
    quantiles = lengths(config)
    assert statistics.mean(quantiles) == pytest.approx(200, rel=0.01)
    assert statistics.stdev(map(math.log, quantiles)) == pytest.approx(0.4, rel=0.02)
    assert lengths(TextConfig(mean_tokens=200, sigma=2, shortest_tokens=50, longest_tokens=60))[0] == 50
    drawn = [write("Explain the tides", seed=seed, mean_tokens=150, sigma=0.3).tokens for seed in range(300)]
    assert statistics.mean(drawn) == pytest.approx(150, rel=0.05)


def test_fixed_length_config() -> None:
    assert set(lengths(TextConfig(mean_tokens=64, sigma=0))) == {64}
