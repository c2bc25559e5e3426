"""A real server process on a free port."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

START_S = 60


class Server:
    def __init__(self, process: "subprocess.Popen[str]", url: str, lines: list[str]) -> None:
        self.process = process
        self.url = url
        self.lines = lines

    @property
    def base_url(self) -> str:
        return self.url + "/v1"


@contextmanager
def running(*options: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Iterator[Server]:
    """`fakeai server` with these options; ended by SIGTERM, which it must obey with exit code 0."""
    command = [sys.executable, "-m", "fakeai", "server", "--port", "0", *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FAKEAI_", "OPENAI_"))}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=clean | (env or {}), cwd=cwd
    )
    lines: list[str] = []
    try:
        yield Server(process, _url(process, lines), lines)
    finally:
        process.terminate()
        code = process.wait(START_S)
    assert code == 0, "".join(lines)


def _url(process: "subprocess.Popen[str]", lines: list[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"https?://\S+", line):
            threading.Thread(target=_drain, args=(process.stdout, lines), daemon=True).start()
            return found[0]
    raise AssertionError("the server did not start: " + "".join(lines))


def _drain(output: TextIO, lines: list[str]) -> None:
    with output:
        lines.extend(output)
