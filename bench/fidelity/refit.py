"""`--fit`: coefficients and profiles of all rows for spec/, and those of each fold for held-out predictions."""

import dataclasses
import datetime
from collections.abc import Callable, Sequence

import numpy as np

from bench.fidelity.fit import Placed, fit_physics, fit_profiles, placed
from bench.fidelity.placing import beginning
from bench.fidelity.rows import FIT_QUALITY, FOLDS, Row, unit_hash
from bench.fidelity.serving import mean, serve
from bench.fidelity.writing import write_folds, write_spec
from fakeai.core.hardware_catalog import Hardware
from fakeai.sim.latency import StepModel

REQUEST_SHARE = 0.15
"""Share of configurations whose times to first token tell the engines' time per request."""
LONGEST_RUN = 200_000
"""Output tokens of a run that is simulated for it."""


def refit(rows: Sequence[Row], say: Callable[[str], None]) -> None:
    rows = [row for row in rows if row.quality in FIT_QUALITY]
    start = beginning()[0]
    items = placed([row for row in rows if row.metric != "ttft_ms"], start)
    say(f"physics, all {len(items)} rows")
    whole = fit_physics(items, say)
    whole = _with_request_times(whole, placed([row for row in rows if row.metric == "ttft_ms"], start), say)
    folds = []
    for fold in range(FOLDS):
        say(f"physics without pairs of fold {fold}")
        made = fit_physics([item for item in items if item.row.pair_fold != fold], say)
        folds.append(_like(made, whole))
    say("profiles")
    origin = f"fitted on {datetime.date.today().isoformat()}"
    profiles = fit_profiles(items, whole, origin)
    held = [fit_profiles([item for item in items if item.row.row_fold != fold], whole, origin) for fold in range(FOLDS)]
    write_spec(whole, profiles, f"fitted on {len(items)} rows, {datetime.date.today().isoformat()}")
    write_folds(folds, held)


def _with_request_times(chips: Hardware, items: Sequence[Placed], say: Callable[[str], None]) -> Hardware:
    """The constant that brings simulated times to first token nearest to measured ones, by engine."""
    times: dict[str, float] = {}
    for engine in chips.engines.values():
        own = [i for i in items if i.row.engine == engine.id and _is_sampled(i.row)]
        if not own:
            continue
        say(f"time per request of {engine.id}: {len(own)} runs")
        bare = np.array([mean(serve(i.row, i.deployment, StepModel(i.deployment, chips)).ttft_s) for i in own])
        bare -= engine.request_us * 1e-6
        target = np.array([i.row.value * 1e-3 for i in own])
        steps = np.arange(0.0, 0.4, 0.002)
        misses = [np.median(np.abs((bare + extra) / target - 1)) for extra in steps]
        times[engine.id] = float(steps[int(np.argmin(misses))]) * 1e6
    return _with_times(chips, times)


def _is_sampled(row: Row) -> bool:
    size = row.osl * (row.concurrency or 0) * row.waves
    return bool(row.concurrency) and size < LONGEST_RUN and unit_hash("ttft", *row.configuration) < REQUEST_SHARE


def _with_times(chips: Hardware, times: dict[str, float]) -> Hardware:
    engines = [dataclasses.replace(e, request_us=times.get(e.id, e.request_us)) for e in chips.engines.values()]
    return Hardware(chips.gpus.values(), chips.links.values(), chips.chips.values(), engines)


def _like(made: Hardware, whole: Hardware) -> Hardware:
    return _with_times(made, {engine.id: engine.request_us for engine in whole.engines.values()})
