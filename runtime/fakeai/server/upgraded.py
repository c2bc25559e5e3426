"""uvicorn's protocol of WebSockets, imported with its library when the first client asks for one."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from fakeai.server.websocket import ENDING


class Upgraded(WebSocketsSansIOProtocol):
    def shutdown(self) -> None:
        """The application is told, and closes the connection when what runs on it has ended."""
        if self.handshake_complete and not self.close_sent:
            message: Any = {"type": ENDING}
            self.queue.put_nowait(message)
        else:
            super().shutdown()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True  # refused, which is an answer too
