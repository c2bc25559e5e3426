"""One run of the simulation, in a form that travels between processes."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from fakeai.config import AppConfig
from fakeai.engine.deploy import CannotDeploy, make_catalog, make_cluster
from fakeai.sim.deployment import Deployment
from fakeai.sim.distributions import BadSpec
from fakeai.sim.replay import Progress, Replay
from fakeai.sim.replayed import ReplayedWorker
from fakeai.sim.request import SimRequest
from fakeai.sim.series import Series
from fakeai.sim.slo import slo
from fakeai.sim.source import NEVER, Source
from fakeai.sim.summary import Summary
from fakeai.sim.synthetic import Synthetic
from fakeai.sim.traces import Reading, Trace
from fakeai.sim.workload import workload

_CURVE_POINTS = 200
_FACTS = [field.name for field in fields(Deployment)]


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    said: dict[str, str]
    """In what it differs from the other runs."""
    config: AppConfig
    traces: tuple[Path, ...]
    workloads: tuple[str, ...]
    reading: Reading
    limit: int | None = None
    duration_s: float = NEVER
    slo: str | None = None
    curves: bool = False
    """Whether the result has what is plotted."""


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    said: dict[str, str]
    document: dict[str, Any]
    """What `--json` writes: nothing that differs between two runs of the same."""
    wall_s: float
    """What the run took on this machine, without starting."""
    curves: dict[str, list[float]]
    """ "ttft_s" → its values at even shares from 0 to 1."""
    series: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Impossible:
    """A deployment that cannot be."""

    name: str
    said: dict[str, str]
    reason: str


def attempt(job: Job) -> Result | Impossible:
    """One of several runs: what cannot be deployed does not end the others. Raises TraceError."""
    try:
        return run(job)
    except CannotDeploy as error:
        return Impossible(job.name, job.said, str(error))


def run(job: Job, sinks: Sequence[Callable[[SimRequest], None]] = (), progress: Progress | None = None) -> Result:
    """Raises ConfigError, TraceError and BadSpec."""
    cluster = make_cluster(job.config, make_catalog(job.config))
    began_s = time.perf_counter()
    summary = Summary(slo(job.slo) if job.slo else None)
    series = Series()
    with _sources(job, job.config.kv_cache.block_size) as sources:
        replay = Replay(
            cluster,
            sources,
            [summary.add, *sinks],
            series,
            progress or _silent,
            job.limit,
            job.duration_s,
            cluster.max_model_len,
        )
        replay.run()
    document = {
        "version": 1,
        "deployment": _deployments(cluster.workers),
        "workload": [*map(str, job.traces), *job.workloads],
        "seed": job.config.core.seed,
        **summary.document(cluster.workers),
    }
    document["requests"] |= {"unfinished": replay.unfinished, "skipped_rows": sum(s.skipped for s in sources)}
    document["utilization"] |= series.usage()
    wall_s = time.perf_counter() - began_s
    curves = _curves(summary) if job.curves else {}
    return Result(job.name, job.said, document, wall_s, curves, series.columns() if job.curves else {})


def _silent(share: float, done: int, now_s: float) -> None:
    """Progress that nobody watches."""


@contextmanager
def _sources(job: Job, block_size: int) -> Iterator[list[Source]]:
    with ExitStack() as opened:
        sources: list[Source] = []
        for path in job.traces:
            sources.append(Trace(path, job.config.core.seed, len(sources), block_size, job.reading))
            opened.callback(sources[-1].close)
        for text in job.workloads:
            made = Synthetic(workload(text), job.config.core.seed, len(sources), block_size)
            if not made.ends and job.limit is None and job.duration_s == NEVER:
                raise BadSpec(f"workload {text!r} has no end: give it requests= or duration=, or use --limit")
            sources.append(made)
        yield sources


def _deployments(workers: Sequence[ReplayedWorker]) -> list[dict[str, Any]]:
    """Workers that are alike, with their number."""
    found: dict[str, dict[str, Any]] = {}
    for worker in workers:
        facts: dict[str, Any] = dict.fromkeys(_FACTS)
        if on := worker.deployment:
            facts = {name: getattr(on, name) for name in _FACTS} | {"model": on.model.id, "gpu": on.gpu.id}
        entry = found.setdefault(repr(facts), {"replicas": 0, **facts})
        entry["replicas"] += 1
    return list(found.values())


def _curves(summary: Summary) -> dict[str, list[float]]:
    shares = [index / _CURVE_POINTS for index in range(_CURVE_POINTS + 1)]
    return {f"{measure}_s": sketch.quantiles(shares) for measure, sketch in summary.sketches.items() if sketch.count}
