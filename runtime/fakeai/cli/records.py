"""A file with one row for each request."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from fakeai.sim.request import SimRequest, State

_ROWS = 8192
"""Rows that Parquet writes at once: what is in memory."""


class Records(Protocol):
    def write(self, request: SimRequest) -> None: ...


def row(request: SimRequest) -> dict[str, Any]:
    """Times are virtual seconds; what did not happen is null."""
    return {
        "id": request.id,
        "at_s": request.arrival_s,
        "state": State(request.state).name.lower(),
        "worker": request.worker,
        "model": request.model,
        "tenant": request.tenant,
        "session": request.session,
        "adapter": request.adapter,
        "priority": request.priority,
        "prompt_tokens": request.prompt_tokens,
        "cached_tokens": request.cached_tokens,
        "output_tokens": request.produced_tokens,
        "preemptions": request.preemptions,
        "scheduled_s": _when(request.first_scheduled_s),
        "first_token_s": _when(request.first_token_s),
        "last_token_s": _when(request.last_token_s),
        "done_s": _when(request.done_s),
    }


def _when(at_s: float) -> float | None:
    return at_s if at_s >= 0 else None


class _Lines:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")

    def write(self, request: SimRequest) -> None:
        self._file.write(json.dumps(row(request)) + "\n")

    def close(self) -> None:
        self._file.close()


class _Parquet:
    def __init__(self, path: Path) -> None:
        import pyarrow as arrow
        from pyarrow import parquet

        kinds = {str: arrow.string(), int: arrow.int64(), float: arrow.float64()}
        self._schema = arrow.schema([(name, kinds[kind]) for name, kind in _COLUMNS.items()])
        self._batch = arrow.RecordBatch
        self._file = parquet.ParquetWriter(path, self._schema)
        self._rows: list[dict[str, Any]] = []

    def write(self, request: SimRequest) -> None:
        self._rows.append(row(request))
        if len(self._rows) >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        self._file.write_batch(self._batch.from_pylist(self._rows, self._schema))
        self._rows = []

    def close(self) -> None:
        self._flush()
        self._file.close()


@contextmanager
def records(path: Path) -> Iterator[Records]:
    """Parquet if the name ends so, else a line of JSON each. Raises OSError."""
    writer = _Parquet(path) if path.suffix == PARQUET else _Lines(path)
    try:
        yield writer
    finally:
        writer.close()


PARQUET = ".parquet"
_COLUMNS: dict[str, type] = {
    **dict.fromkeys(("id", "state", "worker", "model", "tenant", "session", "adapter"), str),
    **dict.fromkeys(("priority", "prompt_tokens", "cached_tokens", "output_tokens", "preemptions"), int),
    **dict.fromkeys(("at_s", "scheduled_s", "first_token_s", "last_token_s", "done_s"), float),
}
