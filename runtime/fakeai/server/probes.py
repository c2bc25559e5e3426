"""Health and version, answered without FastAPI: its import takes 0.3 s, and probes come first."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from fakeai import __version__
from fakeai.core.errors import ApiError
from fakeai.server import headers as http
from fakeai.server.asgi import Scope, Send

if TYPE_CHECKING:
    from fakeai.server.app import App

Probe = Callable[["App"], tuple[int, dict[str, Any]]]


def _health(app: "App") -> tuple[int, dict[str, Any]]:
    return 200, {"status": "ok", "version": __version__, "uptime_s": round(app.uptime_s(), 3)}


def _ready(app: "App") -> tuple[int, dict[str, Any]]:
    return (200, {"status": "ready"}) if app.is_ready else (503, {"status": "starting"})


async def answer(probe: Probe, app: "App", scope: Scope, send: Send) -> None:
    status, document = probe(app)
    extra = []
    if scope["method"] not in ("GET", "HEAD"):
        error = ApiError(405, f"Not allowed to {scope['method']} on {scope['path']}.", code="method_not_supported")
        status, document, extra = error.status, error.body(), http.encoded({"allow": "GET, HEAD"})
    body = orjson.dumps(document)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


PROBES: dict[str, Probe] = {
    "/health": _health,
    "/health/live": lambda app: (200, {"status": "alive"}),
    "/health/ready": _ready,
    "/version": lambda app: (200, {"version": __version__}),
}
