import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from fakeai.core.efficiency import ChipEfficiency, EngineOverhead, Profile
from fakeai.core.hardware import GpuSpec, LinkSpec
from fakeai_generator.hardware import emit_hardware


def emitted(spec_dir: Path) -> dict[str, Any]:
    module: dict[str, Any] = {}
    exec(emit_hardware(spec_dir)["hardware.py"], module)
    return module


@pytest.mark.parametrize(
    ("file", "section", "row_class", "name"),
    [
        ("hardware.yaml", "gpus", GpuSpec, "GPUS"),
        ("hardware.yaml", "links", LinkSpec, "LINKS"),
        ("efficiency.yaml", "chips", ChipEfficiency, "CHIPS"),
        ("efficiency.yaml", "engines", EngineOverhead, "ENGINES"),
        ("profiles.yaml", "profiles", Profile, "PROFILES"),
    ],
)
def test_rows_have_the_schema_and_reach_the_code(
    spec_dir: Path, file: str, section: str, row_class: type, name: str
) -> None:
    rows = yaml.safe_load((spec_dir / file).read_text())[section]
    expected = [TypeAdapter(row_class).validate_json(json.dumps(row)) for row in rows]
    assert all(row.source for row in expected)
    found = emitted(spec_dir)[name]
    assert list(found.values() if isinstance(found, dict) else found) == expected


def test_links_that_chips_name_exist(spec_dir: Path) -> None:
    module = emitted(spec_dir)
    for gpu in module["GPUS"].values():
        assert {gpu.link, gpu.host_link, gpu.network} <= set(module["LINKS"])


def test_chips_that_are_asked_for_are_there(spec_dir: Path) -> None:
    wanted = (
        "a100-40g-sxm a100-80g-sxm h100-sxm h100-pcie h100-nvl h200 b200 b300 gb200 gb300 gh200 l4 l40s a10 rtx-4090 "
        "rtx-pro-6000-se mi300x mi325x mi355x"
    )
    assert set(wanted.split()) <= set(emitted(spec_dir)["GPUS"])


def test_a_misspelt_field_cannot_become_a_row(tmp_path: Path, spec_dir: Path) -> None:
    for name in ("efficiency.yaml", "profiles.yaml"):
        (tmp_path / name).write_text((spec_dir / name).read_text())
    (tmp_path / "hardware.yaml").write_text("{gpus: [], links: [{id: a, gbs: 1}]}")
    with pytest.raises(TypeError, match="gbs"):
        emitted(tmp_path)
