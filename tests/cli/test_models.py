import json
from pathlib import Path

import pytest

from fakeai.cli import main
from fakeai_api.catalog import MODELS

ROW = """models:
- {id: my-own-model, owned_by: me, context_window: 1234, max_output_tokens: 56, aliases: [mine], prices: {input: 0.25}}
"""


def test_every_model_of_the_catalog_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split()[:4] == ["MODEL", "OWNER", "CONTEXT", "OUTPUT"]
    assert [line.split()[0] for line in lines] == list(MODELS)


@pytest.mark.parametrize("variable", [False, True])
def test_a_file_adds_models(
    variable: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("more.yaml").write_text(ROW)
    if variable:
        monkeypatch.setenv("FAKEAI_MODELS__FILE", "more.yaml")
    assert main(["models", "--search", "MY-OWN", *([] if variable else ["--models", "more.yaml"])]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:]] == [["my-own-model", "me", "1,234", "56", "0.25", "-", "mine"]]


def test_json_has_every_fact(capsys: pytest.CaptureFixture[str]) -> None:
    Path("more.yaml").write_text(ROW)
    assert main(["models", "--models", "more.yaml", "--search", "my-own", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["context_window"], row["prices"]["input"]) == ("my-own-model", 1234, 0.25)


def test_a_search_looks_at_aliases(capsys: pytest.CaptureFixture[str]) -> None:
    spec = next(spec for spec in MODELS.values() if spec.aliases)
    assert main(["models", "--search", spec.aliases[0], "--json"]) == 0
    assert spec.id in {row["id"] for row in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--search", "no such model"], 1, "no model matches 'no such model'"),
        (
            ["--models", "nowhere.yaml"],
            2,
            "models.file: path does not point to a file, got 'nowhere.yaml' (cli --models)",
        ),
        (["--models", "bad.yaml"], 2, "catalog file bad.yaml: expected a mapping with `models`"),
    ],
)
def test_nothing_to_list_is_one_line(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bad.yaml").write_text("rows: []")
    assert main(["models", *arguments]) == code
    output = capsys.readouterr()
    assert output.err.startswith(f"fakeai: {said}")
    assert (output.out, output.err.count("\n")) == ("", 1)
