"""The pages beside the API: documentation, and the contract itself."""

import gzip
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import fastapi_offline
from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from fakeai import __version__
from fakeai.core.errors import ApiError
from fakeai.server import headers as http

if TYPE_CHECKING:
    from fakeai.server.app import App

ASSETS = Path(fastapi_offline.__file__).parent / "static"


def make_shell(app: "App") -> FastAPI:
    shell = FastAPI(title="FakeAI", version=__version__, openapi_url=None, docs_url=None, redoc_url=None)
    _add_pages(shell)
    shell.mount("/assets", StaticFiles(directory=ASSETS))
    _add_errors(shell, app)
    return shell


def _add_pages(shell: FastAPI) -> None:
    packed = (files("fakeai_api") / "openapi.json.gz").read_bytes()

    @shell.get("/openapi.json")
    def contract(request: Request) -> Response:
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
            return Response(packed, media_type="application/json", headers=headers)
        return Response(gzip.decompress(packed), media_type="application/json", headers={"vary": "accept-encoding"})

    @shell.get("/docs")
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title="FakeAI",
            swagger_js_url="assets/swagger-ui-bundle.js",
            swagger_css_url="assets/swagger-ui.css",
            swagger_favicon_url="assets/favicon.png",
        )

    @shell.get("/")
    def index() -> dict[str, str]:
        return {"name": "FakeAI", "version": __version__, "api": "/v1", "docs": "/docs", "health": "/health"}


def _add_errors(shell: FastAPI, app: "App") -> None:
    @shell.exception_handler(404)
    async def unknown_url(request: Request, error: Exception) -> Response:
        return _envelope(app, ApiError(404, f"Invalid URL ({request.method} {request.url.path})"))

    @shell.exception_handler(405)
    async def wrong_method(request: Request, error: Exception) -> Response:
        allowed = getattr(error, "headers", None) or {}
        message = f"Not allowed to {request.method} on {request.url.path}."
        return _envelope(app, ApiError(405, message, code="method_not_supported", headers=allowed))


def _envelope(app: "App", error: ApiError) -> Response:
    """With the headers that API errors have."""
    response = JSONResponse(error.body(), error.status, headers=error.headers)
    response.raw_headers += http.response_headers(None, None, app.gateway.request_id(), 0.0)
    return response
