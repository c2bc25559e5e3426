"""A while of mixed load that must leave nothing behind: `python -m tests.soak [--seconds 60]`."""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.support.process import Server, running

CLIENTS = 8
WARM_UP_SHARE = 0.4
"""Of the run: caches of token counts, tenants and occurrences fill meanwhile."""
RSS_GROWTH_MB = 24
"""After the warm-up. Token counts (4 MB a tokenizer) and occurrences are bounded, and the allocator keeps some."""
FDS_GROWTH = 8
REPORT_S = 10
LISTED = 20
"""Files that are there at any time: each turn deletes as many as it makes."""


@dataclass
class Load:
    client: httpx.AsyncClient
    numbers: Any = field(default_factory=count)
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, answer: httpx.Response, status: int = 200) -> None:
        self.done[what] += 1
        if answer.status_code != status:
            self.wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")

    def chat(self, **more: Any) -> dict[str, Any]:
        words = f"Question {next(self.numbers)}: why is the sky blue?"
        return {"model": "gpt-4o", "messages": [{"role": "user", "content": words}], **more}


async def plain(load: Load) -> None:
    load.expect("chat", await load.client.post("/chat/completions", json=load.chat(n=2, logprobs=True)))


async def streamed(load: Load) -> None:
    answer = await load.client.post("/chat/completions", json=load.chat(stream=True))
    load.expect("stream", answer)
    if not answer.text.endswith("data: [DONE]\n\n"):
        load.wrong.append("stream: it does not end")


async def left(load: Load) -> None:
    """Goes away after the first bytes of a stream too long to fit any buffer."""
    body = load.chat(stream=True, ignore_eos=True, max_tokens=16_000)
    async with load.client.stream("POST", "/chat/completions", json=body) as response:
        await anext(response.aiter_raw())
    load.done["left"] += 1


async def files(load: Load) -> None:
    form = {"purpose": "user_data"}
    made = await load.client.post("/files", data=form, files={"file": ("a.txt", os.urandom(50_000))})
    load.expect("file", made)
    load.expect("content", await load.client.get(f"/files/{made.json()['id']}/content"))
    load.expect("list", await load.client.get("/files", params={"limit": LISTED}))
    load.expect("delete", await load.client.delete(f"/files/{made.json()['id']}"))


async def stored(load: Load) -> None:
    made = await load.client.post("/chat/completions", json=load.chat(store=True, metadata={"soak": "yes"}))
    load.expect("store", made)
    url = f"/chat/completions/{made.json()['id']}"
    load.expect("messages", await load.client.get(url + "/messages"))
    load.expect("unstore", await load.client.delete(url))


async def errors(load: Load) -> None:
    load.expect("400", await load.client.post("/chat/completions", json={"model": "gpt-4o"}), 400)
    load.expect("404", await load.client.get(f"/files/file-{next(load.numbers)}"), 404)
    load.expect("unknown URL", await load.client.get(f"/nothing/{next(load.numbers)}"), 404)
    key = {"authorization": f"Bearer sk-{next(load.numbers)}"}
    load.expect("new key", await load.client.get("/models", headers=key))
    load.expect(
        "other API", await load.client.post("/embeddings", json={"model": "text-embedding-3-small", "input": "x"})
    )


TURNS: tuple[Callable[[Load], Awaitable[None]], ...] = (plain, streamed, left, files, stored, errors)


@dataclass(frozen=True)
class Sample:
    rss_mb: float
    fds: int
    in_flight: int


def sample(server: Server) -> Sample:
    pid = server.process.pid
    page = httpx.get(server.url + "/metrics").text
    flying = re.search(r"^fakeai_requests_in_flight (\d+)", page, re.MULTILINE)
    rss_kib = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    folder = f"/proc/{pid}/fd"
    fds = len(os.listdir(folder)) if os.path.isdir(folder) else 0
    return Sample(int(rss_kib) / 1024, fds, int(flying[1]) if flying else -1)


async def drive(load: Load, seconds: float) -> None:
    end_s = time.monotonic() + seconds

    async def client(number: int) -> None:
        for turn in count(number):
            if time.monotonic() >= end_s:
                return
            await TURNS[turn % len(TURNS)](load)

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))


async def soak(server: Server, seconds: float) -> list[str]:
    """What is wrong."""
    async with httpx.AsyncClient(base_url=server.base_url, timeout=30) as client:
        load = Load(client)
        await drive(load, seconds * WARM_UP_SHARE)
        before = sample(server)
        left_s = seconds * (1 - WARM_UP_SHARE)
        while left_s > 0:
            await drive(load, min(REPORT_S, left_s))
            left_s -= REPORT_S
            now = sample(server)
            answers = sum(load.done.values())
            print(f"{answers:>8} answers  {now.rss_mb:7.1f} MB  {now.fds} files  {now.in_flight} in flight")
    return load.wrong + await judge(server, before)


async def judge(server: Server, before: Sample) -> list[str]:
    after = sample(server)
    for _ in range(50):
        if not after.in_flight:
            break
        await asyncio.sleep(0.1)
        after = sample(server)
    grown_mb, opened = after.rss_mb - before.rss_mb, after.fds - before.fds
    print(f"after the warm-up: {grown_mb:+.1f} MB (bound {RSS_GROWTH_MB}), {opened:+d} files (bound {FDS_GROWTH})")
    return [
        text
        for text, is_wrong in {
            f"memory grew by {grown_mb:.1f} MB": grown_mb > RSS_GROWTH_MB,
            f"{opened} more files are open": opened > FDS_GROWTH,
            f"{after.in_flight} requests never ended": after.in_flight,
        }.items()
        if is_wrong
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    with running() as server:
        wrong = asyncio.run(soak(server, seconds))
    log = [line for line in server.lines if "Traceback" in line]
    wrong += [f"{len(log)} tracebacks in the server's log"] if log else []
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print("0 passed, 1 failed" if wrong else "1 passed, 0 failed")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
