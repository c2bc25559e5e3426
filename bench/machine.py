"""The machine a run was made on, and which of its cores does what."""

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("fakeai", "uvicorn", "httptools", "uvloop", "orjson", "pydantic", "tiktoken")


@dataclass(frozen=True, slots=True)
class Cores:
    """The same core for both on a machine that has only one."""

    server: int
    load: int


def cores() -> Cores:
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[-1])


def load_average() -> float:
    return os.getloadavg()[0]


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def facts(load_at_start: float) -> dict[str, str]:
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "CPU": f"{cpu_model()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "load average at the start": f"{load_at_start:.2f}",
        "Python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }
