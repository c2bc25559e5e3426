"""One collection: objects by id, linked in the order of their creation."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from fakeai.core.operation import Document
from fakeai.state.blobs import Blob
from fakeai.state.lifecycle import Course


class Record:
    """A stored object. The document is kept as JSON bytes, so that no caller shares parts of it."""

    __slots__ = ("blob", "course", "data", "id", "newer", "older")

    def __init__(self, id: str, data: bytes, course: Course | None = None) -> None:
        self.id = id
        self.data = data
        self.course = course
        self.blob: Blob | None = None
        self.older = self
        self.newer = self

    def document(self, now_s: float) -> Document:
        document: Document = orjson.loads(self.data)
        if self.course is not None:
            self.course.apply(document, now_s)
        return document


class Records:
    """Adding, finding and removing take constant time, and a walk starts anywhere without a search."""

    def __init__(self) -> None:
        self._by_id: dict[str, Record] = {}
        self._ends = Record("", b"")
        """Older than the oldest and newer than the newest."""

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._by_id.values())

    def __contains__(self, id: str) -> bool:
        return id in self._by_id

    def get(self, id: str) -> Record | None:
        return self._by_id.get(id)

    def add(self, record: Record) -> None:
        newest = self._ends.older
        record.older, record.newer = newest, self._ends
        newest.newer = self._ends.older = record
        self._by_id[record.id] = record

    def remove(self, id: str) -> Record | None:
        record = self._by_id.pop(id, None)
        if record is not None:
            record.older.newer, record.newer.older = record.newer, record.older
        return record

    def walk(self, start: Record | None, ascending: bool) -> Iterator[Record]:
        """Records after `start` (None: from the end) towards newer ones if ascending, else towards older ones."""
        record = start or self._ends
        while (record := record.newer if ascending else record.older) is not self._ends:
            yield record
