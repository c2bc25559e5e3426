"""The examples and every Python snippet of the documentation, run as a user would, against a real server."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, blocks
from tests.support.process import Server, running

pytestmark = pytest.mark.service

EXAMPLES = {
    "chat.py": "finish reason: length\n23 prompt + 60 completion tokens",
    "streaming.py": "40 tokens",
    "files_and_batches.py": "validating\ncompleted\ncancelled",
    "paging.py": "['file-0.txt', 'file-1.txt', 'file-2.txt']\n['file-6.txt']",
    "test_with_fakeai.py": "3 passed",
}
"""What each prints, among other lines and in this order."""


def run(arguments: list[str], url: str, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FAKEAI_", "PYTEST_", "COV_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    env = clean | {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-fake", "PATH": path}
    process = subprocess.run(
        [sys.executable, *arguments], env=env, cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def assert_lines_in_order(output: str, expected: str) -> None:
    lines = iter(output.splitlines())
    for wanted in expected.splitlines():
        assert any(wanted in line for line in lines), f"{wanted!r} is not there, or not in order:\n{output}"


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: str, server: Server, tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / example, tmp_path)
    runner = ["-m", "pytest", "-p", "no:cacheprovider"] if example.startswith("test_") else []
    assert_lines_in_order(run([*runner, example], server.base_url, tmp_path), EXAMPLES[example])


def test_example_of_errors(tmp_path: Path) -> None:
    with running("--ttft", "500", "--fixed-text", "Here I am.") as slow:
        output = run([str(ROOT / "examples/errors_and_retries.py")], slow.base_url, tmp_path)
    errors = (
        "404 model_not_found\n400 decimal_above_max_value temperature\n404 No such File object: file-none request req_"
    )
    assert_lines_in_order(output, f"{errors}\ntimed out, twice\nHere I am.")


DEPLOYMENT = ("--gpu", "h100-sxm", "--tp", "4", "--replicas", "2", "--routing", "kv_aware", "--model", "llama-3.3-70b")


def test_example_of_a_deployment(tmp_path: Path) -> None:
    """Four such chips at their published 989 TFLOPS need 257 ms for 7,217 tokens of 70.55 billion parameters."""
    with running(*DEPLOYMENT) as deployed:
        output = run([str(ROOT / "examples/simulated_deployment.py")], deployed.base_url, tmp_path)
    assert_lines_in_order(output, "ms, 0 of 7217 tokens cached\nms, 7200 of 7217 tokens cached")
    first_ms = int(output.split()[3])
    assert first_ms >= 257


def test_example_of_simulate(tmp_path: Path) -> None:
    output = run([str(ROOT / "examples/simulate.py")], "", tmp_path)
    assert_lines_in_order(output, "1 x l40s: p99 of TTFT\n2 x l40s: p99 of TTFT\n4 x l40s: p99 of TTFT")
    ttft_s = [float(line.split()[6]) for line in output.splitlines()]
    assert ttft_s == sorted(ttft_s, reverse=True)
    assert ttft_s[0] > 10 * ttft_s[1]


ALONE = {"errors_and_retries.py", "simulated_deployment.py", "simulate.py"}
"""Those that need a server of their own, or none."""


def test_every_example_is_run() -> None:
    assert {path.name for path in ROOT.glob("examples/*.py")} == {*EXAMPLES, *ALONE}


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_snippet(block: Block, server: Server, tmp_path: Path) -> None:
    assert run(["-c", block.text], server.base_url, tmp_path) or "print" not in block.text
