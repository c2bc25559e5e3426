import asyncio

from fakeai.server.corked import Corked


class Wire(asyncio.Transport):
    """Refuses, as uvloop does, what is written after the end."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.closed:
            raise RuntimeError("the handler is closed")
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


async def corked() -> tuple[Corked, Wire, list[str]]:
    loop, failed = asyncio.get_running_loop(), list[str]()
    loop.set_exception_handler(lambda _, context: failed.append(context["message"]))
    wire = Wire()
    return Corked(wire, loop), wire, failed


def test_the_writes_of_a_turn_are_one() -> None:
    async def run() -> None:
        transport, wire, failed = await corked()
        transport.write(b"head")
        transport.write(b"body")
        assert wire.written == []
        await asyncio.sleep(0)
        transport.write(b"next")
        await asyncio.sleep(0)
        assert (wire.written, failed) == ([b"headbody", b"next"], [])

    asyncio.run(run())


def test_closing_sends_what_is_left() -> None:
    async def run() -> None:
        transport, wire, failed = await corked()
        transport.write(b"last")
        transport.close()
        await asyncio.sleep(0)
        assert (wire.written, wire.closed, failed) == ([b"last"], True, [])

    asyncio.run(run())


def test_a_client_that_leaves_within_the_turn_is_no_error() -> None:
    async def run() -> None:
        transport, wire, failed = await corked()
        transport.write(b"unheard")
        wire.closed = True
        await asyncio.sleep(0)
        assert (wire.written, failed) == ([], [])

    asyncio.run(run())
