import json
from pathlib import Path

import pytest

from fakeai.core.catalog_file import load_file
from fakeai.core.rows_file import RowsFileError
from fakeai.core.specs import ImageTokens, ModelSpec, Prices


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "models.yaml"
    path.write_text(text)
    return path


def problem(tmp_path: Path, text: str) -> str:
    with pytest.raises(RowsFileError) as caught:
        load_file(written(tmp_path, text))
    message = str(caught.value)
    assert message.startswith("catalog file models.yaml: ")
    assert "\n" not in message
    return message.removeprefix("catalog file models.yaml: ")


def test_a_row_needs_only_an_id(tmp_path: Path) -> None:
    assert load_file(written(tmp_path, "models: [{id: mine}]")) == [ModelSpec(id="mine")]


def test_rows_may_share_anchors(tmp_path: Path) -> None:
    text = """
x-family: &small {context_window: 4096, prices: {input: 1, output: 2.5}, image_tokens: {kind: tile, base: 85}}
models:
- {<<: *small, id: a, shutdown_date: 2027-01-14}
- {<<: *small, id: b, aliases: [c], context_window: 8192}
"""
    first, second = load_file(written(tmp_path, text))
    assert (first.context_window, second.context_window, second.aliases) == (4096, 8192, ("c",))
    assert first.prices == Prices(input=1, output=2.5)
    assert first.image_tokens == ImageTokens("tile", base=85)
    assert first.shutdown_date == "2027-01-14"


def test_json_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    path.write_text(json.dumps({"models": [{"id": "mine", "endpoints": ["chat"]}]}))
    assert load_file(path)[0].endpoints == ("chat",)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{id: m, context_window: many}", "row 1 (m): context_window: expected an integer"),
        ('{id: m, context_window: "4096"}', "row 1 (m): context_window: expected an integer"),
        ("{id: m, prices: {input: free}}", "row 1 (m): prices.input: expected a number"),
        ("{id: m, prices: {inputs: 1}}", "row 1 (m): prices.inputs: unknown field"),
        ("{id: m, prices: 3}", "row 1 (m): prices: expected a mapping"),
        ("{id: m, capabilities: {tools: 1}}", "row 1 (m): capabilities.tools: expected true or false"),
        ("{id: m, aliases: n}", "row 1 (m): aliases: expected a list"),
        ("{id: m, contxt_window: 1}", "row 1 (m): contxt_window: unknown field"),
        ("{context_window: 1}", "row 1: id: is missing"),
        ("{id: 7}", "row 1: id: expected a string"),
        ('{id: ""}', "row 1 (): id: is empty"),
        ("{id: m, architecture: {layers: 3}}", "row 1 (m): architecture.hidden: is missing"),
        ("{id: m, context_window: -1}", "row 1 (m): context_window: is negative"),
        ("{id: m, prices: {usd_per_image: {hd: -1}}}", "row 1 (m): prices.usd_per_image: is negative"),
        ("{id: m, context_window: 10, max_output_tokens: 11}", "row 1 (m): max_output_tokens: is more than context_"),
        ("{id: m, prices: {input: 1, cached_input: 2}}", "row 1 (m): prices.cached_input: is more than prices.input"),
        ("{id: m, prices: {input: .nan}}", "row 1 (m): "),
        ("{id: m}, {id: n, aliases: [m]}", "m: appears twice among ids and aliases"),
        ("{id: n}, {id: m, endpoints: [chats]}", "row 2 (m): endpoints.0: input should be 'chat'"),
        ("just text", "row 1: expected a mapping"),
    ],
)
def test_a_bad_row_is_one_line_that_names_the_field(tmp_path: Path, row: str, message: str) -> None:
    assert problem(tmp_path, f"models: [{row}]").startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "expected a mapping with `models`"),
        ("", "expected a mapping with `models`"),
        ("models: {a: b}", "expected a mapping with `models`"),
        ("models: []\nfamilies: {}", "families: unknown key"),
        ("models:\n- {id: a\n- {id: b}", "line 3: not valid YAML or JSON"),
        ("models: [{id: a, x: !!python/name:os.system }]", "line 1: not valid YAML or JSON"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    assert problem(tmp_path, text).startswith(message)


def test_missing_and_binary_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(RowsFileError, match=r"catalog file none.yaml: No such file or directory$"):
        load_file(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RowsFileError, match=r"catalog file b.yaml: not UTF-8 text$"):
        load_file(tmp_path / "b.yaml")
