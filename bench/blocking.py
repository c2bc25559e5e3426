"""How long the event loop stands still: the slowest answer to a probe that asks every millisecond."""

import json
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import count

from bench import subjects
from bench.figures import Figure
from bench.plan import Plan, interleaved
from bench.process import Running, running
from bench.prompts import MODEL, PATH, new_chats
from bench.wire import ask, exchange, request

PROBE = request("GET", "/health/live")
PROBE_EVERY_S = 0.001
POSTS = 5
QUIET_S = 0.5
LONG_WORDS, MESSAGES = 60_000, 2_000
_numbers = count()


def blocking(plan: Plan) -> list[Figure]:
    with running(subjects.fakeai(), plan.cores.server, plan.folder) as server:
        ask(server, new_chats(1, 8)[0])
        time.sleep(1.0)
        trials: dict[str, Callable[[], float]] = {
            "nothing": lambda: _slowest_ms(server, partial(time.sleep, QUIET_S)),
            f"a prompt of {LONG_WORDS:,} tokens": lambda: _slowest_ms(server, _posting(server, _long)),
            f"a prompt of {MESSAGES:,} messages": lambda: _slowest_ms(server, _posting(server, _many)),
        }
        slowest = interleaved(plan.runs, trials)
    return [
        Figure(f"slowest of the probes a ms apart while there is {name}", "ms", some) for name, some in slowest.items()
    ]


def _posting(server: Running, make: Callable[[], bytes]) -> Callable[[], None]:
    """Posts new requests one after the other; they are made before, so that the probe is not disturbed."""
    requests = [make() for _ in range(POSTS)]

    def post() -> None:
        for raw in requests:
            ask(server, raw)

    return post


def _long() -> bytes:
    """One word of one token, then a space and the next; the first number makes it a prompt never seen."""
    return _chat([f"{next(_numbers)}" + " river market bridge forest" * (LONG_WORDS // 4)])


def _many() -> bytes:
    return _chat([f"Message {next(_numbers)} about the river and the market." for _ in range(MESSAGES)])


def _chat(texts: list[str]) -> bytes:
    messages = [{"role": "user", "content": text} for text in texts]
    return request("POST", PATH, json.dumps({"model": MODEL, "max_tokens": 64, "messages": messages}).encode())


def _slowest_ms(server: Running, meanwhile: Callable[[], None]) -> float:
    is_over = threading.Event()
    failures: list[Exception] = []

    def work() -> None:
        try:
            meanwhile()
        except Exception as error:
            failures.append(error)
        finally:
            is_over.set()

    with server.connect() as connection:
        exchange(connection, PROBE)
        thread = threading.Thread(target=work)
        thread.start()
        slowest_s = 0.0
        while not is_over.is_set():
            asked_s = time.perf_counter()
            exchange(connection, PROBE)
            took_s = time.perf_counter() - asked_s
            slowest_s = max(slowest_s, took_s)
            time.sleep(max(0.0, PROBE_EVERY_S - took_s))
        thread.join()
    if failures:
        raise failures[0]
    return slowest_s * 1e3
