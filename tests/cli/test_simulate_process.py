"""`fakeai simulate` as a process, on simulated hardware."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

SESSIONS = "sessions:rate=4,turns=4,think=1,prompt=200,output=20,requests=120"


def simulate(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fakeai", "simulate", *arguments]
    process = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert process.returncode == code, process.stderr
    return process


def document(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(simulate(*arguments, "--json", "-").stdout)
    return found


def test_a_run_is_whole_and_the_same_in_every_process() -> None:
    output = simulate("--workload", SESSIONS, "--json", "-", "--requests-out", "r.jsonl").stdout
    assert simulate("--workload", SESSIONS, "--json", "-").stdout == output
    found = json.loads(output)
    assert found["requests"]["finished"] == found["requests"]["total"] == 120
    assert found["requests"]["unfinished"] == 0
    assert found["deployment"][0]["gpu"] == "h100-sxm"
    assert found["cache"]["hit_rate"] > 0.4
    assert 0 < found["utilization"]["busy"] <= 1
    assert 0 < found["utilization"]["model_flops"] < 1
    rows = [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]
    assert sum(row["cached_tokens"] for row in rows) == found["tokens"]["cached"]
    for row in rows:
        times = [row[name] for name in ("at_s", "scheduled_s", "first_token_s", "last_token_s", "done_s")]
        assert all(before <= after for before, after in pairwise(times))


def test_runs_in_other_processes_are_the_runs_in_this_one() -> None:
    arguments = ["--workload", SESSIONS, "--sweep", "replicas=1..2", "prefix_caching=true,false"]
    alone, together = document(*arguments, "--jobs", "1"), document(*arguments, "--jobs", "2")
    assert alone == together
    rates = [run["cache"]["hit_rate"] or 0 for run in alone["runs"]]
    assert [rate > 0 for rate in rates] == [True, False, True, False]
    assert [run["cost"]["gpus"] for run in alone["runs"]] == [1, 1, 2, 2]


def test_a_bad_row_found_by_another_process_is_one_line() -> None:
    Path("a.jsonl").write_text('{"at_s": 0, "prompt_tokens": 10, "output_tokens": 2}\noops\n')
    process = simulate("a.jsonl", "--sweep", "replicas=1..3", "--jobs", "2", code=2)
    assert process.stderr.startswith("fakeai: a.jsonl:2: not valid JSON")
    assert process.stderr.count("\n") == 1
    assert process.stdout == ""


def test_prompts_beyond_the_context_fail_and_answers_end_there() -> None:
    found = document(
        "--workload", "constant:rate=5,prompt=1500..2500,output=400,requests=60", "--max-model-len", "2000"
    )
    assert 0 < found["requests"]["failed"] < 60
    assert found["requests"]["failed"] + found["requests"]["finished"] == 60
    assert found["tokens"]["output"] < 400 * found["requests"]["finished"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "llama-3.1-70b"], "does not fit on 1 x h100-sxm"),
        (["--gpu", "h900"], "gpu 'h900' is not known"),
        (["--model", "no-such-model"], "no-such-model"),
        (["--tp", "3"], "its 32 attention heads cannot be divided by tp=3: 32 / 3 = 10.67"),
        (["--pp", "33"], "its 32 layers are fewer than the stages of pp=33"),
    ],
)
def test_what_cannot_be_deployed_is_one_line(arguments: list[str], said: str) -> None:
    process = simulate("--workload", SESSIONS, *arguments, code=2)
    assert said in process.stderr
    assert process.stderr.count("\n") == 1
    command = [sys.executable, "-m", "fakeai", "server", *arguments]
    server = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (server.returncode, server.stderr) == (2, process.stderr)


def test_more_chips_are_worth_it() -> None:
    load = ["--workload", "poisson:rate=60,prompt=2000,output=100,requests=400"]
    found = document(*load, "--sweep", "replicas=1,4", "--slo", "ttft_p99=1")
    one, four = found["runs"]
    assert four["latency"]["ttft_s"]["p99"] < one["latency"]["ttft_s"]["p99"]
    assert found["cheapest"] == "replicas=4"


def test_prices_decide_what_is_cheapest_and_a_file_changes_them() -> None:
    sweep = ["--workload", "poisson:rate=4,prompt=500,output=50,requests=60", "--sweep", "gpu=h100-sxm,l40s"]
    found = document(*sweep, "--slo", "ttft_p99=2")
    h100, l40s = (run["cost"]["usd_per_hour"] for run in found["runs"])
    assert h100 > l40s
    assert found["cheapest"] == "gpu=l40s"
    Path("mine.yaml").write_text("gpus: [{id: h100-sxm, usd_per_hour: 0.01}]")
    mine = document(*sweep, "--slo", "ttft_p99=2", "--hardware", "mine.yaml")
    assert mine["cheapest"] == "gpu=h100-sxm"
    assert [run["latency"] for run in mine["runs"]] == [run["latency"] for run in found["runs"]]
    cost = mine["runs"][0]["cost"]
    assert cost["usd"] == pytest.approx(0.01 * mine["runs"][0]["duration_s"] / 3600)
    assert cost["usd_per_million_output_tokens"] == pytest.approx(cost["usd"] * 1e6 / (60 * 50))
