"""`fakeai simulate`: what it reads, prints and writes, over a cluster of fixed speed; and how it refuses."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from fakeai.cli import main, runs
from fakeai.config import AppConfig
from fakeai.core.catalog import Catalog
from fakeai.engine.deploy import CannotDeploy
from tests.support.stub_cluster import StubCluster

TEN = "--workload=constant:rate=1,requests=10,output=11"


@pytest.fixture(autouse=True)
def configs(monkeypatch: pytest.MonkeyPatch) -> list[AppConfig]:
    """The configurations of the clusters that were built."""
    built: list[AppConfig] = []

    def build(config: AppConfig, catalog: Catalog) -> StubCluster:
        built.append(config)
        return StubCluster(0.1, 0.01, longest=5000)

    monkeypatch.setattr(runs, "make_cluster", build)
    return built


def simulated(*arguments: str) -> int:
    return main(["simulate", *arguments])


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert simulated(*arguments, "--json", "-") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_summary_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(TEN) == 0
    output = capsys.readouterr()
    lines = [" ".join(line.split()) for line in output.out.splitlines()]
    assert lines[0] == "test-model on test-gpu, vllm"
    assert lines[1].startswith("10 requests in 9.2 s of virtual time, simulated in ")
    assert "Time to first token 100 ms 100 ms 100 ms 100 ms 100 ms 100 ms" in lines
    assert "End to end (E2E) 200 ms 200 ms 200 ms 200 ms 200 ms 200 ms" in lines
    assert "Requests finished 10" in lines
    assert not any(line.startswith("Requests failed") for line in lines)
    assert output.err == ""


def test_json_on_standard_output_is_all_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, TEN)
    assert found["version"] == 1
    assert found["workload"] == ["constant:rate=1,requests=10,output=11"]
    assert found["requests"]["finished"] == 10
    assert found["latency"]["itl_s"]["count"] == 100
    assert found["latency"]["itl_s"]["p99"] == pytest.approx(0.01, rel=0.01)
    assert found["deployment"][0]["gpu"] == "test-gpu"


def test_the_same_seed_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--workload", "sessions:rate=2,turns=1..4,prompt=normal:50:9,requests=60"]
    one = document(capsys, *arguments, "--seed", "5")
    assert document(capsys, *arguments, "--seed", "5") == one
    assert document(capsys, *arguments, "--seed", "6") != one


def trace(name: str, *times_s: float) -> str:
    rows = [{"at_s": at_s, "prompt_tokens": 10, "output_tokens": 2} for at_s in times_s]
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return name


def test_traces_and_workloads_run_together(capsys: pytest.CaptureFixture[str]) -> None:
    one, two = trace("a.jsonl", 0, 1, 2), trace("b.jsonl", 7, 8)
    found = document(capsys, one, "--trace", two, TEN)
    assert found["requests"]["finished"] == 15
    assert found["workload"][:2] == [one, two]


@pytest.mark.parametrize(
    ("option", "requests", "duration_s"),
    [
        ("--limit=4", 4, 3.11),
        ("--duration=4.5", 5, 4.11),
        ("--start=5", 5, 4.11),
        ("--rate-scale=2", 10, 4.61),
    ],
)
def test_options_that_cut_and_scale(
    option: str, requests: int, duration_s: float, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, trace("a.jsonl", *range(10)), option)
    assert found["requests"]["total"] == requests
    assert found["duration_s"] == pytest.approx(duration_s)


def test_bad_rows_are_skipped_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.jsonl").write_text('{"at_s": 0, "prompt_tokens": 10, "output_tokens": 2}\noops\n')
    assert document(capsys, "a.jsonl", "--skip-bad")["requests"]["skipped_rows"] == 1
    assert simulated("a.jsonl", "--skip-bad") == 0
    assert re.search(r"Rows skipped +1\n", capsys.readouterr().out)


def test_failed_requests_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated("--workload", "constant:rate=1,requests=10,prompt=4900..5100") == 0
    assert re.search(r"Requests failed +\d", capsys.readouterr().out)


def test_a_format_can_be_forced() -> None:
    Path("a").write_text("2023-11-16 18:15:46.6805900,374,44\n")
    assert simulated("a", "--quiet") == 2
    assert simulated("a", "--quiet", "--format", "azure") == 0


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(TEN, "--quiet") == 0
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "")


def test_an_slo_decides_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(TEN, "--slo", "ttft_p99=0.2") == 0
    assert re.search(r"SLO +met", capsys.readouterr().out)
    assert simulated(TEN, "--slo", "ttft_p99=0.05,itl_p99=0.05") == 1
    assert re.search(r"SLO +missed: ttft_p99\n", capsys.readouterr().out)


def test_requests_are_written_as_lines() -> None:
    assert simulated(TEN, "--requests-out", "r.jsonl", "--quiet") == 0
    rows = [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]
    assert len(rows) == 10
    assert rows[0] == {
        **{"id": "0-0", "at_s": 1.0, "state": "finished", "worker": "worker-0", "model": "", "tenant": ""},
        **{"session": "0-0", "adapter": None, "priority": 0, "prompt_tokens": 1000, "cached_tokens": 0},
        **{"output_tokens": 11, "preemptions": 0, "scheduled_s": 1.0, "first_token_s": 1.1},
        **{"last_token_s": pytest.approx(1.2), "done_s": pytest.approx(1.2)},
    }


def test_requests_are_written_as_parquet() -> None:
    assert simulated(TEN, "--requests-out", "r.parquet", "--quiet") == 0
    assert simulated(TEN, "--requests-out", "r.jsonl", "--quiet") == 0
    rows = parquet.read_table("r.parquet").to_pylist()
    assert rows == [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]


def test_json_is_written_to_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(TEN, "--json", "r.json", "--quiet") == 0
    assert json.loads(Path("r.json").read_text()) == document(capsys, TEN)


def test_comparison_is_side_by_side(capsys: pytest.CaptureFixture[str], configs: list[AppConfig]) -> None:
    changes = ["--compare", "other seed:seed=9", "--compare", "rate=2,output=21"]
    assert simulated(TEN, *changes, "--jobs", "1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.split(r"  +", lines[0].strip()) == ["as given", "other seed", "rate=2 output=21"]
    rows = dict(re.split(r"  +", line.strip(), maxsplit=1) for line in lines[1:] if line.strip())
    assert rows["End to end (E2E), p50"].split("  ")[-1].strip() == "300 ms"
    assert [config.core.seed for config in configs] == [0, 9, 0]


def test_a_sweep_runs_every_combination_and_finds_the_cheapest(capsys: pytest.CaptureFixture[str]) -> None:
    sweep = ["--sweep", "rate=1..3", "output=11,21", "--slo", "e2e_p99=0.25", "--jobs", "1"]
    assert simulated(TEN, *sweep) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = re.split(r"  +", lines[0].strip())
    rows = [re.split(r"  +", line.strip()) for line in lines[1:7]]
    assert heads[:3] == ["rate", "output", "SLO"]
    assert [row[:3] for row in rows] == [
        *(["1", "11", "met"], ["1", "21", "missed: e2e_p99"]),
        *(["2", "11", "met"], ["2", "21", "missed: e2e_p99"]),
        *(["3", "11", "met"], ["3", "21", "missed: e2e_p99"]),
    ]
    assert lines[-1] == "Cheapest that meets e2e_p99=0.25: rate=3 output=11: $3.60/h, 1 GPU."
    assert all(len(row) == len(heads) for row in rows)


def test_a_sweep_that_finds_nothing_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(TEN, "--sweep", "rate=1..2", "--slo", "ttft_p50=0.01", "--jobs", "1") == 1
    assert capsys.readouterr().out.endswith("None of 2 meets ttft_p50=0.01.\n")


def test_a_sweep_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, TEN, "--sweep", "rate=1,2", "--slo", "ttft_p99=1", "--jobs", "1")
    assert [run["changes"] for run in found["runs"]] == [{"rate": "1"}, {"rate": "2"}]
    assert found["cheapest"] == "rate=2"


def test_a_deployment_that_does_not_fit_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def build(config: AppConfig, catalog: Catalog) -> StubCluster:
        if config.core.seed == 1:
            raise CannotDeploy("too big")
        return StubCluster()

    monkeypatch.setattr(runs, "make_cluster", build)
    sweep = [TEN, "--sweep", "seed=1..3", "--jobs", "1"]
    assert simulated(*sweep, "--html", "p.html") == 0
    assert "seed=1 is not possible: too big\n" in capsys.readouterr().out
    assert "seed=1 is not possible: too big" in Path("p.html").read_text()
    found = document(capsys, *sweep)
    assert found["impossible"] == [{"name": "seed=1", "changes": {"seed": "1"}, "reason": "too big"}]
    assert [run["name"] for run in found["runs"]] == ["seed=2", "seed=3"]
    assert simulated(TEN, "--seed", "1") == 2
    assert capsys.readouterr().err == "fakeai: too big\n"
    assert simulated(TEN, "--sweep", "seed=1", "--jobs", "1") == 2
    assert capsys.readouterr().err == "fakeai: too big\n"


def test_rate_scale_can_be_swept(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, trace("a.jsonl", 0, 8), "--sweep", "rate_scale=1,4", "--jobs", "1")
    assert [run["duration_s"] for run in found["runs"]] == pytest.approx([8.11, 2.11])


def page(*arguments: str) -> tuple[str, dict[str, Any]]:
    """The page without Plotly, and what is plotted."""
    assert simulated(*arguments, "--html", "p.html", "--quiet", "--jobs", "1") == 0
    text = Path("p.html").read_text()
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return text, json.loads(found[1])


def test_a_page_has_everything_in_it() -> None:
    text, data = page(TEN, "--slo", "ttft_p99=0.2")
    assert "{{" not in text.partition('<script type="application/json"')[0]
    assert not re.search(r'<(script|link|img)[^>]*(src|href)="', text)
    assert "<title>test-model on test-gpu, vllm</title>" in text
    assert "<td>200 ms</td>" in text
    assert data["slo"] == [{"measure": "ttft_s", "seconds": 0.2}]
    assert data["runs"][0]["curves"]["ttft_s"][0] == pytest.approx(0.1, rel=0.01)
    assert data["runs"][0]["series"]["finished"][-1] == 10


def test_a_page_compares() -> None:
    text, data = page(TEN, "--compare", "</script><b>:rate=2")
    assert [run["name"] for run in data["runs"]] == ["as given", "</script><b>"]
    assert "<b>:rate" not in text
    assert "<td>&lt;/script&gt;&lt;b&gt;</td>" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to simulate: name a trace, or give --workload"),
        (["nowhere.csv"], "nowhere.csv: no such file or directory"),
        (["--workload", "poison:rate=1"], "unknown kind 'poison'; did you mean poisson?"),
        (["--workload", "poisson:rate=1"], "has no end: give it requests= or duration=, or use --limit"),
        ([TEN, "--limit", "0"], "--limit: expected more than 0, got 0"),
        ([TEN, "--limit", "x"], 'Invalid value for --limit: unable to convert "x"'),
        ([TEN, "--rate-scale", "-1"], "--rate-scale: expected more than 0, got -1"),
        ([TEN, "--rate-scale", "nan"], "--rate-scale: expected more than 0, got nan"),
        ([TEN, "--duration", "-1"], "--duration: expected at least 0, got -1"),
        ([TEN, "--format", "csv"], "--format: expected one of azure, mooncake, jsonl, got 'csv'"),
        ([TEN, "--format", "azure"], "--format is about traces, and there is none"),
        ([TEN, "--ttft", "5"], "--ttft is an option of `fakeai server`; here times are simulated, and limits on them"),
        ([TEN, "--port=80"], "--port is an option of `fakeai server`"),
        ([TEN, "--slo", "ttft=1"], "slo 'ttft=1': expected"),
        ([TEN, "--compare", "rate=2", "--sweep", "rate=1,2"], "--compare and --sweep exclude each other"),
        ([TEN, "--compare", "rtae=2"], "unknown key 'rtae'; did you mean rate?"),
        ([TEN, "--compare", "seed=x"], "core.seed: input should be a valid integer"),
        ([TEN, "--compare", "rate=x"], "rate=x: 'x' is not a number"),
        ([TEN, "--compare", "seed"], "--compare: expected key=value, got 'seed'"),
        ([TEN, "--compare", "a:seed=1", "--compare", "a:seed=2"], "--compare: 'a' is there twice"),
        ([TEN, "--sweep", "rate=3..1"], "--sweep: expected FIRST..LAST, got '3..1'"),
        ([TEN, "--sweep", "rate=1", "rate=2"], "--sweep: rate is given twice"),
        ([TEN, "--sweep", "trace.csv"], "--sweep: expected key=value, got 'trace.csv'"),
        ([TEN, "--sweep", "seed=1..500", "rate=1..500"], "250000 combinations are more than 10000"),
        ([TEN, "--sweep", "rate_scale=0"], "rate_scale: expected more than 0, got '0'"),
        ([TEN, "--sweep", "rate=1,2", "--requests-out", "r.jsonl"], "--requests-out is for a single run"),
        ([TEN, "--requests-out", "r.csv"], "--requests-out: expected a name that ends in .jsonl or .parquet"),
        ([TEN, "--json", "nowhere/r.json"], "nowhere: no such directory"),
        ([TEN, "--html", "."], ".: is a directory"),
        ([TEN, "--set", "core.sed=1"], "unknown setting core.sed"),
    ],
)
def test_a_bad_command_line_is_answered_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulated(*arguments) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert output.err.startswith("fakeai: ")
    assert output.err.count("\n") == 1
    assert output.out == ""


def test_a_bad_row_names_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.jsonl").write_text('{"at_s": 0, "prompt_tokens": 10, "output_tokens": 2}\noops\n')
    assert simulated("a.jsonl") == 2
    assert capsys.readouterr().err.startswith("fakeai: a.jsonl:2: not valid JSON")


def test_a_page_without_plotly_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fakeai.cli.simulate.find_spec", lambda name: None)
    assert simulated(TEN, "--html", "p.html") == 2
    assert capsys.readouterr().err == "fakeai: --html needs plotly: pip install 'fakeai[report]'\n"


def test_a_process_ends_with_2_and_one_line() -> None:
    command = [sys.executable, "-m", "fakeai", "simulate", "--workload", "poisson:rate=no,requests=1"]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.startswith("fakeai: workload 'poisson:rate=no,requests=1': rate=no:")
    assert process.stderr.count("\n") == 1
