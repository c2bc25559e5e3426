"""What a service method returns."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from fakeai.core.operation import Document

Batch = Iterable[tuple[float, bytes]]
Batches = AsyncIterator[Batch]


@dataclass(slots=True)
class Reply:
    """One complete answer: a document is sent as JSON, bytes as they are."""

    body: Document | bytes | None
    status: int | None = None
    """None: what the contract says for success."""
    media_type: str | None = None
    """None: application/json for a document, else what the contract says."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Stream:
    """An answer in pieces: (due, bytes) pairs, due in the call's clock, never falling.

    They come in batches: what is known at once needs no step of an asynchronous iterator per token. The server writes
    each piece when it is due and closes the iterator when the client goes away.
    """

    batches: Batches
    media_type: str = "text/event-stream; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    push: Callable[[Callable[[Batch], bool]], None] | None = None
    """Gets the server's way to write what is due at once, and may use it while the iterator waits, which is cheaper
    than waking it. What could not be written (False) is before the next batch."""


Answer = Reply | Stream
