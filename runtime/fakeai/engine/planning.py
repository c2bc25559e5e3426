"""The answer to a request before it is timed: token ids of its prompts, and a script for each choice."""

from collections.abc import Sequence

from fakeai.content.bias import Bias, bias_of, biased
from fakeai.content.planner import plan
from fakeai.content.prediction import Match, compare
from fakeai.content.prompt import Prompt, prompt, prompt_ids
from fakeai.content.script import Script, apply_stop
from fakeai.content.text import Budget, TextSource
from fakeai.content.tokenizer import Tokenizer
from fakeai.core.errors import ApiError
from fakeai.core.seeds import Draw, derive, draws
from fakeai.engine.generation import Ask
from fakeai.sim.request import SimRequest


def planned(
    ask: Ask, tokenizer: Tokenizer, source: TextSource, seed: int, max_model_len: int | None
) -> tuple[list[Sequence[int]], list[Script]]:
    """Token ids of each prompt, and [prompts * n] scripts."""
    ids = _prompt_ids(ask, tokenizer)
    bias = bias_of(ask.logit_bias, tokenizer) if ask.logit_bias else None
    scripts = []
    for number, (said, own) in enumerate(zip(_prompts(ask, tokenizer, source), ids, strict=True)):
        budget = _budget(ask, len(own), max_model_len)
        for choice in range(ask.n):
            r = draws(derive(seed, number, choice) if number or choice else seed)
            scripts.append(_script(ask, said, budget, r, tokenizer, source, bias))
    return ids, scripts


def _script(
    ask: Ask, said: Prompt, budget: Budget, r: Draw, tokenizer: Tokenizer, source: TextSource, bias: Bias | None
) -> Script:
    def write(said: Prompt, budget: Budget) -> Script:
        script = source.write(said, budget, r, tokenizer)
        if bias is not None and not (ask.wanted and ask.wanted.is_json):
            script = biased(script, bias, r, tokenizer)
        return apply_stop(script, ask.stop, tokenizer) if ask.stop else script

    if ask.wanted is None:
        return write(said, budget)
    return plan(ask.wanted, said, budget, r, tokenizer, write)


def matches_of(ask: Ask, scripts: Sequence[Script], tokenizer: Tokenizer) -> list[Match]:
    """Predictions are of what is said after reasoning."""
    predicted = tokenizer.ids(ask.prediction)
    matches = []
    for script in scripts:
        thoughts = script.reasoning_tokens if script.parts else 0
        found = compare(list(script.ids)[thoughts:], predicted)
        matches.append(found._replace(ahead=[0] * thoughts + found.ahead))
    return matches


def hash_all(requests: Sequence[SimRequest]) -> None:
    """Before the event loop needs them."""
    for request in requests:
        request.hashes.first(1 << 30)


def _prompt_ids(ask: Ask, tokenizer: Tokenizer) -> list[Sequence[int]]:
    if ask.messages:
        return [prompt_ids(ask.messages, ask.model, tokenizer, ask.tools)]
    return [tokenizer.ids(text) if isinstance(text, str) else text for text in ask.prompts]


def _prompts(ask: Ask, tokenizer: Tokenizer, source: TextSource) -> Sequence[Prompt]:
    if ask.messages:
        said = [prompt(ask.messages)]
    else:
        said = [Prompt(text if isinstance(text, str) else tokenizer.decode(text, "prompt")) for text in ask.prompts]
    if ask.penalty or ask.prediction:
        said = [text._replace(penalty=ask.penalty, prediction=ask.prediction) for text in said]
    if source.is_slow:
        whole = ask.messages
        said = [text._replace(messages=whole, temperature=ask.temperature, top_p=ask.top_p) for text in said]
    return said


def _budget(ask: Ask, count: int, max_model_len: int | None) -> Budget:
    """How long the answer may and must be. Raises ApiError if that cannot be."""
    window = ask.model.context_window
    if max_model_len is not None and (window is None or max_model_len < window):
        window = max_model_len
    if ask.max_tokens is not None and ask.min_tokens > ask.max_tokens:
        message = f"min_tokens must be less than or equal to max_tokens={ask.max_tokens}, got {ask.min_tokens}."
        raise ApiError(400, message, code="invalid_value", param="min_tokens")
    if window is not None and count + (ask.max_tokens or 1) > window:
        raise _context_exceeded(window, count, ask)
    room = min(window - count if window else 1 << 30, ask.model.max_output_tokens or 1 << 30)
    limit = room if ask.max_tokens is None else ask.max_tokens
    return Budget(limit, min(ask.min_tokens, limit), exact=ask.ignore_eos and ask.max_tokens is not None)


def _context_exceeded(window: int, count: int, ask: Ask) -> ApiError:
    field = "messages" if ask.messages else "prompt"
    if ask.max_tokens is None or count >= window:
        text = f"However, your messages resulted in {count} tokens. Please reduce the length of the messages."
    else:
        asked = count + ask.max_tokens
        text = (
            f"However, you requested {asked} tokens ({count} in the messages, {ask.max_tokens} in the completion). "
            "Please reduce the length of the messages or completion."
        )
    message = f"This model's maximum context length is {window} tokens. {text}"
    return ApiError(400, message, code="context_length_exceeded", param=field)
