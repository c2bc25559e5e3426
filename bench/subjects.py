"""What is measured and what it is compared with."""

import json
import sys
from pathlib import Path

from bench import installs
from bench.plan import Plan
from bench.process import Command

KEY = "sk-fake-default-bench"

_BARE = Path(__file__).with_name("bare.py")


def fakeai(*options: str, name: str = "fakeai") -> Command:
    return Command(name, [sys.executable, "-m", "fakeai", "server", "--port", "{port}", *options])


def bare(recording: Path) -> Command:
    """(a) uvicorn with httptools and uvloop that sends the recorded bytes."""
    return Command(f"bare-{recording.stem}", [sys.executable, "-P", str(_BARE), str(recording), "{port}"])


def aimock(plan: Plan, text: str) -> Command | None:
    """(b) with one fixture that answers everything with `text`."""
    program = installs.aimock(plan)
    if program is None:
        return None
    fixture = plan.folder / "aimock-fixture.json"
    fixture.write_text(json.dumps({"fixtures": [{"match": {}, "response": {"content": text}}]}))
    argv = [str(program), "--port", "{port}", "--fixtures", str(fixture), "--log-level", "silent"]
    return Command("aimock", argv)


def earlier(plan: Plan) -> Command | None:
    """(c) fakeai 0.3.2 without its delays."""
    program = installs.earlier(plan)
    if program is None:
        return None
    argv = [str(program), "server", "--host", "127.0.0.1", "--port", "{port}"]
    return Command("fakeai-0.3.2", [*argv, "--response-delay", "0", "--no-random-delay"])
