"""A bar on standard error, if a person looks at it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from fakeai.cli.pool import Shown


class _Silent:
    def of_run(self, share: float, done: int, now_s: float) -> None:
        """Says nothing."""

    def of_runs(self, done: int, all: int) -> None:
        """Says nothing."""


class _Advances(Protocol):
    def __call__(self, share: float, text: str) -> None: ...


class _Bar:
    def __init__(self, advance: _Advances) -> None:
        self._advance = advance

    def of_run(self, share: float, done: int, now_s: float) -> None:
        self._advance(share, f"{done:,} requests, {now_s:,.0f} s of virtual time")

    def of_runs(self, done: int, all: int) -> None:
        self._advance(done / all, f"{done} of {all} runs")


@contextmanager
def progress(quiet: bool) -> Iterator[Shown]:
    if quiet or not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.description}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield _Bar(lambda share, text: bar.update(task, completed=share, description=text))
