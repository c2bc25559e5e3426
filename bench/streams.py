"""Tokens a second when everything is due at once."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from bench import subjects
from bench.figures import Figure, at_least, ratios
from bench.load import EVENT, Load, run_streams
from bench.plan import Plan, interleaved
from bench.process import Command, Running, running
from bench.prompts import new_chats, one_chat
from bench.recording import record
from bench.wire import Answer, ask

ANSWER_TOKENS = 256
NEW_PER_RUN = 10_000
EACH, AT_ONCE = "bare, a send for each token", "bare, all in one send"
TO_BARE = at_least(4)
TOKENS_PER_S = at_least(300_000)


def streams(plan: Plan) -> list[Figure]:
    same = one_chat(ANSWER_TOKENS, stream=True)
    with ExitStack() as stack:
        start = partial(_started, plan, stack)
        server = start(subjects.fakeai())
        answer = ask(server, same[0])
        tokens_per_event = count_tokens(answer) / answer.body.count(EVENT)
        bare = start(subjects.bare(record(answer, plan.folder / "stream.json", by_event=True)))
        whole = start(subjects.bare(record(answer, plan.folder / "stream-at-once.json")))

        def load(target: Running, requests: list[bytes]) -> Load:
            return run_streams(target, requests, plan.load_s)

        trials: dict[str, Callable[[], Load]] = {
            "one prompt": partial(load, server, same),
            "new prompts": lambda: load(server, new_chats(NEW_PER_RUN, ANSWER_TOKENS, stream=True)),
            EACH: partial(load, bare, same),
            AT_ONCE: partial(load, whole, same),
        }
        for trial in trials.values():
            trial()
        loads = interleaved(plan.runs, trials)
    rates = {name: [load.events_per_s * tokens_per_event for load in some] for name, some in loads.items()}
    core = {name: [load.events_per_core_s * tokens_per_event for load in some] for name, some in loads.items()}
    return [*_figures(rates), *(Figure(f"stream: {name}", "tokens/s of core time", core[name]) for name in core)]


def _figures(rates: dict[str, list[float]]) -> list[Figure]:
    reference, ceiling = rates.pop(EACH), rates.pop(AT_ONCE)
    figures = [Figure(f"stream ({name})", "tokens/s", values, TOKENS_PER_S) for name, values in rates.items()]
    figures += [
        Figure(f"stream ({name}) / bare", "×", ratios(values, reference), TO_BARE) for name, values in rates.items()
    ]
    figures.append(Figure(f"stream: {EACH}", "tokens/s", reference))
    figures.append(Figure(f"stream: {AT_ONCE}, which the client can take", "tokens/s", ceiling))
    return figures


def count_tokens(answer: Answer) -> int:
    """Tokens that the stream gave, one an event. Raises RuntimeError if they are not as many as were asked for."""
    events = [event.removeprefix("data: ") for event in answer.body.decode().split("\n\n") if event]
    documents = [json.loads(event) for event in events if event != "[DONE]"]
    tokens = sum(bool(document["choices"][0]["delta"].get("content")) for document in documents)
    if tokens != ANSWER_TOKENS:
        raise RuntimeError(f"the stream has {tokens} pieces of text, not {ANSWER_TOKENS}")
    return tokens


def _started(plan: Plan, stack: ExitStack, command: Command) -> Running:
    server = stack.enter_context(running(command, plan.cores.server, plan.folder))
    server.connect().close()
    return server
