"""The `fakeai` command. Each command is a module of its own, imported when it is called."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App
from cyclopts.exceptions import CycloptsError, UnknownOptionError, UnusedCliTokensError

from fakeai import __version__

FAILURE, USAGE = 1, 2
"""Exit codes: the thing asked for is not so; the question was wrong."""

app = App(
    name="fakeai", version=__version__, help="An OpenAI-compatible API that needs no GPU, no network and no bill."
)
config = App(name="config", help="Look at the configuration.")

_SERVER_HELP = """Serve the API.

An option wins over the environment (FAKEAI_SECTION__FIELD), that over a file, that over the default.
"""

_SIMULATE_HELP = """Replay traces and synthetic workloads on a simulated deployment, as fast as the machine can.

Prints latency, throughput, cache, energy and cost; compares deployments and finds the cheapest that meets an SLO.
"""

app.command("fakeai.cli.server:server", name="server", help=_SERVER_HELP)
app.command("fakeai.cli.simulate:simulate", name="simulate", help=_SIMULATE_HELP)
app.command("fakeai.cli.status:status", name="status", help="Ask a running server how it is.")
app.command("fakeai.cli.metrics:metrics", name="metrics", help="Watch the metrics of a running server.")
app.command("fakeai.cli.cache_stats:cache_stats", name="cache-stats", help="Show what the KV caches of a server save.")
app.command("fakeai.cli.interactive:interactive", name="interactive", help="Chat with a running server.")
app.command("fakeai.cli.models:models", name="models", help="List the model catalog.")
app.command(config)
config.command("fakeai.cli.config:show", name="show", help="Show effective settings as YAML, with the origin of each.")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code; what went wrong is one line on stderr."""
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except UnusedCliTokensError:
        return complain("unexpected argument: an option takes one value, a list repeats the option")  # may be a key
    except UnknownOptionError as error:
        return complain(_of_the_server(error) or str(error))
    except CycloptsError as error:
        return complain(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at exit has somewhere to go
        return FAILURE
    return code or 0


def _of_the_server(error: UnknownOptionError) -> str | None:
    """For an option that only another command has, where a name that looks like it would be no advice."""
    from fakeai.cli.options import OPTIONS

    flag = (error.token.keyword or error.token.value).partition("=")[0]
    path = next((option.path for option in OPTIONS if option.flag == flag), None)
    if path is None:
        return None
    limits = "; here times are simulated, and limits on them are --slo ttft_p99=SECONDS"
    return f"{flag} is an option of `fakeai server`{limits if path.startswith('latency.') else ''}"


def complain(message: str, code: int = USAGE) -> int:
    print(f"fakeai: {' '.join(message.split())}", file=sys.stderr)
    return code


def deprecated_server() -> int:
    print("fakeai-server is deprecated: use `fakeai server`.", file=sys.stderr)
    return main(["server", *sys.argv[1:]])
