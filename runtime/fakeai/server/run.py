"""Runs the application on uvicorn until a signal ends it."""

import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

import uvicorn

from fakeai.config.banner import banner
from fakeai.config.loading import Loaded
from fakeai.core.errors import ApiError
from fakeai.server.app import App
from fakeai.server.asgi import Application
from fakeai.server.protocol import Protocol
from fakeai.server.turns import State

BACKLOG = 2048
GC_THRESHOLDS = (10_000, 20, 10)
"""Answers make hardly any cycles: looking for them every 700 objects, which is Python's rule, takes 3 % of the time."""


def serve(loaded: Loaded) -> int:
    """Blocks until SIGINT or SIGTERM, lets running answers end within the grace period, and returns 0.

    Raises OSError if the address cannot be bound, RowsFileError for a bad models file.
    """
    config = loaded.config.server
    with bind(config.host, config.port) as listener:
        app = App(loaded.config)
        threading.Thread(target=_warm, args=(app,), name="warm", daemon=True).start()
        server = _Server(_settings(loaded, app), lambda: banner(loaded, _base_url(listener), len(app.catalog.specs())))
        try:
            server.run(sockets=[listener])
        finally:
            app.close()
    return 0


def _warm(app: App) -> None:
    try:
        app.warm()
    except ApiError as error:
        print(f"fakeai: {error.message}", file=sys.stderr, flush=True)
    gc.freeze()  # modules and vocabularies stay for good: the collector need not walk them again and again
    gc.set_threshold(*GC_THRESHOLDS)


def bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _settings(loaded: Loaded, app: App) -> uvicorn.Config:
    config = loaded.config.server
    return uvicorn.Config(
        with_cors(app, config.cors_allowed_origins),
        http=Protocol,
        ws="none",  # the protocol has its own way to WebSockets
        ws_max_size=int(config.max_body_bytes),
        lifespan="off",
        log_level=config.log_level,
        access_log=config.access_log,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=ceil(config.shutdown_grace_s),
    )


def with_cors(app: Application, origins: list[str]) -> Application:
    if not origins:
        return app
    from starlette.middleware.cors import CORSMiddleware

    anything = ["*"]
    return CORSMiddleware(app, allow_origins=origins, allow_methods=anything, allow_headers=anything)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], str]) -> None:
        super().__init__(config)
        self.server_state = State()
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._announce(), flush=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a signal that was obeyed is not raised again: the process exits with 0."""
        previous = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
