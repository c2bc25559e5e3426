"""Catalog files: the format of spec/models.yaml, for `--models FILE` as well.

A mapping with `models`, a list of ModelSpec rows. Keys that begin with "x-" are free, for YAML anchors.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from fakeai.core.specs import ModelSpec

_EXPECTED = {
    "int_type": "expected an integer",
    "float_type": "expected a number",
    "string_type": "expected a string",
    "bool_type": "expected true or false",
    "tuple_type": "expected a list",
    "dataclass_type": "expected a mapping",
    "dict_type": "expected a mapping",
    "missing": "is missing",
    "unexpected_keyword_argument": "unknown field",
}


class CatalogFileError(Exception):
    """One line that names the file, the row and the field."""


def load_file(path: Path) -> list[ModelSpec]:
    """YAML or JSON (which is YAML). Raises CatalogFileError."""
    name = f"catalog file {path.name}"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogFileError(f"{name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise CatalogFileError(f"{name}: not UTF-8 text") from error
    except yaml.YAMLError as error:
        raise CatalogFileError(f"{name}: {_where(error)}not valid YAML or JSON") from error
    return _parse_document(document, name)


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}: " if mark else ""


def _parse_document(document: object, name: str) -> list[ModelSpec]:
    if not isinstance(document, dict) or not isinstance(document.get("models"), list):
        raise CatalogFileError(f"{name}: expected a mapping with `models`, a list of rows")
    unknown = [key for key in document if key != "models" and not str(key).startswith("x-")]
    if unknown:
        raise CatalogFileError(f"{name}: {unknown[0]}: unknown key, expected `models` (keys for anchors begin with x-)")
    specs = [_parse_row(row, f"{name}: row {number}") for number, row in enumerate(document["models"], start=1)]
    _check_unique(specs, name)
    return specs


def _parse_row(row: object, where: str) -> ModelSpec:
    if not isinstance(row, dict):
        raise CatalogFileError(f"{where}: expected a mapping")
    where = f"{where} ({row['id']})" if isinstance(row.get("id"), str) else where
    try:
        spec = _row_adapter().validate_json(json.dumps(row, default=str, allow_nan=False))
    except ValidationError as error:
        raise CatalogFileError(f"{where}: {_describe(error.errors()[0])}") from error
    except (TypeError, ValueError) as error:
        raise CatalogFileError(f"{where}: {error}") from error
    for problem in _contradictions(spec):
        raise CatalogFileError(f"{where}: {problem}")
    return spec


@cache
def _row_adapter() -> TypeAdapter[ModelSpec]:
    return TypeAdapter(ModelSpec)


def _describe(error: ErrorDetails) -> str:
    field = ".".join(str(part) for part in error["loc"])
    message = _EXPECTED.get(error["type"]) or error["msg"][:1].lower() + error["msg"][1:]
    return f"{field}: {message}"


def _contradictions(spec: ModelSpec) -> Iterable[str]:
    if not spec.id:
        yield "id: is empty"
    for field, value in _numbers(spec):
        if value < 0:
            yield f"{field}: is negative"
    if spec.context_window and (spec.max_output_tokens or 0) > spec.context_window:
        yield "max_output_tokens: is more than context_window"
    if (spec.prices.cached_input or 0) > (spec.prices.input or 0):
        yield "prices.cached_input: is more than prices.input"


def _numbers(spec: ModelSpec) -> Iterable[tuple[str, float]]:
    groups = (("", spec), ("prices.", spec.prices), ("architecture.", spec.architecture))
    for prefix, group in groups:
        for field in group.__slots__ if group else ():
            value = getattr(group, field)
            entries = value.items() if isinstance(value, dict) else [("", value)]
            yield from ((f"{prefix}{field}", n) for _, n in entries if isinstance(n, int | float))


def _check_unique(specs: Iterable[ModelSpec], name: str) -> None:
    seen: set[str] = set()
    for spec in specs:
        for model_id in (spec.id, *spec.aliases):
            if model_id in seen:
                raise CatalogFileError(f"{name}: {model_id}: appears twice among ids and aliases")
            seen.add(model_id)
