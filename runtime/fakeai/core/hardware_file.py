"""Hardware files, for `--hardware FILE`: `gpus` and `links`, as in spec/hardware.yaml; either may be missing."""

from collections.abc import Mapping
from pathlib import Path

from fakeai.core.hardware import GpuSpec, LinkSpec
from fakeai.core.rows_file import read_rows


def load_hardware(path: Path, known: Mapping[str, GpuSpec | LinkSpec]) -> tuple[list[GpuSpec], list[LinkSpec]]:
    """known: id → built-in row; of those only what differs need be said. Raises RowsFileError."""
    rows = read_rows(path, "hardware", {"gpus": GpuSpec, "links": LinkSpec}, known)
    return rows["gpus"], rows["links"]
