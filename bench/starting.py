"""From the start of a process to its first answers."""

import time
from collections.abc import Callable
from functools import partial

from bench import subjects
from bench.figures import Figure, at_most
from bench.plan import Plan, interleaved
from bench.process import Command, running
from bench.prompts import OVERHEAD_TOKENS, PROMPT_TOKENS, new_chats
from bench.wire import Answer, exchange, request

ANSWER_TOKENS = 64
HEALTH, FIRST_CHAT = at_most(0.7), at_most(1.2)


def starting(plan: Plan) -> list[Figure]:
    """The first round is not counted: it warms the disk's cache and compiles byte code."""
    others = {"aimock": subjects.aimock(plan, "Hello."), "fakeai 0.3.2": subjects.earlier(plan)}
    trials: dict[str, Callable[[], float]] = {
        "start → health": lambda: _seconds(plan, subjects.fakeai(), request("GET", "/health")),
        "start → first chat": lambda: _seconds(plan, subjects.fakeai(), _chat(), _has_exact_counts),
    }
    for name, command in others.items():
        if command:
            trials[f"start → first chat, {name}"] = partial(_seconds, plan, command, _chat())
    values = {name: times[1:] for name, times in interleaved(plan.runs + 1, trials).items()}
    targets = {"start → health": HEALTH, "start → first chat": FIRST_CHAT}
    return [Figure(name, "s", times, targets.get(name)) for name, times in values.items()]


def _chat() -> bytes:
    return new_chats(1, ANSWER_TOKENS)[0]


def _has_exact_counts(answer: Answer) -> bool:
    usage = answer.json()["usage"]
    counts = usage["prompt_tokens"], usage["completion_tokens"]
    return counts == (PROMPT_TOKENS + OVERHEAD_TOKENS, ANSWER_TOKENS)


def _seconds(plan: Plan, command: Command, raw: bytes, accepts: Callable[[Answer], bool] | None = None) -> float:
    with running(command, plan.cores.server, plan.folder) as server:
        with server.connect() as connection:
            answer = exchange(connection, raw)
        took_s = time.perf_counter() - server.spawned_s
    if answer.status != 200 or (accepts and not accepts(answer)):
        raise RuntimeError(f"{command.name} answered {answer.status}: {answer.body[:300]!r}")
    return took_s
