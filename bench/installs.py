"""Other projects' servers, installed into the benchmark's own folder; a reason where that cannot be."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.plan import Plan

AIMOCK = "@copilotkit/aimock@1.43.0"
EARLIER = ("fakeai==0.3.2", "pillow")
INSTALL_TIMEOUT_S = 180


def aimock(plan: Plan) -> Path | None:
    folder = plan.folder / "aimock"
    program = folder / "node_modules/.bin/llmock"
    if not shutil.which("node") or not shutil.which("npm"):
        plan.skipped["aimock"] = "node or npm is missing"
        return None
    npm = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), AIMOCK]
    return _installed(plan, "aimock", program, [npm])


def earlier(plan: Plan) -> Path | None:
    folder = plan.folder / "earlier"
    make = [sys.executable, "-m", "venv", str(folder)]
    pip = [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", *EARLIER]
    return _installed(plan, "fakeai 0.3.2", folder / "bin/fakeai", [make, pip])


def _installed(plan: Plan, name: str, program: Path, commands: Sequence[Sequence[str]]) -> Path | None:
    if program.exists():
        return program
    for command in commands:
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", None) or error).strip().splitlines()
            plan.skipped[name] = f"not installable: {said[-1] if said else type(error).__name__}"
            return None
    return program
