"""Files with rows of a user's: lists of dataclasses under the names of their sections, in YAML or JSON (which is YAML).

Keys that begin with "x-" are free, for YAML anchors.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

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


class RowsFileError(Exception):
    """One line that names the file, the row and the field."""


def read_rows(
    path: Path, kind: str, sections: Mapping[str, type], known: Mapping[str, Any] | None = None
) -> dict[str, list[Any]]:
    """Section → its rows. kind: how errors call the file. Raises RowsFileError.

    known: id → row; a row of that id has its fields where it has none of its own.
    """
    name = f"{kind} file {path.name}"
    document = _read(path, name)
    wanted = " and ".join(f"`{section}`, a list of rows" for section in sections)
    if not isinstance(document, dict) or not any(isinstance(document.get(section), list) for section in sections):
        raise RowsFileError(f"{name}: expected a mapping with {wanted}")
    for key in document:
        if key not in sections and not str(key).startswith("x-"):
            expected = " and ".join(f"`{section}`" for section in sections)
            raise RowsFileError(f"{name}: {key}: unknown key, expected {expected} (keys for anchors begin with x-)")
    return {section: _rows(document.get(section) or [], row, name, known or {}) for section, row in sections.items()}


def _read(path: Path, name: str) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RowsFileError(f"{name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise RowsFileError(f"{name}: not UTF-8 text") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise RowsFileError(f"{name}: {where}not valid YAML or JSON") from error


def _rows(values: object, row: type, name: str, known: Mapping[str, Any]) -> list[Any]:
    if not isinstance(values, list):
        raise RowsFileError(f"{name}: expected a list of rows")
    rows = [_row(value, row, f"{name}: row {number}", known) for number, value in enumerate(values, start=1)]
    _check_unique(rows, name)
    return rows


def _row(value: object, row: type, where: str, known: Mapping[str, Any]) -> Any:
    if not isinstance(value, dict):
        raise RowsFileError(f"{where}: expected a mapping")
    if isinstance(value.get("id"), str):
        where = f"{where} ({value['id']})"
        value = asdict(known[value["id"]]) | value if isinstance(known.get(value["id"]), row) else value
    try:
        made = _adapter(row).validate_json(json.dumps(value, default=str, allow_nan=False))
    except ValidationError as error:
        raise RowsFileError(f"{where}: {_describe(error.errors()[0])}") from error
    except (TypeError, ValueError) as error:
        raise RowsFileError(f"{where}: {error}") from error
    for problem in made.problems():
        raise RowsFileError(f"{where}: {problem}")
    return made


@cache
def _adapter(row: type) -> TypeAdapter[Any]:
    return TypeAdapter(row)


def _describe(error: ErrorDetails) -> str:
    field = ".".join(str(part) for part in error["loc"])
    message = _EXPECTED.get(error["type"]) or error["msg"][:1].lower() + error["msg"][1:]
    return f"{field}: {message}"


def _check_unique(rows: Iterable[Any], name: str) -> None:
    seen: set[str] = set()
    for row in rows:
        for each in (row.id, *getattr(row, "aliases", ())):
            if each in seen:
                raise RowsFileError(f"{name}: {each}: appears twice among ids and aliases")
            seen.add(each)
