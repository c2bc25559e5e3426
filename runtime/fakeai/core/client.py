"""Asking another server over HTTP, with the standard library."""

import json
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

TIMEOUT_S = 5.0
_MOST_ERROR_BYTES = 1 << 20


class _NoRedirects(HTTPRedirectHandler):
    """A key is for the server that it was given for."""

    def redirect_request(self, *about: Any) -> None:
        return None


def opened(
    base_url: str, path: str, body: Any = None, api_key: str | None = None, timeout_s: float = TIMEOUT_S
) -> HTTPResponse:
    """The response, to be read and closed; of a POST if there is a body. Neither through a proxy nor to where it
    redirects.

    Raises OSError whose text says in a line what is wrong: what the server says, if it says something.
    """
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
    try:
        request = Request(base_url + path, None if body is None else json.dumps(body).encode(), headers)
        response: HTTPResponse = build_opener(ProxyHandler({}), _NoRedirects).open(request, timeout=timeout_s)
    except HTTPError as error:
        with error:
            raise OSError(f"{base_url} answers {error.code} {_message(error)}") from None
    except URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise OSError(f"{base_url} does not answer: {reason}") from None
    except TimeoutError:
        raise OSError(f"{base_url} does not answer within {timeout_s:g} s") from None
    except (OSError, ValueError, HTTPException) as error:
        raise OSError(f"{base_url} does not answer as expected: {error}") from None
    return response


def _message(error: HTTPError) -> str:
    """Of the error envelope, if there is one."""
    try:
        return str(json.loads(error.read(_MOST_ERROR_BYTES))["error"]["message"])
    except (OSError, ValueError, LookupError, TypeError, HTTPException):
        return error.reason
