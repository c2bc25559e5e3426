"""Load on one server from the other core: wrk where it is installed, else (and for streams always) our own client."""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import uvloop

from bench.process import Running
from bench.wire import LAST_CHUNK, answer_bytes

CONNECTIONS = 32
EVENT = b"data: "

_SCRIPT = Path(__file__).with_name("wrk.lua")
_SEPARATOR = b"\0"


@dataclass(frozen=True, slots=True)
class Load:
    answers_per_s: float
    cpu_us: float
    """Time of the server's core for one answer: what another process takes away does not count."""
    events_per_s: float = 0.0
    """Server-sent events; 0 where they were not counted."""
    events_per_core_s: float = 0.0


def run(server: Running, requests: Sequence[bytes], seconds: float, folder: Path) -> Load:
    """Raises RuntimeError if an answer is not 2xx."""
    program = shutil.which("wrk")
    before_s = server.cpu_s()
    if program:
        answers, took_s = _wrk(program, server, requests, seconds, folder)
        events = 0
    else:
        answers, events, took_s = _own(server, requests, seconds)
    return _load(server, before_s, answers, events, took_s)


def run_streams(server: Running, requests: Sequence[bytes], seconds: float) -> Load:
    before_s = server.cpu_s()
    answers, events, took_s = _own(server, requests, seconds)
    return _load(server, before_s, answers, events, took_s)


def _load(server: Running, cpu_before_s: float, answers: int, events: int, took_s: float) -> Load:
    if not answers:
        raise RuntimeError(f"{server.name} answered nothing")
    cpu_s = server.cpu_s() - cpu_before_s
    return Load(answers / took_s, cpu_s / answers * 1e6, events / took_s, events / cpu_s)


def _wrk(program: str, server: Running, requests: Sequence[bytes], seconds: float, folder: Path) -> tuple[int, float]:
    """wrk takes whole seconds, and counts them from its own start."""
    file = folder / "requests"
    file.write_bytes(_SEPARATOR.join(requests))
    url = f"http://127.0.0.1:{server.port}/"
    argv = [program, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(_SCRIPT), url, str(file)]
    said = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=seconds + 30).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{server.name}: {said}")
    found = re.search(r"(\d+) requests in ([\d.]+)s", said)
    if found is None:
        raise RuntimeError(f"wrk said: {said}")
    return int(found[1]), float(found[2])


def _own(server: Running, requests: Sequence[bytes], seconds: float) -> tuple[int, int, float]:
    return uvloop.run(_Client(requests, seconds).run(server.port))


class _Client:
    """Keeps CONNECTIONS connections busy; counts answers and the server-sent events in them."""

    def __init__(self, requests: Sequence[bytes], seconds: float) -> None:
        self._requests = requests
        self._seconds = seconds
        self._sent = 0
        self.answers = 0
        self.events = 0
        self.is_over = False

    async def run(self, port: int) -> tuple[int, int, float]:
        loop = asyncio.get_running_loop()
        started_s = time.perf_counter()
        pairs = [await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port) for _ in range(CONNECTIONS)]
        await asyncio.sleep(self._seconds)
        self.is_over = True
        took_s = time.perf_counter() - started_s
        for transport, connection in pairs:
            transport.close()
            if connection.failure:
                raise RuntimeError(connection.failure)
        return self.answers, self.events, took_s

    def next_request(self) -> bytes:
        self._sent += 1
        return self._requests[self._sent % len(self._requests)]


class _Connection(asyncio.Protocol):
    def __init__(self, client: _Client) -> None:
        self._client = client
        self._parts: list[bytes] = []
        self._missing: int | None = None
        """Bytes until the answer is complete; None for an answer in chunks, or before its head is known."""
        self.failure = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._client.next_request())

    def data_received(self, data: bytes) -> None:
        if not self._parts:
            length = answer_bytes(data)
            self._missing = None if length is None or b"chunked" in data[:2048] else length
            if data[9:10] != b"2":
                self.failure = f"answered {data[:200]!r}"
        self._parts.append(data)
        if self._missing is not None:
            self._missing -= len(data)
        if self._missing == 0 or (self._missing is None and self._ends_in_chunk()):
            self._answered()

    def _ends_in_chunk(self) -> bool:
        last = self._parts[-1]
        if len(last) < len(LAST_CHUNK):
            last = b"".join(self._parts[-len(LAST_CHUNK) :])
        return last.endswith(LAST_CHUNK)

    def _answered(self) -> None:
        client = self._client
        if not client.is_over:
            client.answers += 1
            client.events += b"".join(self._parts).count(EVENT)
            self._transport.write(client.next_request())
        self._parts.clear()
        self._missing = None

    def connection_lost(self, error: Exception | None) -> None:
        if not self._client.is_over and not self.failure:
            self.failure = "the server closed a connection"
