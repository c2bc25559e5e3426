"""Whatever a stream holds and whenever it is due: it arrives whole, in order, in time, and it can be left."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.clock import RealClock, VirtualClock
from fakeai.core.reply import Batch
from fakeai.server.asgi import Send, Watcher
from fakeai.server.sse import CHUNKS_PER_WRITE, WRITE_BYTES, write_pieces

pytestmark = [pytest.mark.unit, pytest.mark.streaming]

Pair = tuple[float, bytes]
BATCHES = st.lists(
    st.lists(st.tuples(st.floats(min_value=0, max_value=100), st.binary(min_size=1, max_size=8)), max_size=60),
    max_size=4,
)


class Source:
    """Batches, and whether the iterator was closed."""

    def __init__(self, batches: Iterable[list[Pair]]) -> None:
        self.batches = batches
        self.is_closed = False

    async def iterate(self) -> AsyncIterator[list[Pair]]:
        try:
            for batch in self.batches:
                yield batch
        finally:
            self.is_closed = True


class Client:
    """Collects writes with the time of each; leaves after so many of them."""

    def __init__(self, clock: Any, leaves_after: int | None = None) -> None:
        self.clock = clock
        self.leaves_after = leaves_after
        self.writes: list[tuple[float, bytes]] = []
        self.ends = 0
        self.left = asyncio.Event()

    async def send(self, message: Any) -> None:
        if message["more_body"]:
            self.writes.append((self.clock.now(), message["body"]))
        else:
            self.ends += 1
        if len(self.writes) == self.leaves_after:
            self.left.set()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}


async def write(source: Source, client: Client) -> None:
    await write_pieces(source.iterate(), client.clock, client.send, Watcher(client.receive))


class Congested(Watcher):
    """A client that some writes have to wait for."""

    def __init__(self, client: Client, is_slow: Iterable[bool]) -> None:
        super().__init__(client.receive)
        self.client = client
        self.is_slow = iter(is_slow)

    def write(self, send: Send, body: bytes) -> bool:
        if next(self.is_slow, False):
            return False
        self.client.writes.append((self.client.clock.now(), body))
        return True


def in_order(batches: list[list[Pair]]) -> list[list[Pair]]:
    """The same pairs with due times that never fall."""
    times = iter(sorted(due for batch in batches for due, _ in batch))
    return [[(next(times), piece) for _, piece in batch] for batch in batches]


@given(BATCHES)
def test_bytes_are_whole_and_in_order(drawn: list[list[Pair]]) -> None:
    async def main() -> None:
        batches = in_order(drawn)
        source, client = Source(batches), Client(VirtualClock())
        await write(source, client)
        pairs = [pair for batch in batches for pair in batch]
        assert b"".join(body for _, body in client.writes) == b"".join(piece for _, piece in pairs)
        assert client.ends == 1
        assert source.is_closed

    asyncio.run(main())


@given(BATCHES)
def test_every_piece_is_written_when_it_is_due(drawn: list[list[Pair]]) -> None:
    """Never early; and on the virtual clock, which only moves when the writer waits, never late."""

    async def main() -> None:
        batches = in_order([[(float(due), b"x") for due, _ in batch] for batch in drawn])
        client = Client(VirtualClock())
        await write(Source(batches), client)
        written = [at for at, body in client.writes for _ in body]
        assert written == [due for batch in batches for due, _ in batch]

    asyncio.run(main())


@given(st.lists(st.binary(min_size=1, max_size=4), max_size=200))
def test_what_is_due_together_leaves_in_few_writes(pieces: list[bytes]) -> None:
    async def main() -> None:
        client = Client(VirtualClock())
        await write(Source([[(0.0, piece) for piece in pieces]]), client)
        assert len(client.writes) == -(-len(pieces) // CHUNKS_PER_WRITE)

    asyncio.run(main())


def test_a_large_piece_leaves_at_once_with_what_was_before_it() -> None:
    async def main() -> None:
        client = Client(VirtualClock())
        large = bytes(WRITE_BYTES)
        await write(Source([[(0.0, piece) for piece in (b"a", large, large, b"b")]]), client)
        assert [body for _, body in client.writes] == [b"a" + large, large, b"b"]

    asyncio.run(main())


async def test_leaving_during_a_wait_ends_it_at_once() -> None:
    clock = RealClock()
    client = Client(clock, leaves_after=1)
    hour_s = clock.now() + 3600
    source = Source([[(0.0, b"first"), (hour_s, b"never")]])
    with pytest.raises(asyncio.CancelledError):
        await _in_a_task(write(source, client))
    assert [body for _, body in client.writes] == [b"first"]
    assert client.ends == 0
    assert source.is_closed


async def test_leaving_a_long_stream_that_is_due_at_once_ends_it() -> None:
    client = Client(RealClock(), leaves_after=3)
    source = Source([[(0.0, b"x")] * 100_000])
    with pytest.raises(asyncio.CancelledError):
        await _in_a_task(write(source, client))
    assert len(client.writes) < 100
    assert source.is_closed


async def _in_a_task(work: Any) -> None:
    await asyncio.create_task(work)


async def test_a_source_that_fails_is_closed_and_the_stream_stays_open_ended() -> None:
    """No end is sent: the client sees that the answer was cut off."""
    client = Client(VirtualClock())

    async def broken() -> AsyncIterator[list[Pair]]:
        yield [(0.0, b"first")]
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        await write_pieces(broken(), client.clock, client.send, Watcher(client.receive))
    assert client.ends == 0


async def test_other_tasks_run_during_a_long_stream() -> None:
    client = Client(RealClock())
    turns = 0

    async def neighbour() -> None:
        nonlocal turns
        while client.ends == 0:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(neighbour())
    await write(Source([[(0.0, b"x")] * 10_000]), client)
    await task
    assert turns > 10


@given(st.lists(st.binary(min_size=1, max_size=4), max_size=20), st.lists(st.booleans(), max_size=30))
def test_what_is_pushed_while_the_iterator_waits(pieces: list[bytes], is_slow: list[bool]) -> None:
    """Whatever could not be written at once is written before what comes after it."""

    async def main() -> None:
        client, is_over, goes_on = Client(VirtualClock()), asyncio.Event(), asyncio.Event()
        takes: list[Callable[[Batch], bool]] = []

        async def batches() -> AsyncIterator[list[Pair]]:
            yield [(0.0, b"<")]
            while not is_over.is_set():
                await goes_on.wait()
                goes_on.clear()
                yield []
            yield [(0.0, b">")]

        departure = Congested(client, is_slow)
        writing = write_pieces(batches(), client.clock, client.send, departure, push=takes.append)
        task = asyncio.create_task(writing)
        await asyncio.sleep(0)
        for piece in pieces:
            if not takes[0]([(0.0, piece)]):
                goes_on.set()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        is_over.set()
        goes_on.set()
        await task
        assert b"".join(body for _, body in client.writes) == b"<" + b"".join(pieces) + b">"
        assert client.ends == 1

    asyncio.run(main())
