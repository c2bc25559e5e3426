"""`fakeai metrics` against a real server."""

import io
import json
import subprocess
import sys
from typing import Any

import httpx
import pytest
from rich.console import Console

from fakeai.cli import main
from fakeai.cli.dashboard import view
from fakeai.core.stats import GpuStats, WorkerLabels, WorkerStats
from fakeai.telemetry.report import summary
from tests.support.process import Server
from tests.unit.telemetry.records import NOW_S, RequestRecord, registry


@pytest.fixture
def busy(server: Server) -> Server:
    chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    httpx.post(server.base_url + "/chat/completions", json=chat)
    return server


@pytest.mark.parametrize("suffix", ["", "/v1"])
def test_once_as_json(busy: Server, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", busy.url + suffix, "--once", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found["metrics"]["operations"]["createChatCompletion"]["200"] >= 1
    assert "createChatCompletion" in found["windows"]["by"]["operation"]


def test_once_as_tables(busy: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", busy.url, "--once"]) == 0
    text = capsys.readouterr().out
    assert busy.url in text
    assert "createChatCompletion" in text


def test_json_goes_on_until_it_is_stopped(busy: Server) -> None:
    command = [sys.executable, "-m", "fakeai", "metrics", busy.url, "--json", "--interval", "0.05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        times = [json.loads(process.stdout.readline())["metrics"]["now_s"] for _ in range(3)]
        process.kill()
    assert times == sorted(set(times))


@pytest.mark.parametrize("options", [["--once"], ["--once", "--json"], []])
def test_no_server_is_one_line_and_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with httpx.Client() as client, pytest.raises(httpx.ConnectError):
        client.get("http://127.0.0.1:9/")
    assert main(["metrics", "http://127.0.0.1:9", *options]) == 2
    output = capsys.readouterr()
    assert output.err == "fakeai: http://127.0.0.1:9 does not answer: Connection refused\n"
    assert output.out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["localhost"], "expected http://HOST:PORT, got 'localhost'"), (["--interval", "0"], "--interval: expected")],
)
def test_bad_arguments(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_view_shows_models_workers_chips_and_errors() -> None:
    worker = WorkerStats(capacity_blocks=100, used_blocks=37, queried_tokens=8, hit_tokens=2, generated_tokens=4321)
    chip = GpuStats("h100-sxm", "w0", 3, name="NVIDIA H100 80GB HBM3", power_w=456.7, temperature_c=61.0)
    found = registry(gpus=(chip,), workers=lambda: [(WorkerLabels("gpt-4o", "w0"), worker)], now=lambda: NOW_S + 2)
    times = (NOW_S, NOW_S, NOW_S + 0.25, NOW_S + 1, NOW_S + 1)
    found.record(RequestRecord("gpt-4o", "t", "chat_completions", "w0", 5, 0, 4, *times, "stop"))
    found.answered("createResponse", 500, NOW_S, NOW_S + 1)
    found.fold()
    metrics = summary(found)
    by: dict[str, Any] = {}
    for dimension, key in found.windows.series():
        by.setdefault(dimension, {})[key] = found.windows.report(dimension, key, ["1s", "1m"], points=False)
    console = Console(file=io.StringIO(), width=140)
    console.print(view({"metrics": metrics, "windows": {"by": by}}, "http://x"))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for wanted in ("37.0%", "25.0%", "4,321", "NVIDIA H100 80GB HBM3", "457", "250.0", "createResponse", "server 1"):
        assert wanted in text, wanted
