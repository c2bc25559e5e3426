"""Bytes of uploaded files: small ones in memory, large ones in a temporary folder."""

import shutil
import weakref
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from fakeai.core.call import Upload


@dataclass(frozen=True, slots=True)
class Spilled:
    """An upload whose bytes are in a file."""

    filename: str
    media_type: str
    path: Path


Blob = Upload | Spilled


class Blobs:
    """The blobs of one namespace. Their folder is made at the first large one and goes with this object."""

    def __init__(self, spill_above_bytes: int | None) -> None:
        self._spill_above_bytes = spill_above_bytes
        self._folder: str | None = None
        self._spilled = 0

    def put(self, upload: Upload) -> Blob:
        if self._spill_above_bytes is None or len(upload.data) <= self._spill_above_bytes:
            return upload
        if self._folder is None:
            self._folder = mkdtemp(prefix="fakeai-")
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._spilled += 1
        path = Path(self._folder, str(self._spilled))
        path.write_bytes(upload.data)
        return Spilled(upload.filename, upload.media_type, path)

    def get(self, blob: Blob) -> Upload:
        return blob if isinstance(blob, Upload) else Upload(blob.filename, blob.media_type, blob.path.read_bytes())

    def drop(self, blob: Blob) -> None:
        if isinstance(blob, Spilled):
            blob.path.unlink(missing_ok=True)
