import json
import time
from typing import Annotated, Any

from cyclopts import Parameter

from fakeai.cli import complain
from fakeai.cli.asking import DEFAULT_URL, ask, base_of

_FLAG: dict[str, Any] = {"negative": "", "show_default": False}


def metrics(
    url: Annotated[str, Parameter(help="Where the server listens.", metavar="URL")] = DEFAULT_URL,
    *,
    once: Annotated[bool, Parameter(help="One look instead of a live view.", **_FLAG)] = False,
    as_json: Annotated[bool, Parameter(name="--json", help="JSON, an object a look.", **_FLAG)] = False,
    interval: Annotated[float, Parameter(help="Seconds between looks.", metavar="SECONDS")] = 1.0,
) -> int:
    """Exit code 2 if the server is not there. Ctrl-C ends the live view."""
    try:
        base_url = base_of(url)
        if not interval > 0:
            raise ValueError("--interval: expected a number above 0")
        return _look(base_url, once, as_json, interval)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        return complain(str(error))
    except KeyboardInterrupt:
        return 0


def _look(base_url: str, once: bool, as_json: bool, interval_s: float) -> int:
    if not as_json:
        from fakeai.cli.dashboard import live, still  # rich takes 0.1 s to import

        return still(look(base_url), base_url) if once else live(lambda: look(base_url), base_url, interval_s)
    while True:
        print(json.dumps(look(base_url)), flush=True)
        if once:
            return 0
        time.sleep(interval_s)


def look(base_url: str) -> dict[str, Any]:
    """Raises OSError."""
    return {"metrics": ask(base_url, "/metrics/json"), "windows": ask(base_url, "/metrics/windows?window=1s&window=1m")}
