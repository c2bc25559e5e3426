"""Whether tokens leave when they are due, with many streams on one core."""

import asyncio
import time
from array import array
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import cast

import uvloop

from bench import subjects
from bench.figures import Figure, at_most
from bench.plan import Plan, interleaved
from bench.process import Running, running
from bench.prompts import new_chats
from bench.recording import record
from bench.wire import LAST_CHUNK, ask

STREAMS = 500
ITL_MS = 20.0
SPREAD_S = 1.0
MEDIAN_ERROR, P99_ERROR = at_most(1.0), at_most(10.0)

_TOKEN = b'"delta":{"content":'
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Errors:
    """Distance of the times between tokens from ITL_MS, all streams together."""

    median_ms: float
    p99_ms: float


def pacing(plan: Plan) -> list[Figure]:
    """Streams that begin over a second, and all at once as load generators begin."""
    tokens = 150 if plan.quick else 300
    itl = f"{ITL_MS:g}"
    with ExitStack() as stack:
        server = stack.enter_context(
            running(subjects.fakeai("--ttft", itl, "--itl", itl), plan.cores.server, plan.folder)
        )
        answer = ask(server, new_chats(1, tokens, stream=True)[0])
        recording = record(answer, plan.folder / "paced.json", by_event=True, pause_s=ITL_MS / 1e3)
        bare = stack.enter_context(running(subjects.bare(recording), plan.cores.server, plan.folder))
        bare.connect().close()
        trials: dict[str, Callable[[], Errors]] = {
            "begun over 1 s": partial(_trial, server, tokens, SPREAD_S),
            "begun at once": partial(_trial, server, tokens, 0.0),
            "bare, begun over 1 s": partial(_trial, bare, tokens, SPREAD_S),
        }
        errors = interleaved(plan.runs, trials)
    figures = []
    for name, values in errors.items():
        targets = (None, None) if name.startswith("bare") else (MEDIAN_ERROR, P99_ERROR)
        title = f"{STREAMS} streams at {itl} ms ({name})"
        figures.append(Figure(f"{title}: ITL error, median", "ms", [value.median_ms for value in values], targets[0]))
        figures.append(Figure(f"{title}: ITL error, p99", "ms", [value.p99_ms for value in values], targets[1]))
    return figures


def _trial(server: Running, tokens: int, spread_s: float) -> Errors:
    requests = new_chats(STREAMS, tokens, stream=True)
    times = uvloop.run(token_times(server.port, requests, spread_s))
    if any(len(one) != tokens for one in times):
        raise RuntimeError(f"{server.name}: streams have {sorted({len(one) for one in times})} tokens, not {tokens}")
    errors_ms = sorted(abs((later - earlier) * 1e3 - ITL_MS) for one in times for earlier, later in pairwise(one))
    return Errors(errors_ms[len(errors_ms) // 2], errors_ms[len(errors_ms) * 99 // 100])


async def token_times(port: int, requests: list[bytes], spread_s: float) -> list["array[float]"]:
    """When each token of each stream arrived."""
    loop = asyncio.get_running_loop()
    streams = []
    for raw in requests:
        _, stream = await loop.create_connection(lambda: _Stream(loop), "127.0.0.1", port)
        streams.append((stream, raw))
    for number, (stream, raw) in enumerate(streams):
        loop.call_later(spread_s * number / len(streams), stream.begin, raw)
    async with asyncio.timeout(_TIMEOUT_S):
        await asyncio.gather(*(stream.done for stream, _ in streams))
    return [stream.times_s for stream, _ in streams]


class _Stream(asyncio.Protocol):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.times_s = array("d")
        self.done = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def begin(self, raw_request: bytes) -> None:
        self._transport.write(raw_request)

    def data_received(self, data: bytes) -> None:
        """Each write of the server is small enough to arrive in one piece."""
        now_s = time.perf_counter()
        for _ in range(data.count(_TOKEN)):
            self.times_s.append(now_s)
        if data.endswith(LAST_CHUNK):
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)
