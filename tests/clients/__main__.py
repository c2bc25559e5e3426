"""Agent frameworks against a real server, each in a virtual environment of its own: `python -m tests.clients [NAME…]`.

Their newest versions are what users have, so none is pinned: a failure here may be news.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

from tests.support.process import running

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".cache" / "clients"
TIMEOUT_S = 120

CLIENTS = {
    "openai": ["openai"],
    "openai_agents": ["openai-agents"],
    "langchain_openai": ["langchain-openai"],
    "pydantic_ai": ["pydantic-ai-slim[openai]"],
    "instructor": ["instructor"],
    "litellm": ["litellm"],
    "llama_index": ["llama-index-core", "llama-index-llms-openai"],
}
"""Script use_<name>.py → what it needs."""


class CannotInstall(Exception):
    """With what pip says last."""


def python_of(name: str) -> Path:
    """Of the client's environment, which is made if there is none. Raises CannotInstall."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *CLIENTS[name]]
        process = subprocess.run(pip, check=False, capture_output=True, text=True)
        if process.returncode:
            raise CannotInstall((process.stderr.strip() or "pip fails").splitlines()[-1])
        (folder / "ready").touch()
    return python


def use(name: str, url: str) -> bool:
    try:
        python = python_of(name)
    except CannotInstall as error:
        print(f"{name:20}skipped, it cannot be installed here: {error}", flush=True)
        return True
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "PYTHON", "FAKEAI_"))},
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": f"sk-fake-{name}-1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "true",
    }
    script = HERE / f"use_{name}.py"
    process = subprocess.run(
        [python, "-W", "ignore", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    print(f"{name:20}{'ok' if process.returncode == 0 else 'FAILED'}", flush=True)
    if process.returncode:
        print(process.stdout[-1000:] + process.stderr[-3000:])
    return process.returncode == 0


def main(names: list[str]) -> int:
    unknown = set(names) - CLIENTS.keys()
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(CLIENTS)}", file=sys.stderr)
        return 2
    with running() as server:
        failed = [name for name in names or CLIENTS if not use(name, server.url)]
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
