"""From the command line to the runs it asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fakeai.cli.options import from_options
from fakeai.cli.runs import Job
from fakeai.cli.variants import Variant, compared, swept
from fakeai.config import AppConfig
from fakeai.config.errors import DEFAULT
from fakeai.sim.distributions import BadSpec
from fakeai.sim.slo import slo
from fakeai.sim.source import NEVER
from fakeai.sim.trace_rows import FORMATS
from fakeai.sim.traces import Reading
from fakeai.sim.workload import with_key, workload

if TYPE_CHECKING:
    from fakeai.cli.simulate import Asked


def jobs(traces: Sequence[Path], asked: "Asked", given: Mapping[str, Any]) -> list[Job]:
    """Raises ConfigError and BadSpec."""
    _check(traces, asked)
    variants = compared(asked.compare) if asked.compare else swept(asked.sweep) if asked.sweep else [Variant("")]
    base = Job(
        name="",
        said={},
        config=_config(given),
        traces=tuple(traces),
        workloads=tuple(asked.workload),
        reading=Reading(asked.format, asked.skip_bad, asked.rate_scale, asked.start),
        limit=asked.limit,
        duration_s=NEVER if asked.duration is None else asked.duration,
        slo=asked.slo,
        curves=asked.html is not None,
    )
    return [_job(base, variant, given) for variant in variants]


def _check(traces: Sequence[Path], asked: "Asked") -> None:
    if not traces and not asked.workload:
        raise BadSpec("nothing to simulate: name a trace, or give --workload poisson:rate=10,requests=1000")
    if asked.compare and asked.sweep:
        raise BadSpec("--compare and --sweep exclude each other")
    if asked.format not in (None, *FORMATS):
        raise BadSpec(f"--format: expected one of {', '.join(FORMATS)}, got {asked.format!r}")
    if asked.format and not traces:
        raise BadSpec("--format is about traces, and there is none")
    for option, value in {"--rate-scale": asked.rate_scale, "--limit": asked.limit, "--jobs": asked.jobs}.items():
        if value is not None and not (isfinite(value) and value > 0):
            raise BadSpec(f"{option}: expected more than 0, got {value:g}")
    for option, value in {"--start": asked.start, "--duration": asked.duration}.items():
        if value is not None and not (isfinite(value) and value >= 0):
            raise BadSpec(f"{option}: expected at least 0, got {value:g}")
    if asked.slo:
        slo(asked.slo)


def _job(base: Job, variant: Variant, given: Mapping[str, Any]) -> Job:
    """Every setting and workload is read here, so that what is wrong is told before anything runs."""
    config = _config(given, variant.settings) if variant.settings else base.config
    workloads = [_changed(text, variant) for text in base.workloads]
    for text in workloads:
        workload(text)
    reading = base.reading
    if variant.rate_scale is not None:
        reading = replace(reading, rate_scale=_factor(variant.rate_scale))
    return replace(
        base, name=variant.name, said=dict(variant.said), config=config, workloads=tuple(workloads), reading=reading
    )


def _config(given: Mapping[str, Any], changes: Mapping[str, str] = MappingProxyType({})) -> AppConfig:
    """Hardware is simulated unless something says otherwise, as a server's is not. Raises ConfigError."""
    loaded = from_options(given, changes)
    if loaded.origins["cluster.mode"] == DEFAULT:
        loaded = from_options(given, {"cluster.mode": "simulated", **changes})
    return loaded.config


def _changed(text: str, variant: Variant) -> str:
    workload(text)
    for key, word in variant.workload.items():
        text = with_key(text, key, word)
    return text


def _factor(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (isfinite(value) and value > 0):
        raise BadSpec(f"rate_scale: expected more than 0, got {text!r}")
    return value
