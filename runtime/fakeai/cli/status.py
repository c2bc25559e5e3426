import json
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from cyclopts import Parameter

from fakeai.cli import FAILURE, complain

_TIMEOUT_S = 5.0


def status(
    *, url: Annotated[str, Parameter(help="Where the server listens.", metavar="URL")] = "http://127.0.0.1:8000"
) -> int:
    """Exit code 1 if the server is not well, or not there."""
    base_url = url.rstrip("/").removesuffix("/v1")
    if urlsplit(base_url).scheme not in ("http", "https"):
        return complain(f"--url: expected http://HOST:PORT, got {url!r}")
    try:
        facts = _ask(f"{base_url}/health") | _ask(f"{base_url}/version")
    except HTTPError as error:
        return complain(f"{base_url} answers {error.code} {error.reason}", FAILURE)
    except URLError as error:
        return complain(
            f"{base_url} does not answer: {getattr(error.reason, 'strerror', None) or error.reason}", FAILURE
        )
    except (OSError, ValueError) as error:
        return complain(f"{base_url} does not answer as FakeAI does: {error}", FAILURE)
    print(f"{base_url} is up")
    for name, value in facts.items():
        print(f"  {name:<14}{value}")
    return 0


def _ask(url: str) -> dict[str, Any]:
    """Raises OSError, or ValueError if the answer is no JSON object. Never through a proxy."""
    with build_opener(ProxyHandler({})).open(url, timeout=_TIMEOUT_S) as response:
        answer = json.load(response)
    if not isinstance(answer, dict):
        raise ValueError("no JSON object")
    return answer
