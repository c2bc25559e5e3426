"""Answers a second, not streamed: chat, and objects that are only read."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from bench import subjects
from bench.figures import Figure, Target, at_least, ratios
from bench.load import Load, run
from bench.plan import Plan, interleaved
from bench.process import Command, Running, running
from bench.prompts import new_chats, one_chat
from bench.recording import record
from bench.wire import ask, request

ANSWER_TOKENS = 64
NEW_PER_RUN = 20_000
FILE_BYTES = 1_000
TO_BARE, TO_AIMOCK = at_least(0.55), at_least(1.2)
READ_TO_BARE = at_least(0.5)


def chats(plan: Plan) -> list[Figure]:
    """One prompt again and again, and every prompt a new one: caches must not make the figure."""
    same = one_chat(ANSWER_TOKENS, key=subjects.KEY)
    with ExitStack() as stack:
        start = partial(_started, plan, stack)
        server = start(subjects.fakeai())
        keyed = start(subjects.fakeai("--api-key", subjects.KEY, name="fakeai-keys"))
        answer = ask(keyed, same[0])
        text = answer.json()["choices"][0]["message"]["content"]
        bare = start(subjects.bare(record(answer, plan.folder / "chat.json")))
        others = {"aimock": subjects.aimock(plan, text), "fakeai 0.3.2": subjects.earlier(plan)}
        peers = {name: start(command) for name, command in others.items() if command}
        trials: dict[str, Callable[[], Load]] = {
            "open, one prompt": partial(_load, plan, server, same),
            "keys, one prompt": partial(_load, plan, keyed, same),
            "keys, new prompts": lambda: _load(plan, keyed, new_chats(NEW_PER_RUN, ANSWER_TOKENS, key=subjects.KEY)),
            "bare": partial(_load, plan, bare, same),
        }
        trials |= {name: partial(_load, plan, peer, same) for name, peer in peers.items()}
        for one in (server, *peers.values()):
            ask(one, same[0])
        for trial in trials.values():
            trial()
        loads = interleaved(plan.runs, trials)
    return [*_chat_ratios(loads), *_absolute("chat", loads)]


def _chat_ratios(loads: Mapping[str, list[Load]]) -> list[Figure]:
    figures = []
    for variant in ("open, one prompt", "keys, one prompt", "keys, new prompts"):
        for peer, target in (("bare", TO_BARE), ("aimock", TO_AIMOCK), ("fakeai 0.3.2", None)):
            if peer in loads:
                figures.append(_ratio(f"chat ({variant}) / {peer}", loads[variant], loads[peer], target))
    return figures


def reads(plan: Plan) -> list[Figure]:
    with ExitStack() as stack:
        server = _started(plan, stack, subjects.fakeai("--api-key", subjects.KEY))
        trials: dict[str, Callable[[], Load]] = {}
        for name, raw in _reads(server).items():
            recording = record(ask(server, raw), plan.folder / f"{name.replace(' ', '-')}.json")
            bare = _started(plan, stack, subjects.bare(recording))
            trials[name] = partial(_load, plan, server, [raw])
            trials[f"{name}, bare"] = partial(_load, plan, bare, [raw])
        for trial in trials.values():
            trial()
        loads = interleaved(plan.runs, trials)
    names = [name for name in loads if f"{name}, bare" in loads]
    figures = [_ratio(f"{name} / bare", loads[name], loads[f"{name}, bare"], READ_TO_BARE) for name in names]
    return [*figures, *_absolute("GET", loads)]


def _reads(server: Running) -> dict[str, bytes]:
    lines = json.dumps({"custom_id": "a", "body": "x" * FILE_BYTES}).encode()
    file = ask(server, upload("bench.jsonl", lines)).json()["id"]
    return {
        "models": request("GET", "/v1/models", key=subjects.KEY),
        "stored file": request("GET", f"/v1/files/{file}", key=subjects.KEY),
    }


def upload(filename: str, content: bytes) -> bytes:
    parts = [
        b'--bench\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n',
        b'--bench\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n' % filename.encode(),
        b"Content-Type: application/jsonl\r\n\r\n%b\r\n--bench--\r\n" % content,
    ]
    return request("POST", "/v1/files", b"".join(parts), subjects.KEY, "multipart/form-data; boundary=bench")


def _started(plan: Plan, stack: ExitStack, command: Command) -> Running:
    server = stack.enter_context(running(command, plan.cores.server, plan.folder))
    server.connect().close()
    return server


def _load(plan: Plan, server: Running, requests: list[bytes]) -> Load:
    return run(server, requests, plan.load_s, plan.folder)


def _ratio(name: str, loads: list[Load], references: list[Load], target: Target | None) -> Figure:
    values = ratios([load.answers_per_s for load in loads], [load.answers_per_s for load in references])
    return Figure(name, "×", values, target)


def _absolute(kind: str, loads: Mapping[str, list[Load]]) -> list[Figure]:
    figures = []
    for name, some in loads.items():
        figures.append(Figure(f"{kind}: {name}", "answers/s", [load.answers_per_s for load in some]))
        figures.append(Figure(f"{kind}: {name}, server's core", "µs/answer", [load.cpu_us for load in some]))
    return figures
