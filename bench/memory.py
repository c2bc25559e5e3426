"""Resident memory of the server at rest, and how it grows."""

import time
from itertools import pairwise

from bench import subjects
from bench.chats import upload
from bench.figures import Figure, at_most
from bench.plan import Plan
from bench.process import Running, running
from bench.prompts import MODEL, new_chats
from bench.wire import exchange

CHATS, QUICK_CHATS, OBJECTS = 10_000, 1_000, 1_000
ANSWER_TOKENS = 64
FIRST_CHAT = at_most(180)
SETTLED_S = 1.0


def memory(plan: Plan) -> list[Figure]:
    chats = QUICK_CHATS if plan.quick else CHATS
    growths = [_run(plan, chats) for _ in range(plan.runs)]
    names = (
        f"RSS after the first chat ({MODEL})",
        f"growth over {chats:,} chats, all prompts different",
        f"growth over {OBJECTS:,} stored files of 1 kB",
        f"growth over another {chats:,} chats",
    )
    targets = (FIRST_CHAT, None, None, None)
    values = zip(*growths, strict=True)
    return [Figure(name, "MB", some, target) for name, some, target in zip(names, values, targets, strict=True)]


def _run(plan: Plan, chats: int) -> list[float]:
    """MB after the first chat, then what each kind of use adds."""
    with running(subjects.fakeai(), plan.cores.server, plan.folder) as server:
        _post(server, new_chats(1, ANSWER_TOKENS))
        sizes = [_settled_mb(server)]
        files = [upload(f"bench-{number}.jsonl", b'{"n":%5d}\n' % number * 100) for number in range(OBJECTS)]
        for requests in (new_chats(chats, ANSWER_TOKENS), files, new_chats(chats, ANSWER_TOKENS)):
            _post(server, requests)
            sizes.append(_settled_mb(server))
    return [sizes[0], *(later - earlier for earlier, later in pairwise(sizes))]


def _post(server: Running, requests: list[bytes]) -> None:
    with server.connect() as connection:
        for raw in requests:
            answer = exchange(connection, raw)
            if answer.status != 200:
                raise RuntimeError(f"{server.name} answered {answer.status}: {answer.body[:300]!r}")


def _settled_mb(server: Running) -> float:
    """Pages are imported in a thread after the start: waits until the size stays for SETTLED_S."""
    size, since_s = server.rss_mb(), time.perf_counter()
    while time.perf_counter() - since_s < SETTLED_S:
        time.sleep(0.05)
        now = server.rss_mb()
        if now != size:
            size, since_s = now, time.perf_counter()
    return size
