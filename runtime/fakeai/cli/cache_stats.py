import json
from collections.abc import Iterable
from typing import Annotated, Any

from cyclopts import Parameter

from fakeai.cli import complain
from fakeai.cli.asking import DEFAULT_URL, ask, base_of


def cache_stats(
    url: Annotated[str, Parameter(help="Where the server listens.", metavar="URL")] = DEFAULT_URL,
    *,
    as_json: Annotated[
        bool, Parameter(name="--json", help="JSON instead of tables.", negative="", show_default=False)
    ] = False,
) -> int:
    """Exit code 2 if the server is not there."""
    try:
        facts = ask(base_of(url), "/v1/kv-cache/metrics")
    except (OSError, ValueError) as error:
        return complain(str(error))
    if as_json:
        print(json.dumps(facts))
    else:
        _print(facts)
    return 0


def _print(facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"{facts['hit_rate']:.1%} of {facts['queried_tokens']:,} prompt tokens were cached, "
        f"which saved {facts['saved_prefill_seconds']:,.2f} s of prefill; {facts['evicted_blocks']:,} blocks evicted"
    )
    for title, columns, rows in _tables(facts):
        table = Table(title=title, title_justify="left")
        for number, column in enumerate(columns):
            table.add_column(column, justify="left" if number == 0 else "right")
        for row in rows:
            table.add_row(*row)
        if table.row_count:
            console.print(table)


def _tables(facts: dict[str, Any]) -> Iterable[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    yield (
        "By model and tenant",
        ("model", "tenant", "hit rate", "hit tokens", "prompt tokens"),
        [
            (
                row["model"],
                row["tenant"],
                f"{row['hit_rate']:.1%}",
                f"{row['hit_tokens']:,}",
                f"{row['queried_tokens']:,}",
            )
            for row in facts["by_model_and_tenant"]
        ],
    )
    yield (
        "By worker",
        ("worker", "hit rate", "blocks used", "cached", "of", "evicted", "saved s"),
        [
            (
                row["worker"],
                f"{row['hit_rate']:.1%}",
                f"{row['used_blocks']:,}",
                f"{row['cached_blocks']:,}",
                f"{row['capacity_blocks']:,}",
                f"{row['evicted_blocks']:,}",
                f"{row['saved_prefill_seconds']:,.2f}",
            )
            for row in facts["workers"]
        ],
    )
