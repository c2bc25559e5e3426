"""Hardware files, for `--hardware FILE`: `gpus` and `links`, as in spec/hardware.yaml; either may be missing."""

from pathlib import Path

from fakeai.core.hardware import GpuSpec, LinkSpec
from fakeai.core.rows_file import read_rows


def load_hardware(path: Path) -> tuple[list[GpuSpec], list[LinkSpec]]:
    """Raises RowsFileError."""
    rows = read_rows(path, "hardware", {"gpus": GpuSpec, "links": LinkSpec})
    return rows["gpus"], rows["links"]
