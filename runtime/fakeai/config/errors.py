from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from fakeai.config.names import fields

DEFAULT = "default"


class ConfigError(Exception):
    """One line: what is wrong, and where it was said."""


def config_error(error: ValidationError, origins: Mapping[str, str]) -> ConfigError:
    """The first finding. Secrets stay out of it."""
    finding = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in finding["loc"][:2])
    message = _message(finding)
    said_by = {origins[name] for name in origins if _concerns(path, message, name)} - {DEFAULT}
    where = f" ({', '.join(sorted(said_by))})" if said_by else ""
    return ConfigError(f"{path}: {message}{_value(path, finding)}{where}" if path else f"{message}{where}")


def _concerns(path: str, message: str, name: str) -> bool:
    """Sections that contradict each other have no path: their message names the settings."""
    return name == path or name.startswith(f"{path}.") if path else name in message.split()


def _message(finding: ErrorDetails) -> str:
    message = finding["msg"].removeprefix("Value error, ")
    return " ".join((message[:1].lower() + message[1:]).split())


def _value(path: str, finding: ErrorDetails) -> str:
    value = finding["input"]
    value = str(value) if isinstance(value, Path) else value
    if not isinstance(value, str | int | float) or _is_secret(path):
        return ""
    return f", got {value!r}"


def _is_secret(path: str) -> bool:
    return path in fields() and SecretStr.__name__ in repr(fields()[path].annotation)
