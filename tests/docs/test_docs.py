"""What the documentation says exists, and what exists is documented."""

import json
import re
import shlex
from itertools import takewhile
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from fakeai.cli import app
from fakeai.cli.options import CONTRACT, OPTIONS, from_options
from fakeai.cli.variants import compared, swept
from fakeai.config import AppConfig
from fakeai.config.banner import banner
from fakeai.config.loading import load
from fakeai.config.names import fields
from fakeai.config.sources import from_file
from fakeai.content.moderation import OF_IMAGES, THRESHOLDS, moderate
from fakeai.core.catalog_file import load_file
from fakeai.core.hardware_file import load_hardware
from fakeai.sim.slo import slo
from fakeai.sim.trace_rows import own
from fakeai.sim.workload import workload
from fakeai_api.catalog import MODELS
from fakeai_api.hardware import GPUS, LINKS
from tests.docs.pages import DOCS, PAGES, ROOT, WRITTEN, blocks, code, name, table

pytestmark = pytest.mark.unit

FOLDERS = ("docs", "examples", "generated", "generator", "runtime", "spec", "tests", "bench", ".github")


def shown(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def test_every_setting_is_documented_with_its_option_and_default() -> None:
    sections = AppConfig().model_dump(mode="json")
    options = {option.path: option.flag for option in OPTIONS}
    expected = {
        path: (options.get(path, ""), shown(sections[path.partition(".")[0]][path.partition(".")[2]]))
        for path in fields()
    }
    rows = table("configuration.md", "Settings")
    assert {code(row[0])[0]: ("".join(code(row[1])), "".join(code(row[2]))) for row in rows} == expected


def test_the_choices_of_a_setting_are_documented() -> None:
    for setting, _, _, meaning in table("configuration.md", "Settings"):
        choices = get_args(fields()[code(setting)[0]].annotation)
        missing = {choice for choice in choices if isinstance(choice, str)} - set(code(meaning))
        assert not missing, setting


def test_every_moderation_category_is_documented() -> None:
    rows = [(code(category)[0], *row) for category, *row in table("moderation.md", "Categories")]
    assert {category: float(threshold) for category, threshold, _, _ in rows} == THRESHOLDS
    assert {category for category, _, of_images, _ in rows if of_images == "yes"} == set(OF_IMAGES)
    assert [category for category, _, _, phrase in rows if not moderate(phrase)["categories"][category]] == []


def test_what_contract_sets_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text()
    assert [path for path, value in CONTRACT.items() if f"`{path}={shown(value)}`" not in text] == []


@pytest.mark.parametrize(
    "command",
    [line for block in blocks("sh") for line in block.text.splitlines() if re.match(r"([A-Z_]+=\S+ )*fakeai ", line)],
)
def test_commands_are_valid(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks("yaml"):
        if block.title not in ("", "fakeai.yaml"):
            (tmp_path / block.title).write_text(block.text)
    words = shlex.split(command, comments=True)
    function, bound, *_ = app.parse_args(words[words.index("fakeai") + 1 :], exit_on_error=False, print_error=False)
    assert function.__name__ in words
    if function.__name__ in ("server", "show"):
        from_options(bound.kwargs)


def simulations() -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.text.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("fakeai simulate ")]


@pytest.mark.parametrize("words", simulations(), ids=" ".join)
def test_simulations_say_what_there_is(words: list[str]) -> None:
    for option, read in {"--workload": workload, "--slo": slo, "--compare": lambda text: compared([text])}.items():
        for index in (index for index, word in enumerate(words) if word == option):
            read(words[index + 1])
    if "--sweep" in words:
        after = words[words.index("--sweep") + 1 :]
        assert len(swept(list(takewhile(lambda word: not word.startswith("--"), after)))) > 1


def test_the_rows_of_the_simulation_page_are_read() -> None:
    rows = [line for block in blocks("json") if block.page.endswith("simulate.md") for line in block.text.splitlines()]
    assert len([own(row.encode()) for row in rows]) == 4


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if block.title], ids=str)
def test_files_are_valid(block: Any, tmp_path: Path) -> None:
    path = tmp_path / block.title
    path.write_text(block.text)
    if block.title == "models.yaml":
        assert load_file(path)
    elif block.title == "hardware.yaml":
        assert all(load_hardware(path, {**GPUS, **LINKS}))
    else:
        assert load(from_file(path)).config != AppConfig()


def test_the_banner_is_as_shown() -> None:
    shown_block = next(block.text for block in blocks("text") if block.page == "docs/getting-started.md")
    assert banner(load({}), "http://127.0.0.1:8000", len(MODELS)) + "\n" == shown_block


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    paths = [word for word in code(text) if re.fullmatch(rf"({'|'.join(FOLDERS)})/[\w./-]*", word)]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    modules = re.findall(r"`((?:\w+/)+\w+\.py)`", text)
    roots = [ROOT, ROOT / "runtime/fakeai"]
    assert [module for module in modules if not any((root / module).exists() for root in roots)] == []


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    written = {link for link in links if not link.endswith("coverage.md")}
    assert [link for link in written if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_navigation() -> None:
    def pages(entry: Any) -> list[str]:
        if isinstance(entry, str):
            return [entry]
        return [page for child in (entry.values() if isinstance(entry, dict) else entry) for page in pages(child)]

    nav = pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])
    assert sorted({*nav} - {"coverage.md"}) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "decisions/index.md").read_text()
    assert re.findall(r"\]\((\d{4}-[^)]+)\)", index) == sorted(page.name for page in DOCS.glob("decisions/0*.md"))


def test_error_codes_are_those_of_the_server() -> None:
    source = "".join(path.read_text() for path in (ROOT / "runtime/fakeai").rglob("*.py"))
    documented = [word for row in table("errors-and-auth.md", "Errors") for word in code(row[2])]
    assert documented
    assert [word for word in documented if f'"{word}"' not in source] == []


def test_overlays_and_their_keys_are_documented() -> None:
    overlays = sorted((ROOT / "spec/overlays").glob("*.yaml"))
    text = (DOCS / "generator.md").read_text()
    used = {key for path in overlays for key in re.findall(r"x-fakeai-[a-z-]+", path.read_text())}
    assert used == set(re.findall(r"`(x-fakeai-[a-z-]+)`", text))
    assert [path.name for path in overlays if f"`{path.name}`" not in text] == []
