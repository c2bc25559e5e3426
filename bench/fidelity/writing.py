"""Fitted coefficients and profiles as the files of spec/, and the folds' as the file that held-out predictions read."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.fidelity.placing import built_in
from fakeai.core.efficiency import ChipEfficiency, EngineOverhead, Profile
from fakeai.core.hardware_catalog import Hardware

SPEC = Path(__file__).parents[2] / "spec"
FOLDS = Path(__file__).parent / "folds.json"
EFFICIENCY_HEAD = """\
# What chips and engines achieve of what is published. Written by `python -m bench.fidelity DATA --fit`; not edited.
# Fields are those of ChipEfficiency and EngineOverhead in fakeai/core/efficiency.py.
"""
PROFILES_HEAD = """\
# Calibration of known combinations: factors on predicted seconds. Written by `python -m bench.fidelity DATA --fit`.
# Fields are those of Profile in fakeai/core/efficiency.py.
"""


def plain(row: Any) -> dict[str, Any]:
    """A row as a mapping, numbers to four digits."""

    def short(value: Any) -> Any:
        if isinstance(value, float):
            return float(f"{value:.4g}")
        return {key: short(entry) for key, entry in value.items()} if isinstance(value, dict) else value

    return {field.name: short(getattr(row, field.name)) for field in dataclasses.fields(row)}


def write_spec(chips: Hardware, profiles: Sequence[Profile], origin: str) -> None:
    sections = {
        "chips": [plain(dataclasses.replace(row, source=origin)) for row in chips.chips.values()],
        "engines": [plain(dataclasses.replace(row, source=origin)) for row in chips.engines.values()],
    }
    _write(SPEC / "efficiency.yaml", EFFICIENCY_HEAD, sections)
    _write(SPEC / "profiles.yaml", PROFILES_HEAD, {"profiles": [plain(row) for row in profiles]})


def _write(path: Path, head: str, sections: dict[str, list[dict[str, Any]]]) -> None:
    text = "".join(
        f"{name}:\n" + "".join(_row(row) for row in rows) if rows else f"{name}: []\n"
        for name, rows in sections.items()
    )
    path.write_text(head + text, encoding="utf-8")


def _row(row: dict[str, Any]) -> str:
    flow = yaml.safe_dump(row, default_flow_style=True, sort_keys=False, width=110).strip()
    return "  - " + flow.replace("\n", "\n   ") + "\n"


def write_folds(physics: Sequence[Hardware], profiles: Sequence[Sequence[Profile]]) -> None:
    document = {
        "physics": [
            {
                "chips": [plain(row) for row in chips.chips.values()],
                "engines": [plain(row) for row in chips.engines.values()],
            }
            for chips in physics
        ],
        "profiles": [[plain(row) for row in fold] for fold in profiles],
    }
    FOLDS.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")


def read_folds() -> tuple[list[Hardware], list[Hardware]]:
    """Hardware by fold: physics that never saw the fold's pairs, and profiles that never saw the fold's rows."""
    document = json.loads(FOLDS.read_text(encoding="utf-8"))
    shipped = built_in(calibrated=False)
    physics = [
        _hardware(
            shipped,
            (ChipEfficiency(**row) for row in fold["chips"]),
            (EngineOverhead(**row) for row in fold["engines"]),
        )
        for fold in document["physics"]
    ]
    profiles = [
        _hardware(shipped, shipped.chips.values(), shipped.engines.values(), (Profile(**row) for row in fold))
        for fold in document["profiles"]
    ]
    return physics, profiles


def _hardware(
    shipped: Hardware,
    chips: Iterable[ChipEfficiency],
    engines: Iterable[EngineOverhead],
    profiles: Iterable[Profile] = (),
) -> Hardware:
    return Hardware(shipped.gpus.values(), shipped.links.values(), chips, engines, profiles)
