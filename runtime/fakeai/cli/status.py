from typing import Annotated

from cyclopts import Parameter

from fakeai.cli import FAILURE, complain
from fakeai.cli.asking import DEFAULT_URL, ask, base_of


def status(*, url: Annotated[str, Parameter(help="Where the server listens.", metavar="URL")] = DEFAULT_URL) -> int:
    """Exit code 1 if the server is not well, or not there."""
    try:
        base_url = base_of(url)
    except ValueError as error:
        return complain(f"--url: {error}")
    try:
        facts = ask(base_url, "/health") | ask(base_url, "/version")
    except OSError as error:
        return complain(str(error), FAILURE)
    print(f"{base_url} is up")
    for name, value in facts.items():
        print(f"  {name:<14}{value}")
    return 0
