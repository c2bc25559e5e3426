"""Asking a running server."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

DEFAULT_URL = "http://127.0.0.1:8000"
_TIMEOUT_S = 5.0


def base_of(url: str) -> str:
    """Without the API's prefix. Raises ValueError if it is no URL."""
    base_url = url.rstrip("/").removesuffix("/v1")
    if urlsplit(base_url).scheme not in ("http", "https"):
        raise ValueError(f"expected http://HOST:PORT, got {url!r}")
    return base_url


def ask(base_url: str, path: str) -> dict[str, Any]:
    """Raises OSError whose text says in a line what is wrong. Never through a proxy."""
    try:
        with build_opener(ProxyHandler({})).open(f"{base_url}{path}", timeout=_TIMEOUT_S) as response:
            answer = json.load(response)
    except HTTPError as error:
        raise OSError(f"{base_url} answers {error.code} {error.reason}") from None
    except URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise OSError(f"{base_url} does not answer: {reason}") from None
    except (OSError, ValueError) as error:
        raise OSError(f"{base_url} does not answer as FakeAI does: {error}") from None
    if not isinstance(answer, dict):
        raise OSError(f"{base_url} does not answer as FakeAI does: no JSON object")
    return answer
