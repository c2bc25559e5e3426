"""The SDK's source distribution, which holds its tests, and the SDK itself where another version is installed."""

import re
import subprocess
import sys
import tarfile
from importlib.metadata import version as installed_version
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"
LATEST = "latest"
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


class Unreachable(Exception):
    """The package registry does not answer; says why."""


def tests_of(version: str) -> tuple[str, Path]:
    """Exact version and the folder with its `tests`, downloaded when it is not cached."""
    folder = CACHE / f"openai-{version}"
    if version == LATEST or not folder.is_dir():
        archive = _download("openai" if version == LATEST else f"openai=={version}")
        version = archive.name.removeprefix("openai-").removesuffix(".tar.gz")
        folder = CACHE / f"openai-{version}"
        with tarfile.open(archive) as packed:
            packed.extractall(CACHE, filter="data")
    return version, folder


def site_of(version: str) -> Path | None:
    """A folder to import this version of the SDK from; None if it is the installed one."""
    if version == installed_version("openai"):
        return None
    site = CACHE / f"openai-site-{version}"
    if not site.is_dir():
        _pip("install", "--quiet", "--target", str(site), f"openai=={version}")
    return site


def _download(requirement: str) -> Path:
    CACHE.mkdir(exist_ok=True)
    _pip("download", "--no-binary", "openai", "--no-deps", "--dest", str(CACHE), requirement)
    found = sorted(CACHE.glob("openai-*.tar.gz"), key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)])
    _, _, wanted = requirement.partition("==")
    return CACHE / f"openai-{wanted}.tar.gz" if wanted else found[-1]


def _pip(*arguments: str) -> None:
    """Raises Unreachable, also for a version that does not exist: pip tells both in the same words."""
    done = subprocess.run([*_PIP, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise Unreachable((errors or done.stderr.splitlines() or ["pip failed without a word"])[-1])
