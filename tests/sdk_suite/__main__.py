"""`python -m tests.sdk_suite [--sdk VERSION|latest] [--quick] [--write]`"""

import argparse
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version as installed_version
from pathlib import Path

from tests.sdk_suite import report
from tests.sdk_suite.sdist import Unreachable, site_of, tests_of
from tests.support.process import running

PAGE = Path(__file__).parents[2] / "docs" / "sdk-suite.md"
TEST_TIMEOUT_S = 60
SUITE_TIMEOUT_S = 900
ALL = "not aiohttp"
"""The aiohttp variants repeat the asynchronous tests over another HTTP library."""
QUICK = "strict and not Async"


def main() -> int:
    options = _options()
    try:
        version, folder = tests_of(options.sdk)
        site = site_of(version)
    except Unreachable as error:
        print(f"skipped: the SDK's tests cannot be had: {error}")
        print("0 passed, 0 failed")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        record = Path(scratch) / "record.jsonl"
        with running("--contract") as server:
            _run(folder, site, server.base_url, record, QUICK if options.quick else ALL)
        results = report.read(record)
    return _conclude(version, results, options.write)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sdk_suite", description=__doc__)
    parser.add_argument("--sdk", default=installed_version("openai"), help="version, or latest [%(default)s]")
    parser.add_argument("--quick", action="store_true", help="synchronous strict tests only")
    parser.add_argument("--write", action="store_true", help=f"write the figures to {PAGE.name}")
    return parser.parse_args()


def _run(folder: Path, site: Path | None, base_url: str, record: Path, selection: str) -> None:
    """Raises RuntimeError if the tests could not be run at all."""
    path = [str(part) for part in (Path(__file__).parent, site) if part]
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(path),
        "TEST_API_BASE_URL": base_url,
        "FAKEAI_SDK_RECORD": str(record),
    }
    command = [sys.executable, "-m", "pytest", "tests/api_resources", "-o", "addopts=", "-p", "recorder"]
    command += ["-p", "no:cacheprovider", "-n", "2", "-q", "--tb=short", "--timeout", str(TEST_TIMEOUT_S)]
    done = subprocess.run(
        [*command, "-k", selection], cwd=folder, env=env, capture_output=True, text=True, timeout=SUITE_TIMEOUT_S
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout[-4000:] + done.stderr[-4000:])


def _conclude(version: str, results: list[report.Result], write: bool) -> int:
    verdicts = [result.verdict for result in results]
    for lines in (report.failures(results), report.table(results), report.allowed(results)):
        print(*lines, sep="\n", end="\n\n")
    if write:
        PAGE.write_text(_page(version, results), encoding="utf-8")
    failed = verdicts.count("failed")
    print(f"openai {version}: {verdicts.count('allowed')} failures allowed")
    print(f"{verdicts.count('passed')} passed, {failed} failed")
    return int(failed > 0)


def _page(version: str, results: list[report.Result]) -> str:
    return "\n".join(
        [
            "# The SDK's own tests",
            "",
            f"The source of `openai` {version} comes with generated tests of every method, which expect a server that",
            "answers any well-formed request. `make sdk-suite` runs them, the synchronous and the asynchronous ones,",
            "against `fakeai server --contract`, with retries off. It records what each test sends: those that ask the",
            "server nothing count for nothing, and those that ask for endpoints which the contract does not have (the",
            "SDK is newer than the published contract) are counted apart.",
            "",
            *report.table(results),
            "",
            *(f"- {line}" for line in report.allowed(results)),
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
