"""A source that reads a trace line by line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fakeai.core.seeds import derive
from fakeai.sim.hashing import TokenHashes, TraceHashes
from fakeai.sim.identity import NamedText
from fakeai.sim.request import BlockHashes, SimRequest
from fakeai.sim.source import NEVER, Arrival
from fakeai.sim.trace_rows import FORMATS, HEADER, BadRow, Row

MAX_LINE_BYTES = 64 * 1024 * 1024


class TraceError(Exception):
    """One line: file, line number, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How traces are read."""

    format: str | None = None
    """None: recognised by the first row."""
    skip_bad: bool = False
    rate_scale: float = 1.0
    """2: requests come twice as fast."""
    start_s: float = 0.0
    """Rows of so many seconds at the beginning are left out."""


class Trace:
    """Times count from the first row, or from start_s after it."""

    def __init__(self, path: Path, seed: int, number: int, block_size: int, reading: Reading) -> None:
        """number: of the trace among the sources of a run. Raises TraceError."""
        self.path = path
        self.skipped = 0
        self._seed = seed
        self._number = number
        self._block_size = block_size
        self._reading = reading
        self._parse: Callable[[bytes], Row] | None = FORMATS[reading.format] if reading.format else None
        self._line = 0
        self._read_bytes = 0
        self._origin_s: float | None = None
        self._last_s = -NEVER
        try:
            self._file = path.open("rb")
            self._size_bytes = max(1, path.stat().st_size)
        except OSError as error:
            raise TraceError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        self._next = self._read()
        if self._next is None:
            left_out = f"; {self.skipped} bad rows were skipped" if self.skipped else ""
            raise TraceError(f"{path}: no requests in it{left_out}")

    @property
    def next_s(self) -> float:
        return self._time(self._next.at_s) if self._next else NEVER

    def take(self) -> Arrival:
        row = self._next
        assert row is not None
        request = SimRequest(
            f"{self._number}-{self._line}",
            self._time(row.at_s),
            row.prompt_tokens,
            row.output_tokens,
            self._identity(row),
            model=row.model,
            tenant=row.tenant,
            session=row.session,
            adapter=row.adapter,
            priority=row.priority,
            max_tokens=row.max_tokens,
        )
        self._next = self._read()
        return Arrival(request, NEVER if row.cancel_at_s is None else self._time(row.cancel_at_s))

    def done(self, request: SimRequest, now_s: float) -> None:
        """A trace goes on whatever happens."""

    @property
    def progress(self) -> float:
        return self._read_bytes / self._size_bytes

    @property
    def ends(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()

    def _time(self, at_s: float) -> float:
        return (at_s - (self._origin_s or 0.0)) / self._reading.rate_scale

    def _read(self) -> Row | None:
        """The next row that is good and not before the start. Raises TraceError."""
        while line := self._file.readline(MAX_LINE_BYTES):
            self._line += 1
            self._read_bytes += len(line)
            try:
                row = self._row(line)
            except BadRow as error:
                if not self._reading.skip_bad:
                    self.close()
                    raise TraceError(f"{self.path}:{self._line}: {error}") from error
                self.skipped += 1
                continue
            if row and row.at_s >= (self._origin_s or 0.0):
                return row
        self.close()
        return None

    def _row(self, line: bytes) -> Row | None:
        """None for a line that holds no row. Raises BadRow."""
        if len(line) >= MAX_LINE_BYTES:
            raise BadRow(f"longer than {MAX_LINE_BYTES} bytes")
        if not line.strip():
            return None
        if self._parse is None:
            self._parse = FORMATS[recognised(line)]
        if self._line == 1 and _is_header(line):
            return None
        row = self._parse(line)
        if row.at_s < self._last_s:
            raise BadRow(f"time goes back by {self._last_s - row.at_s:g} s")
        self._last_s = row.at_s
        if self._origin_s is None:
            self._origin_s = row.at_s + self._reading.start_s
        return row

    def _identity(self, row: Row) -> BlockHashes:
        adapter = row.adapter or ""
        name = derive(self._seed, "row", self._number, self._line)
        if row.prompt_ids is not None:
            ids = [*row.prompt_ids, *(row.output_ids or ())]
            known_as = (adapter, adapter) if adapter else None
            return TokenHashes(ids, self._block_size, salt=row.tenant, adapter=known_as)
        if row.hash_ids is not None:
            total = row.prompt_tokens + row.output_tokens
            return TraceHashes(row.hash_ids, row.block_tokens, row.hashed_tokens, total, name, self._block_size)
        if row.session is not None:
            name = derive(self._seed, "session", row.session, row.tenant, adapter)
        prefix = derive(self._seed, "prefix", row.prefix, row.tenant, adapter)
        return NamedText(name, self._block_size, prefix, row.prefix_tokens)


def recognised(line: bytes) -> str:
    """The name of the format of a first line. Raises BadRow."""
    if _is_header(line):
        return "azure"
    if line.lstrip()[:1] == b"{":
        is_mooncake = b'"input_length"' in line or (b'"hash_ids"' in line and b'"block_tokens"' not in line)
        return "mooncake" if is_mooncake else "jsonl"
    known = ", ".join(FORMATS)
    raise BadRow(f"neither a JSON object nor the header {','.join(HEADER)}; --format says what it is ({known})")


def _is_header(line: bytes) -> bool:
    return line.removeprefix(b"\xef\xbb\xbf").strip() == ",".join(HEADER).encode()
