"""Runs on all cores."""

import os
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Protocol

from fakeai.cli.runs import Impossible, Job, Result, attempt, run


class Shown(Protocol):
    """Where progress goes."""

    def of_run(self, share: float, done: int, now_s: float) -> None: ...

    def of_runs(self, done: int, all: int) -> None: ...


def run_all(jobs: Sequence[Job], at_a_time: int | None, shown: Shown) -> list[Result | Impossible]:
    """In the order of the jobs. Raises what a run raises, after the others were called off."""
    if len(jobs) == 1:
        return [run(jobs[0], progress=shown.of_run)]
    workers = min(len(jobs), at_a_time or _cores())
    if workers == 1:
        return [_alone(job, index, len(jobs), shown) for index, job in enumerate(jobs)]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        under_way: dict[Future[Result | Impossible], int] = {
            pool.submit(attempt, job): index for index, job in enumerate(jobs)
        }
        results: dict[int, Result | Impossible] = {}
        try:
            for future in as_completed(under_way):
                results[under_way[future]] = future.result()
                shown.of_runs(len(results), len(jobs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [results[index] for index in range(len(jobs))]


def _alone(job: Job, index: int, all: int, shown: Shown) -> Result | Impossible:
    result = attempt(job)
    shown.of_runs(index + 1, all)
    return result


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
