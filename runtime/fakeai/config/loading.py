"""One configuration from all sources: command line over environment over file over default."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fakeai.config import AppConfig
from fakeai.config.auth import IMPLY_KEYS
from fakeai.config.cluster import IMPLY_SIMULATED
from fakeai.config.errors import DEFAULT, ConfigError, config_error
from fakeai.config.generation import IMPLY_MODE
from fakeai.config.names import env_name, fields
from fakeai.config.sources import check_names, configuration_file, flatten, from_environment, from_file

__all__ = ["ConfigError", "Loaded", "load"]


@dataclass(frozen=True, slots=True)
class Loaded:
    config: AppConfig
    origins: Mapping[str, str]
    """Setting → "default", "file x.yaml", "env FAKEAI_…", "cli --port", or what implied it."""


def load(cli: Mapping[str, Any], file: Path | None = None, flags: Mapping[str, str] | None = None) -> Loaded:
    """Raises ConfigError.

    cli: "section.field" → value, or nested mappings. flags: path → the option that set it, --set where missing.
    """
    values: dict[str, Any] = {}
    origins = dict.fromkeys(fields(), DEFAULT)
    for path, value, origin in _statements(dict(flatten(cli)), file, flags or {}):
        values[path] = value
        origins[path] = origin
    try:
        config = AppConfig(**_nested(values))
    except ValidationError as error:
        raise config_error(error, origins) from error
    return Loaded(config, origins | _implied(config, origins))


def _statements(cli: dict[str, Any], file: Path | None, flags: Mapping[str, str]) -> list[tuple[str, Any, str]]:
    """(path, value, origin), the weakest first."""
    path = configuration_file(file)
    stated = [(name, value, f"file {path}") for name, value in (from_file(path) if path else {}).items()]
    stated += [(name, value, f"env {env_name(name)}") for name, value in from_environment().items()]
    check_names(cli, "--set")
    return stated + [(name, value, f"cli {flags.get(name, '--set')}") for name, value in cli.items()]


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    sections: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        section, _, name = path.partition(".")
        sections.setdefault(section, {})[name] = value
    return sections


def _implied(config: AppConfig, origins: Mapping[str, str]) -> dict[str, str]:
    """Origins of modes that nobody set, but that something else asked for."""
    implied = {}
    for section, mode, names in _IMPLYING:
        reasons = [origins[f"{section}.{name}"] for name in names if origins[f"{section}.{name}"] != DEFAULT]
        if origins[f"{section}.mode"] == DEFAULT and getattr(config, section).mode == mode:
            implied[f"{section}.mode"] = f"implied by {reasons[0]}"
    return implied


_IMPLYING = [
    ("auth", "keys", IMPLY_KEYS),
    *[("generation", mode, (name,)) for name, mode in IMPLY_MODE.items()],
    ("cluster", "simulated", IMPLY_SIMULATED),
]
