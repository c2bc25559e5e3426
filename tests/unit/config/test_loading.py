import re
from itertools import product
from pathlib import Path

import pytest

from fakeai.config import AppConfig
from fakeai.config.loading import ConfigError, load
from fakeai.config.names import env_name, fields

PORTS = {"cli": 1, "env": 2, "file": 3, "default": 8000}


@pytest.mark.parametrize("given", list(product([True, False], repeat=3)))
def test_the_strongest_source_wins(given: tuple[bool, bool, bool], monkeypatch: pytest.MonkeyPatch) -> None:
    says_cli, says_env, says_file = given
    Path("mine.yaml").write_text("server: {port: 3}" if says_file else "")
    if says_env:
        monkeypatch.setenv("FAKEAI_SERVER__PORT", "2")
    loaded = load({"server.port": "1"} if says_cli else {}, Path("mine.yaml"), {"server.port": "--port"})
    source = "cli" if says_cli else "env" if says_env else "file" if says_file else "default"
    origin = {"cli": "cli --port", "env": "env FAKEAI_SERVER__PORT", "file": "file mine.yaml", "default": "default"}
    assert loaded.config.server.port == PORTS[source]
    assert loaded.origins["server.port"] == origin[source]


def test_sources_add_up_within_a_section(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("fakeai.yaml").write_text("server: {host: a, port: 3, log_level: info}")
    monkeypatch.setenv("FAKEAI_SERVER__PORT", "2")
    server = load({"server.log_level": "error"}).config.server
    assert (server.host, server.port, server.log_level) == ("a", 2, "error")


def test_a_list_is_replaced_and_not_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("fakeai.yaml").write_text("server: {cors_allowed_origins: [http://a, http://b]}")
    assert load({}).config.server.cors_allowed_origins == ["http://a", "http://b"]
    monkeypatch.setenv("FAKEAI_SERVER__CORS_ALLOWED_ORIGINS", "http://c, http://d")
    assert load({}).config.server.cors_allowed_origins == ["http://c", "http://d"]
    monkeypatch.setenv("FAKEAI_SERVER__CORS_ALLOWED_ORIGINS", '["http://e"]')
    assert load({}).config.server.cors_allowed_origins == ["http://e"]


SHARES = {"cluster.gpu_memory_utilization": 0.5}
"""Numbers that cannot be greater than 1."""


def test_every_setting_has_an_origin_and_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load({})
    assert set(loaded.origins) == set(fields())
    assert set(loaded.origins.values()) == {"default"}
    for path, field in fields().items():
        section, name = path.split(".")
        default = field.get_default(call_default_factory=True)
        if isinstance(default, bool) or not isinstance(default, int | float):
            continue
        value = SHARES.get(path, default + 1)
        monkeypatch.setenv(env_name(path), str(value))
        loaded = load({})
        assert getattr(getattr(loaded.config, section), name) == value
        assert loaded.origins[path] == f"env {env_name(path)}"


def test_app_config_alone_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKEAI_LATENCY__TTFT", "30")
    monkeypatch.setenv("FAKEAI_LATENCY__ITL", "10")
    config = AppConfig(latency={"itl": "5"})  # type: ignore[arg-type]
    assert (config.latency.ttft.mean_s, config.latency.itl.mean_s) == (0.03, 0.005)


def test_the_file_may_be_named_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("fakeai.yaml").write_text("core: {seed: 1}")
    Path("other.yaml").write_text("core: {seed: 2}")
    assert load({}).config.core.seed == 1
    monkeypatch.setenv("FAKEAI_CONFIG", "other.yaml")
    assert load({}).origins["core.seed"] == "file other.yaml"
    assert load({}, Path("fakeai.yaml")).config.core.seed == 1


def test_yaml_does_not_turn_text_into_numbers() -> None:
    Path("fakeai.yaml").write_text(
        "server: {unknown_ids: 404, max_body_bytes: 1KiB}\n"
        "latency:\n  ttft: 20:5\n  itl: 10\n"
        "generation: {fixed_text: 007}\n"
        "core: {epoch: null}\n"
        "storage:\n"
    )
    config = load({}).config
    assert config.server.unknown_ids == "404"
    assert config.server.max_body_bytes == 1024
    assert (config.latency.ttft.mean_s, config.latency.ttft.jitter) == (0.02, 0.05)
    assert config.latency.itl.mean_s == 0.01
    assert config.generation.fixed_text == "007"
    assert config.core.epoch is None


def test_keys_imply_the_mode_unless_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load({}).config.auth.mode == "open"
    loaded = load({"auth.keys": ["sk-a"]}, flags={"auth.keys": "--api-key"})
    assert loaded.config.auth.mode == "keys"
    assert loaded.origins["auth.mode"] == "implied by cli --api-key"
    assert loaded.config.auth.keys[0].get_secret_value() == "sk-a"
    monkeypatch.setenv("FAKEAI_AUTH__MODE", "bearer")
    assert load({"auth.keys": ["sk-a"]}).config.auth.mode == "bearer"


def test_a_fixed_text_implies_the_mode() -> None:
    assert load({"generation.fixed_text": "Yes."}).config.generation.mode == "fixed"
    assert load({"generation.fixed_text": "Yes.", "generation.mode": "echo"}).config.generation.mode == "echo"


def test_who_writes_answers_implies_the_mode() -> None:
    upstream = {"generation.upstream_url": "http://127.0.0.1:9/v1/", "generation.upstream_model": "a"}
    loaded = load(upstream, flags={"generation.upstream_url": "--upstream-url"})
    assert (loaded.config.generation.mode, loaded.config.generation.upstream_url) == ("proxy", "http://127.0.0.1:9/v1")
    assert loaded.origins["generation.mode"] == "implied by cli --upstream-url"
    assert load({"generation.llm_path": "a"}).config.generation.mode == "llm"
    assert load(upstream | {"generation.mode": "echo"}).config.generation.mode == "echo"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"upstream_url": "http://a/v1"}, 'mode "proxy" needs generation.upstream_model'),
        ({"mode": "proxy"}, 'mode "proxy" needs generation.upstream_url'),
        ({"mode": "llm"}, 'mode "llm" needs generation.llm_path'),
        ({"upstream_model": "a"}, "upstream_model does nothing without generation.upstream_url"),
        ({"upstream_url": "a:80/v1"}, "generation.upstream_url: expected a base URL"),
        ({"upstream_url": "http://a/v1", "llm_path": "a"}, "upstream_url and llm_path mean different modes"),
    ],
)
def test_who_writes_answers_must_be_clear(given: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load({f"generation.{name}": value for name, value in given.items()})


@pytest.mark.parametrize(
    "given",
    [{"upstream_key": "sk-secret\n"}, {"upstream_key": "sk-secret\u2013"}, {"upstream_url": "http://sk-secret@a/v1"}],
)
def test_an_upstream_key_in_the_wrong_place_or_form_is_not_repeated(given: dict[str, str]) -> None:
    needed = {"upstream_url": "http://a/v1", "upstream_model": "a"}
    with pytest.raises(ConfigError, match=r"generation.*: a key") as caught:
        load({f"generation.{name}": value for name, value in (needed | given).items()})
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("FAKEAI_SERVER__PROT", "FAKEAI_SERVER__PORT"),
        ("FAKEAI_PORT", "FAKEAI_SERVER__PORT"),
        ("FAKEAI_TTFT_MS", "FAKEAI_LATENCY__TTFT"),
        ("fakeai_server_port", "FAKEAI_SERVER__PORT"),
        ("FAKEAI_SERVER", "FAKEAI_SERVER__PORT"),
    ],
)
def test_an_unknown_variable_is_an_error(name: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigError, match=f"{name}; did you mean {advice}"):
        load({})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("serve: {port: 1}", r"file fakeai.yaml: unknown setting serve.port; did you mean server.port\?"),
        ("port: 1", r"unknown setting port; did you mean server.port\?"),
        ("zebra: {stripes: 1}", "unknown setting zebra.stripes; `fakeai config show` lists them all"),
        ("server: 1", "unknown setting server"),
        ("- server", "file fakeai.yaml: expected sections"),
        ("server:\n  port: [1\nauth: 2", "file fakeai.yaml, line 3: not valid YAML"),
        ("server: {port: eighty}", r"server.port: .*integer.*got 'eighty' \(file fakeai.yaml\)"),
        ("server: {port: [1]}", r"server.port: input should be a valid integer \(file fakeai.yaml\)"),
        ("server: {port: 65536}", "server.port: input should be less than or equal to 65535"),
        ("latency: {itl: fast}", "latency.itl: expected MEAN or MEAN:JITTER .* got 'fast'"),
        ("auth: {mode: keys}", 'auth: mode "keys" needs keys'),
        ("auth: {key_file: nowhere}", "auth.key_file: path does not point to a file, got 'nowhere'"),
        ("core: {epoch: inf}", "core.epoch: input should be a finite number"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_one_line(text: str, message: str) -> None:
    Path("fakeai.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load({})
    assert "\n" not in str(caught.value)


def test_a_path_is_named_whatever_its_type() -> None:
    with pytest.raises(ConfigError, match="got 'nowhere'"):
        load({"models.file": Path("nowhere")})


def test_files_that_cannot_be_read() -> None:
    with pytest.raises(ConfigError, match=r"file nowhere.yaml: no such file or directory"):
        load({}, Path("nowhere.yaml"))
    with pytest.raises(ConfigError, match="is a directory"):
        load({}, Path("."))
    Path("latin.yaml").write_bytes(b"core: \xff")
    with pytest.raises(ConfigError, match=r"file latin.yaml: not UTF-8 text"):
        load({}, Path("latin.yaml"))


@pytest.mark.parametrize("keys", ['["sk-secret", 7]', "[sk-secret", ["sk-secret", 7], {"a": "sk-secret"}])
def test_errors_keep_keys_secret(keys: object) -> None:
    with pytest.raises(ConfigError, match=r"auth\.keys") as caught:
        load({"auth": {"keys": keys}})
    assert "sk-secret" not in str(caught.value)


def test_the_schema_of_the_configuration() -> None:
    schema = AppConfig.model_json_schema()
    definitions = schema["$defs"]
    assert set(schema["properties"]) == {path.split(".")[0] for path in fields()}
    assert definitions["LatencyConfig"]["properties"]["ttft"]["type"] == "string"
    assert definitions["ServerConfig"]["properties"]["unknown_ids"]["enum"] == ["404", "fabricate"]
    assert definitions["AuthConfig"]["properties"]["keys"]["items"]["format"] == "password"


BUCKETS = {"vllm:e2e_request_latency_seconds": [0.5, 2.0]}


@pytest.mark.parametrize("source", ["file", "environment", "command line"])
def test_a_mapping_is_a_value(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"vllm:e2e_request_latency_seconds": [0.5, 2]}'
    if source == "file":
        Path("fakeai.yaml").write_text("metrics: {buckets: {'vllm:e2e_request_latency_seconds': [0.5, 2]}}")
    elif source == "environment":
        monkeypatch.setenv("FAKEAI_METRICS__BUCKETS", text)
    given = {"metrics.buckets": text} if source == "command line" else {}
    assert load(given).config.metrics.buckets == BUCKETS
    assert load({"metrics.buckets": BUCKETS}).config.metrics.buckets == BUCKETS


@pytest.mark.parametrize("text", ["few", "1", '["few"]'])
def test_a_mapping_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match=r"metrics\.buckets: expected a JSON object"):
        load({"metrics.buckets": text})


@pytest.mark.parametrize("text", ["slow", "1", '{"worker": "worker-0"}'])
def test_a_list_of_mappings_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match=r"cluster\.faults: expected a JSON list"):
        load({"cluster.faults": text})


@pytest.mark.parametrize("hardware", ["gpu", "tp", "mode"])
@pytest.mark.parametrize("latency", ["ttft", "itl"])
def test_fixed_and_simulated_times_exclude_each_other(latency: str, hardware: str) -> None:
    value = {"gpu": "h200", "tp": "2", "mode": "simulated"}[hardware]
    Path("fakeai.yaml").write_text(f"latency: {{{latency}: 20}}")
    given = {f"cluster.{hardware}": value}
    message = f"latency.{latency} fixes the token times that cluster.{hardware} simulates"
    with pytest.raises(ConfigError, match=rf"^{message}.* \(cli --set, file fakeai.yaml\)$"):
        load(given)
    assert load(given | {f"latency.{latency}": "0"}).config.cluster.mode == "simulated"
    assert load({"cluster.replicas": "2"}).config.cluster.mode == "paced"


@pytest.mark.parametrize("worker", ["worker-2", "worker-02", "worker-", "prefill-0", "node-0", "worker-1 "])
def test_a_fault_needs_a_worker(worker: str) -> None:
    fault = f'{{"worker": "{worker}", "kind": "dead"}}'
    with pytest.raises(ConfigError, match=f"there is no '{worker}'; workers are worker-0 to worker-1"):
        load({"cluster.replicas": "2", "cluster.faults": f"[{fault}]"})


@pytest.mark.parametrize("pattern", ["ci-*", "CI*", "_*", "", "ci[0-9]"])
def test_a_pattern_of_namespaces_can_match_one(pattern: str) -> None:
    with pytest.raises(
        ConfigError, match=r"no namespace has such a name: up to 63 lower-case letters, digits"
    ) as error:
        load({"cluster.virtual_namespaces": ["ci*", "*.?_1", pattern]})
    assert str(error.value).endswith(f"got {pattern!r} (cli --set)")


def test_faults_of_every_worker() -> None:
    names = ["worker-0", "worker-1", "prefill-0"]
    rows = ", ".join(f'{{"worker": "{name}", "kind": "dead"}}' for name in names)
    loaded = load({"cluster.replicas": "2", "cluster.prefill_replicas": "1", "cluster.faults": f"[{rows}]"})
    assert [fault.worker for fault in loaded.config.cluster.faults] == names


def test_a_tree_without_prefixes_is_told() -> None:
    with pytest.raises(ConfigError, match="kv_cache: structure radix is a cache of prefixes"):
        load({"kv_cache.structure": "radix", "kv_cache.prefix_caching": "false"})
