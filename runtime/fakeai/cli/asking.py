"""Asking a running server."""

import json
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from fakeai.core.client import opened

DEFAULT_URL = "http://127.0.0.1:8000"


def base_of(url: str) -> str:
    """Without the API's prefix. Raises ValueError if it is no URL."""
    base_url = url.rstrip("/").removesuffix("/v1")
    if urlsplit(base_url).scheme not in ("http", "https"):
        raise ValueError(f"expected http://HOST:PORT, got {url!r}")
    return base_url


def ask(base_url: str, path: str, api_key: str | None = None) -> dict[str, Any]:
    """Raises OSError whose text says in a line what is wrong."""
    with opened(base_url, path, api_key=api_key) as response:
        try:
            answer = json.load(response)
        except (OSError, ValueError, HTTPException) as error:
            raise OSError(f"{base_url} does not answer as FakeAI does: {error}") from None
    if not isinstance(answer, dict):
        raise OSError(f"{base_url} does not answer as FakeAI does: no JSON object")
    return answer
