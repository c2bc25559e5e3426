"""Catalog files, for `--models FILE`: `models`, a list of ModelSpec rows as in spec/models.yaml."""

from pathlib import Path

from fakeai.core.rows_file import read_rows
from fakeai.core.specs import ModelSpec


def load_file(path: Path) -> list[ModelSpec]:
    """Raises RowsFileError."""
    return read_rows(path, "catalog", {"models": ModelSpec})["models"]
