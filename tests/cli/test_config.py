from pathlib import Path

import pytest
import yaml

from fakeai.cli import main
from fakeai.cli.config import as_yaml
from fakeai.config.loading import load


def test_what_is_shown_is_a_file_that_says_the_same() -> None:
    settings = {
        "server.unknown_ids": "fabricate",
        "latency.ttft": "20:5",
        "generation.fixed_text": 'a "b": # c\n- d ü',
        "server.cors_allowed_origins": ["http://a, b"],
        "core.epoch": 17.5,
    }
    loaded = load(settings)
    Path("shown.yaml").write_text(as_yaml(loaded), encoding="utf-8")
    assert load({}, Path("shown.yaml")).config == loaded.config


def test_other_yaml_readers_see_the_same_words() -> None:
    shown = yaml.safe_load(as_yaml(load({"latency.ttft": "20:5", "server.host": "null"})))
    assert (shown["latency"]["ttft"], shown["server"]["unknown_ids"]) == ("20:5", "404")
    assert (shown["server"]["host"], shown["core"]["epoch"]) == ("null", None)


def test_keys_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    upstream = ["--upstream-url", "http://a/v1", "--upstream-model", "a", "--upstream-key", "sk-secret"]
    assert main(["config", "show", "--api-key", "sk-secret", "--admin-key", "sk-secret", *upstream]) == 0
    text = capsys.readouterr().out
    assert "sk-secret" not in text
    assert "cli --api-key" in text
