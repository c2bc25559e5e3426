"""Asking a running server."""

import json
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

DEFAULT_URL = "http://127.0.0.1:8000"
_TIMEOUT_S = 5.0


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


def opened(
    base_url: str, path: str, body: Any = None, api_key: str | None = None, timeout_s: float = _TIMEOUT_S
) -> HTTPResponse:
    """The response, to be read and closed; of a POST if there is a body. Never through a proxy.

    Raises OSError whose text says in a line what is wrong: what the server says, if it says something.
    """
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
    try:
        request = Request(base_url + path, None if body is None else json.dumps(body).encode(), headers)
        response: HTTPResponse = build_opener(ProxyHandler({})).open(request, timeout=timeout_s)
    except HTTPError as error:
        raise OSError(f"{base_url} answers {error.code} {_message(error)}") from None
    except URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise OSError(f"{base_url} does not answer: {reason}") from None
    except (OSError, ValueError, HTTPException) as error:
        raise OSError(f"{base_url} does not answer as FakeAI does: {error}") from None
    return response


def _message(error: HTTPError) -> str:
    """Of the error envelope, if there is one."""
    try:
        return str(json.load(error)["error"]["message"])
    except (OSError, ValueError, LookupError, TypeError):
        return error.reason
