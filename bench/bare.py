"""The least that an ASGI application can do: read the request, send recorded bytes. Run as a script, alone."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn

Message = MutableMapping[str, Any]


class Replay:
    def __init__(self, recording: dict[str, Any]) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in recording["headers"]]
        self._start = {"type": "http.response.start", "status": recording["status"], "headers": headers}
        *pieces, last = [piece.encode() for piece in recording["pieces"]]
        self._pieces = [{"type": "http.response.body", "body": piece, "more_body": True} for piece in pieces]
        self._last = {"type": "http.response.body", "body": last}
        self._pause_s = recording["pause_s"]

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        while (await receive()).get("more_body"):
            pass
        await send(self._start)
        due_s = time.monotonic()
        for piece in self._pieces:
            if self._pause_s:
                due_s += self._pause_s
                await asyncio.sleep(due_s - time.monotonic())
            await send(piece)
        await send(self._last)


def main(recording: str, port: str) -> None:
    uvicorn.run(
        Replay(json.loads(Path(recording).read_text())),
        host="127.0.0.1",
        port=int(port),
        http="httptools",
        loop="uvloop",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
