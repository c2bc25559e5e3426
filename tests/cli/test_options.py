from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from cyclopts import App

from fakeai.cli import main
from fakeai.cli.options import CONTRACT, OPTIONS, Option, with_settings
from fakeai.config.loading import Loaded
from fakeai.config.names import fields

UPSTREAM = {"generation.upstream_url": "http://127.0.0.1:9/v1", "generation.upstream_model": "a"}
"""What settings of an upstream cannot do without."""
EXAMPLES = {
    "server.host": "0.0.0.0",
    "server.port": "9001",
    "server.arrival_log": "a.log",
    "server.cors_allowed_origins": "http://a.example",
    "server.max_body_bytes": "1KiB",
    "auth.keys": "sk-a",
    "auth.key_file": "a.file",
    "auth.admin_keys": "sk-admin",
    "models.file": "a.file",
    "generation.fixed_text": "Yes.",
    **UPSTREAM,
    "generation.upstream_key": "sk-up",
    "generation.llm_path": "a",
    "generation.mean_tokens": "12",
    "latency.ttft": "20:5",
    "latency.itl": "10",
    "metrics.profiles": "sglang",
    "metrics.buckets": '{"vllm:e2e_request_latency_seconds": [1, 2]}',
    "metrics.dcgm_hostname": "node-7",
    "cluster.gpu": "b200",
    "cluster.model": "llama-3.3-70b",
    "cluster.tp": "2",
    "cluster.pp": "2",
    "cluster.dp": "2",
    "cluster.ep": "2",
    "cluster.replicas": "3",
    "cluster.prefill_replicas": "1",
    "cluster.weights": "fp8",
    "cluster.kv_dtype": "fp8",
    "cluster.max_num_seqs": "64",
    "cluster.max_num_batched_tokens": "4096",
    "cluster.max_model_len": "8192",
    "cluster.gpu_memory_utilization": "0.5",
    "cluster.chunked_prefill": "false",
    "cluster.routing": "kv_aware",
    "cluster.routing_options": '{"overlap_score_credit": 0.5}',
    "cluster.max_queued": "100",
    "cluster.faults": '[{"worker": "worker-0", "kind": "slow", "factor": 2}]',
    "cluster.speculative_tokens": "3",
    "cluster.profiles": "false",
    "cluster.hardware_file": "a.file",
    "cluster.speed": "10",
    "kv_cache.block_size": "32",
    "kv_cache.prefix_caching": "false",
    "kv_cache.structure": "radix",
    "kv_cache.eviction": "lfu",
    "kv_cache.host_gb": "16",
    "core.seed": "7",
    "core.epoch": "1700000000",
}


def loaded_by(*arguments: str) -> Loaded:
    """What a command gets, through the real parser."""
    got: list[Loaded] = []

    def command(loaded: Loaded) -> int:
        got.append(loaded)
        return 0

    app = App()
    app.default(with_settings(command))
    assert app(arguments, exit_on_error=False, print_error=False, result_action="return_value") == 0
    return got[0]


def value_of(loaded: Loaded, path: str) -> Any:
    section, name = path.split(".")
    return getattr(getattr(loaded.config, section), name)


def arguments_for(option: Option) -> list[str]:
    annotation: Any = fields()[option.path].annotation
    if annotation is bool:
        return [option.flag]
    if get_origin(annotation) is Literal:
        default = fields()[option.path].default
        return [option.flag, next(choice for choice in get_args(annotation) if choice not in (default, "keys"))]
    return [option.flag, EXAMPLES[option.path]]


def needed_by(path: str) -> list[str]:
    """The options of what else has to be given."""
    others = UPSTREAM if path.startswith("generation.upstream_") else {}
    return [word for name, value in others.items() if name != path for word in ("--set", f"{name}={value}")]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.flag)
def test_every_option_changes_its_setting(option: Option) -> None:
    Path("a.file").write_text("sk-x")
    before, after = loaded_by(), loaded_by(*arguments_for(option), *needed_by(option.path))
    assert value_of(before, option.path) != value_of(after, option.path)
    assert after.origins[option.path] == f"cli {option.flag}"


@pytest.mark.parametrize("command", [["server"], ["config", "show"]])
def test_help_names_every_option(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    text = capsys.readouterr().out
    flags = [option.flag for option in OPTIONS] + ["--config", "--set", "--contract"]
    assert [flag for flag in flags if f" {flag} " not in text] == []
    assert max(map(len, text.splitlines())) <= 80
    groups = ["Server", "Auth", "Models", "Answers", "Timing", "Deployment", "KV cache", "Routing"]
    groups += ["Reproducibility", "Metrics", "Advanced"]
    assert [group for group in groups if f" {group} " not in text] == []


def test_no_setting_has_two_options() -> None:
    assert len({option.path for option in OPTIONS}) == len({option.flag for option in OPTIONS}) == len(OPTIONS)


def test_lists_repeat_their_option() -> None:
    keys = value_of(loaded_by("--api-key", "sk-a", "--api-key", "sk,b"), "auth.keys")
    assert [key.get_secret_value() for key in keys] == ["sk-a", "sk,b"]


def test_a_flag_can_be_taken_back() -> None:
    Path("fakeai.yaml").write_text("server: {access_log: yes}")
    assert value_of(loaded_by(), "server.access_log") is True
    assert value_of(loaded_by("--no-access-log"), "server.access_log") is False


@pytest.mark.parametrize("path", list(fields()))
def test_set_reaches_every_setting(path: str) -> None:
    Path("a.file").write_text("sk-x")
    annotation: Any = fields()[path].annotation
    if get_origin(annotation) is Literal:
        value = next(choice for choice in get_args(annotation) if choice not in (fields()[path].default, "keys"))
    else:
        value = EXAMPLES.get(path, "1")
    before, after = loaded_by(), loaded_by("--set", f"{path}={value}", *needed_by(path))
    assert value_of(before, path) != value_of(after, path)
    assert after.origins[path] == "cli --set"


def test_contract_answers_every_well_formed_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKEAI_AUTH__MODE", "bearer")
    loaded = loaded_by("--contract")
    assert {path: value_of(loaded, path) for path in CONTRACT} == CONTRACT
    assert {loaded.origins[path] for path in CONTRACT} == {"cli --contract"}


def test_other_options_win_over_contract() -> None:
    loaded = loaded_by("--unknown-ids", "404", "--contract", "--set", "models.unknown=error")
    assert value_of(loaded, "server.unknown_ids") == "404"
    assert value_of(loaded, "models.unknown") == "error"
    assert value_of(loaded, "server.unknown_parameters") == "ignore"


def test_config_names_the_file() -> None:
    Path("mine.yaml").write_text("core: {seed: 5}")
    loaded = loaded_by("--config", "mine.yaml")
    assert (loaded.config.core.seed, loaded.origins["core.seed"]) == (5, "file mine.yaml")
