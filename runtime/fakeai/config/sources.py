"""What files and the environment say, as "section.field" → value."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic_settings import EnvSettingsSource

from fakeai.config import AppConfig
from fakeai.config.errors import ConfigError
from fakeai.config.names import ENV_PREFIX, env_name, fields, nearest, path_of_env

FILE_VARIABLE = "FAKEAI_CONFIG"
DEFAULT_FILE = Path("fakeai.yaml")


def from_environment() -> dict[str, Any]:
    """Raises ConfigError for a variable with our prefix that names no setting."""
    for name in sorted(os.environ):
        if name.upper().startswith(ENV_PREFIX) and name.upper() != FILE_VARIABLE:
            _check_variable(name)
    return dict(flatten(EnvSettingsSource(AppConfig)()))


def _check_variable(name: str) -> None:
    path = path_of_env(name)
    if path not in fields():
        meant = nearest(path) or nearest(path.replace("_", ".", 1))
        raise ConfigError(f"unknown environment variable {name}{_advice(meant and env_name(meant))}")


def configuration_file(given: Path | None) -> Path | None:
    """The file of --config, of FAKEAI_CONFIG, or fakeai.yaml in the working directory if there is one."""
    if given is not None:
        return given
    if name := os.environ.get(FILE_VARIABLE):
        return Path(name)
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def from_file(path: Path) -> dict[str, Any]:
    """Raises ConfigError."""
    document = _parse(path)
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"file {path}: expected sections, each a mapping of settings")
    values = {name: value for name, value in flatten(document) if value is not None}
    check_names(values, f"file {path}")
    return values


def _parse(path: Path) -> Any:
    from fakeai.config.plain_yaml import parse  # only who has a file pays for it

    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"file {path}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"file {path}: not UTF-8 text") from error
    except ValueError as error:
        raise ConfigError(f"file {path}, {error}") from error


def flatten(sections: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """A section that is no mapping keeps its own name as path; so does a path whose value is a mapping."""
    for section, values in sections.items():
        if isinstance(values, Mapping) and "." not in str(section):
            yield from ((f"{section}.{name}", value) for name, value in values.items())
        else:
            yield str(section), values


def check_names(paths: Iterable[str], where: str) -> None:
    for path in paths:
        if path not in fields():
            raise ConfigError(f"{where}: unknown setting {path}{_advice(nearest(path))}")


def _advice(meant: str | None) -> str:
    return f"; did you mean {meant}?" if meant else "; `fakeai config show` lists them all"
