"""Builds sdist and wheel, installs the wheel in a clean virtual environment and uses it: `python -m tests.wheel`."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from fakeai import __version__

ROOT = Path(__file__).parents[1]
WAIT_S = 60
NEEDED = (
    "fakeai/py.typed",
    "fakeai/content/data/moderation.txt",
    "fakeai/content/data/phrases.txt",
    "fakeai/content/data/words.txt",
    "fakeai_api/py.typed",
    "fakeai_api/openapi.json",
    "fakeai_api/openapi.json.gz",
    "fakeai_generator/py.typed",
    "fakeai_generator/templates/router.py.j2",
)
TOP_LEVEL = {"fakeai", "fakeai_api", "fakeai_generator", f"fakeai-{__version__}.dist-info"}
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5, "ignore_eos": True}


def run(*command: str | Path, cwd: Path) -> str:
    """Its output. Raises AssertionError that tells what it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FAKEAI_", "PYTHON"))}
    process = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert process.returncode == 0, f"{command}: {process.stdout}{process.stderr}"
    return process.stdout


def environment(folder: Path, *requirements: str | Path) -> Path:
    """A new virtual environment; its folder of commands."""
    venv.create(folder, with_pip=True)
    commands = folder / "bin"
    run(commands / "pip", "install", "--quiet", "--disable-pip-version-check", *requirements, cwd=folder)
    return commands


class Checks:
    """Each returns what it saw, or raises."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dist = folder / "dist"
        self.names: set[str] = set()
        self.commands = folder / "clean/bin"

    @property
    def wheel(self) -> Path:
        return next(self.dist.glob("*.whl"))

    def sdist_and_wheel_build(self) -> str:
        hatchling = environment(self.folder / "build", "hatchling") / "hatchling"
        run(hatchling, "build", "-d", self.dist, cwd=ROOT)
        with zipfile.ZipFile(self.wheel) as archive:
            self.names = set(archive.namelist())
        return ", ".join(sorted(path.name for path in self.dist.iterdir()))

    def wheel_of_the_sdist_has_the_same_files(self) -> str:
        (sdist,) = self.dist.glob("*.tar.gz")
        again = self.folder / "again"
        pip = self.folder / "build/bin/pip"
        run(pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", again, sdist, cwd=self.folder)
        with zipfile.ZipFile(next(again.glob("*.whl"))) as archive:
            assert set(archive.namelist()) == self.names
        return f"{len(self.names)} files"

    def wheel_has_the_data_and_no_tests(self) -> str:
        missing = [name for name in NEEDED if name not in self.names]
        assert not missing, missing
        assert {name.partition("/")[0] for name in self.names} == TOP_LEVEL
        assert not [name for name in self.names if re.search(r"(^|/)(tests?|conftest)\b|/test_|\.pyc$", name)]
        return f"{self.wheel.stat().st_size / 1e6:.1f} MB"

    def wheel_says_what_it_is(self) -> str:
        info = f"fakeai-{__version__}.dist-info"
        with zipfile.ZipFile(self.wheel) as archive:
            metadata = message_from_bytes(archive.read(f"{info}/METADATA"))
        assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"} <= self.names
        assert (metadata["version"], metadata["license-expression"]) == (__version__, "Apache-2.0")
        return f"fakeai {metadata['version']}, Python {metadata['requires-python']}"

    def clean_environment_has_the_command(self) -> str:
        environment(self.folder / "clean", self.wheel)
        said = run(self.commands / "fakeai", "--version", cwd=self.folder)
        assert said == f"{__version__}\n"
        return said.strip()

    def server_answers_and_obeys_sigterm(self) -> str:
        with serving(self.commands / "fakeai", self.folder) as url:
            assert ask(f"{url}/health")["status"] == "ok"
            models = ask(f"{url}/v1/models")["data"]
            whole = ask(f"{url}/v1/chat/completions", CHAT)
            text = "".join(streamed(f"{url}/v1/chat/completions", CHAT))
        assert whole["usage"]["completion_tokens"] == 5
        assert text == whole["choices"][0]["message"]["content"]
        return f"{len(models)} models; said {text!r}"


@contextmanager
def serving(command: Path, cwd: Path) -> Iterator[str]:
    """The server's URL; it must end with exit code 0."""
    process = subprocess.Popen([command, "server", "--port", "0"], cwd=cwd, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the server does not say where it listens"
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(WAIT_S)
    assert code == 0, f"exit code {code} after SIGTERM"


def send(url: str, body: dict[str, Any] | None = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json", "Authorization": "Bearer sk-fake"})
    with build_opener(ProxyHandler({})).open(request, timeout=WAIT_S) as response:
        answer: bytes = response.read()
    return answer


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    return json.loads(send(url, body))


def streamed(url: str, body: dict[str, Any]) -> Iterator[str]:
    """The text of each chunk, after a look at the end of the stream."""
    lines = send(url, body | {"stream": True}).decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""], lines[-2:]
    for line in lines[:-2]:
        yield json.loads(line.removeprefix("data: "))["choices"][0]["delta"].get("content", "")


STEPS: tuple[Callable[[Checks], str], ...] = (
    Checks.sdist_and_wheel_build,
    Checks.wheel_of_the_sdist_has_the_same_files,
    Checks.wheel_has_the_data_and_no_tests,
    Checks.wheel_says_what_it_is,
    Checks.clean_environment_has_the_command,
    Checks.server_answers_and_obeys_sigterm,
)
"""Each needs what those before it did."""


def main() -> int:
    passed = 0
    with tempfile.TemporaryDirectory(prefix="fakeai-wheel-") as folder:
        checks = Checks(Path(folder))
        for step in STEPS:
            name = step.__name__.replace("_", " ")
            try:
                print(f"passed  {name}: {step(checks)}", flush=True)
            except Exception as error:
                print(f"FAILED  {name}: {type(error).__name__}: {error}")
                break
            passed += 1
    failed = len(STEPS) - passed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
