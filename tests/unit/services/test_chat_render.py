"""Chunks of a generation: when they are due, and that they say what the whole answer says."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.content import tokenizer as tokenizers
from fakeai.content.script import Script
from fakeai.core.seeds import draws
from fakeai.engine.generation import Generation, Turns
from fakeai.services import chat_render as render
from fakeai.services.chat_parts import Form
from fakeai.sim.driver import Driver, Flow
from fakeai.sim.hashing import unique
from fakeai.sim.request import SimRequest, State
from fakeai_api.catalog import MODELS
from tests.server import grammar

pytestmark = [pytest.mark.unit, pytest.mark.streaming]

TOKENIZER = tokenizers.get("o200k_base")
ITL_S = 0.01
TEXTS = st.lists(st.text(st.sampled_from("abc é🙂👩‍🚀\n"), max_size=20), min_size=1, max_size=4)


def head(**more: Any) -> render.Head:
    facts: dict[str, Any] = {
        "id": "chatcmpl-1",
        "created": 1,
        "model": "m",
        "fingerprint": "fp_1",
        "service_tier": "default",
        "tokenizer": TOKENIZER,
        "top_logprobs": None,
        "include_usage": False,
        "continuous_usage": False,
        "obfuscate": False,
        "draw": draws(1),
        "form": Form(1, "reasoning", is_legacy=False),
    }
    return render.Head(**(facts | more))


class Over:
    """A driver whose requests have all ended."""

    def cancel(self, requests: Sequence[SimRequest]) -> None:
        assert all(request.is_over for request in requests)


def generation(texts: list[str], is_slow: bool) -> Generation:
    scripts = [Script(TOKENIZER.pieces(text), "stop", text, TOKENIZER.count(text)) for text in texts]
    requests = []
    for number, script in enumerate(scripts):
        request = SimRequest(str(number), 1.0, 5, max(1, script.tokens), unique(number, 10, 16))
        request.token_times = [1.0 + token * ITL_S * is_slow for token in range(request.output_tokens)]
        request.first_token_s, request.state = 1.0, State.FINISHED
        request.produced_tokens = request.output_tokens
        requests.append(request)
    tokens = sum(script.tokens for script in scripts)
    flow = Flow(cast(Driver, Over()), requests)
    return Generation(scripts, requests, flow, 5, tokens, requests[:1], MODELS["gpt-4o-2024-08-06"], 1.0, seed=3)


def chunks_of(about: render.Head, made: Generation) -> list[render.Due]:
    async def collected() -> list[render.Due]:
        return [due async for batch in render.stream(about, made).batches for due in batch]

    return asyncio.run(collected())


def data(chunks: list[render.Due]) -> list[str]:
    """Of each event; what is due together may be joined."""
    events = b"".join(chunk for _, chunk in chunks).decode().split("\n\n")
    return [event.removeprefix("data: ") for event in events[:-1]]


@settings(deadline=None)
@given(TEXTS, st.booleans(), st.booleans(), st.booleans(), st.sampled_from([None, 0, 2]))
def test_streams(texts: list[str], is_slow: bool, usage: bool, continuous: bool, top: int | None) -> None:
    made = generation(texts, is_slow)
    about = head(include_usage=usage or continuous, continuous_usage=continuous, top_logprobs=top)
    chunks = chunks_of(about, made)
    due = [due_s for due_s, _ in chunks]
    assert due == sorted(due)
    said = data(chunks)
    grammar.check("/chat/completions", said)
    parts = [json.loads(text)["choices"] for text in said[:-1]]
    for index, text in enumerate(texts):
        own = [
            choice["delta"].get("content", "") for choices in parts for choice in choices if choice["index"] == index
        ]
        assert "".join(own) == text
    whole = render.completion(about, made)
    streamed = [
        [entry for choices in parts for choice in choices if choice["index"] == index and choice["logprobs"]
         for entry in choice["logprobs"]["content"]]
        for index in range(len(texts))
    ]  # fmt: skip
    wanted = [choice["logprobs"]["content"] if choice["logprobs"] else [] for choice in whole["choices"]]
    assert streamed == wanted


def test_each_piece_is_due_with_its_last_token() -> None:
    """A code point of several tokens cannot be sent before all of them are there."""
    made = generation(["a🫥b"], is_slow=True)
    pieces = made.scripts[0].pieces
    assert [len(piece.ids) for piece in pieces] == [1, 4, 1] or len(pieces) == 3
    tokens = 0
    for (due_s, _), piece in zip(chunks_of(head(), made)[1:-2], pieces, strict=True):
        tokens += len(piece.ids)
        assert due_s == made.requests[0].token_times[tokens - 1]


def test_choices_take_turns() -> None:
    made = generation(["a b c", "x y z"], is_slow=False)
    chunks = [json.loads(text) for text in data(chunks_of(head(), made))[:-1]]
    assert [chunk["choices"][0]["index"] for chunk in chunks] == [0, 1] * 5


def test_a_short_choice_does_not_hold_up_a_long_one() -> None:
    made = generation(["a", "one two three four five"], is_slow=True)
    due = [due_s for due_s, index, _, _ in Turns(made).known() if index == 1]
    assert due == made.requests[1].token_times


def test_fingerprints_depend_on_seed_and_model() -> None:
    names = {render.fingerprint(seed, model) for seed in (0, 1) for model in ("a", "b")}
    assert len(names) == 4
    assert all(name.startswith("fp_") and len(name) == 13 for name in names)
