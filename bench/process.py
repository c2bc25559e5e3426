"""One server process on a core of its own."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 5.0
POLL_S = 0.002
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Command:
    """`argv` with "{port}" where the port goes."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Running:
    name: str
    port: int
    process: subprocess.Popen[bytes]
    spawned_s: float
    """time.perf_counter() at the start."""

    def cpu_s(self) -> float:
        """Of the threads that live; exact to the nanosecond, unlike the ticks in /proc/PID/stat."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def rss_mb(self) -> float:
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * _PAGE_BYTES / 1e6

    def connect(self) -> socket.socket:
        """Waits until the server listens. Raises RuntimeError if it never does."""
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=START_TIMEOUT_S)
            except OSError:
                if self.process.poll() is not None or time.perf_counter() - self.spawned_s > START_TIMEOUT_S:
                    raise RuntimeError(f"{self.name} does not listen; see its log") from None
                time.sleep(POLL_S)


@contextmanager
def running(command: Command, core: int, folder: Path) -> Iterator[Running]:
    """The process, spawned but not waited for. Ends it afterwards."""
    port = _free_port()
    argv = [part.replace("{port}", str(port)) for part in command.argv]
    environment = _clean_environment() | dict(command.environment or {})
    with (folder / f"{command.name}.log").open("wb") as log:
        spawned_s = time.perf_counter()
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        try:
            yield Running(command.name, port, process, spawned_s)
        finally:
            _stop(process)


def _clean_environment() -> dict[str, str]:
    """Without what changes how Python or a server starts: byte code is cached and settings are the defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FAKEAI_"))}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
