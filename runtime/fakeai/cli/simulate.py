from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from fakeai.cli import complain
from fakeai.cli.options import beside_settings
from fakeai.config.errors import ConfigError
from fakeai.core.rows_file import RowsFileError
from fakeai.sim.distributions import BadSpec
from fakeai.sim.traces import TraceError

if TYPE_CHECKING:
    from fakeai.cli.runs import Impossible, Job, Result

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

_OF_THE_SERVER = ("cluster.mode", "cluster.speed", "cluster.overload_status")


def _option(help: str, metavar: str | None = None, **more: Any) -> Parameter:
    return Parameter(help=help, metavar=metavar, negative="", show_default=False, negative_iterable="", **more)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options that are this command's own."""

    trace: Annotated[list[Path], _option("Trace to replay, as the files are; repeatable.", "FILE")] = field(
        default_factory=list
    )
    workload: Annotated[
        list[str], _option("Synthetic requests, such as poisson:rate=10,requests=5000; repeatable.", "SPEC")
    ] = field(default_factory=list)
    format: Annotated[
        str | None, _option("Of the traces: azure, mooncake or jsonl. [default: as the first row looks]", "NAME")
    ] = None
    skip_bad: Annotated[bool, _option("Leave rows out that cannot be read, and count them.")] = False
    rate_scale: Annotated[float, _option("Traces go so many times as fast. [default: 1]", "FACTOR")] = 1.0
    start: Annotated[float, _option("Leave out the first seconds of the traces.", "SECONDS")] = 0.0
    limit: Annotated[int | None, _option("At most so many requests.", "N")] = None
    duration: Annotated[float | None, _option("No arrivals after so many seconds.", "SECONDS")] = None
    slo: Annotated[str | None, _option("What is wanted, such as ttft_p99=0.5,itl_p99=0.05 in seconds.", "LIMITS")] = (
        None
    )
    compare: Annotated[
        list[str], _option("Run this too, and show both: [NAME:]KEY=VALUE,… ; repeatable.", "CHANGES")
    ] = field(default_factory=list)
    sweep: Annotated[
        list[str],
        _option(
            "Run every combination: replicas=1..8 policy=kv_aware,round_robin.", "KEY=VALUES", consume_multiple=True
        ),
    ] = field(default_factory=list)
    jobs: Annotated[int | None, _option("Runs at a time. [default: one a core]", "N")] = None
    json: Annotated[
        Path | None, _option("Write the results as JSON; - is standard output.", "FILE", allow_leading_hyphen=True)
    ] = None
    requests_out: Annotated[Path | None, _option("Write a row for each request: .jsonl, or .parquet.", "FILE")] = None
    html: Annotated[Path | None, _option("Write a page with plots that works offline.", "FILE")] = None
    quiet: Annotated[bool, _option("No tables, no progress.")] = False


def _is_taken(path: str) -> bool:
    """What says something about the simulation; of `cluster`, some is about the server."""
    return (path.startswith(("cluster.", "kv_cache.", "models.")) and path not in _OF_THE_SERVER) or path == "core.seed"


@beside_settings(_is_taken)
def simulate(
    *files: Annotated[
        Path, Parameter(help="Traces to replay: Mooncake, Azure, or FakeAI's own JSONL.", metavar="FILE")
    ],
    asked: Annotated[Asked, Parameter(name="*")] = Asked(),
    given: Mapping[str, Any],
) -> int:
    """Exit code 1 if there is an SLO and nothing meets it."""
    from fakeai.cli.jobs import jobs

    try:
        planned = jobs([*files, *asked.trace], asked, given)
        _check_outputs(asked, len(planned))
        return _run(asked, planned)
    except (ConfigError, RowsFileError, BadSpec, TraceError) as error:
        return complain(str(error))
    except OSError as error:
        return complain(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}")
    except KeyboardInterrupt:
        return complain("interrupted", INTERRUPTED)


def _check_outputs(asked: Asked, runs: int) -> None:
    """What would otherwise be found when the work is done."""
    if asked.requests_out and runs > 1:
        raise BadSpec("--requests-out is for a single run, not for --compare and --sweep")
    if asked.requests_out and asked.requests_out.suffix not in (".jsonl", ".parquet"):
        raise BadSpec(f"--requests-out: expected a name that ends in .jsonl or .parquet, got {asked.requests_out}")
    needed = {
        "--html": "plotly" if asked.html else "",
        "--requests-out": "pyarrow" if asked.requests_out and asked.requests_out.suffix == ".parquet" else "",
    }
    for option, package in needed.items():
        if package and find_spec(package) is None:
            raise BadSpec(f"{option} needs {package}: pip install 'fakeai[report]'")
    for path in (asked.json, asked.html, asked.requests_out):
        if path and (path.is_dir() or not path.parent.is_dir()):
            raise BadSpec(f"{path}: is a directory" if path.is_dir() else f"{path.parent}: no such directory")


def _run(asked: Asked, planned: list["Job"]) -> int:
    from fakeai.cli.pool import run_all
    from fakeai.cli.progress import progress
    from fakeai.cli.records import records
    from fakeai.cli.results import report
    from fakeai.cli.runs import run

    with progress(asked.quiet) as shown:
        if asked.requests_out:
            with records(asked.requests_out) as file:
                runs: list[Result | Impossible] = [run(planned[0], [file.write], shown.of_run)]
        else:
            runs = run_all(planned, asked.jobs, shown)
    return report(runs, asked)
