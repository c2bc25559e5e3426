"""`--fit`: coefficients and profiles of all rows for spec/, and those of each fold for held-out predictions."""

import dataclasses
import datetime
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from bench.fidelity.fit import Placed, fit_physics, fit_profiles, placed
from bench.fidelity.placing import beginning
from bench.fidelity.rows import FIT_QUALITY, FOLDS, Row, unit_hash
from bench.fidelity.serving import mean, serve
from bench.fidelity.writing import write_folds, write_spec
from fakeai.core.hardware_catalog import Hardware
from fakeai.sim.latency import StepModel

Times = tuple[float, float, float]
"""request_us, prompt_token_us, request_steps."""
BASES_US = tuple(float(n) for n in range(0, 200_000, 5_000))
TOKENS_US = tuple(float(n) for n in range(0, 60, 3))
STEPS = (0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0)
WORST = 0.5
"""What a run that is further off counts: some were measured while engines warmed up, or from a cache."""
REQUEST_SHARE = 0.35
"""Share of configurations whose times to first token tell the engines' time per request."""
LONGEST_RUN = 70_000
"""Output tokens under way at once in a run that is simulated for it."""


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
    """What brings simulated times to first token nearest to measured ones, by engine: a search over three constants."""
    times: dict[str, Times] = {}
    for engine in chips.engines.values():
        own = [item for item in items if item.row.engine == engine.id and _is_sampled(item.row)]
        if own:
            say(f"time per request of {engine.id}: {len(own)} runs")
            times[engine.id] = _nearest(own, chips)
    return _with_times(chips, times)


def _nearest(items: Sequence[Placed], chips: Hardware) -> Times:
    runs = [serve(item.row, item.deployment, StepModel(item.deployment, chips)) for item in items]
    engine_s = np.array([mean(run.engine_ttft_s) for run in runs])
    step_s = np.array([mean(run.tpot_s) if run.tpot_s else 0.0 for run in runs])
    prompts = np.array([item.row.isl * (1 + item.row.shortest) / 2 for item in items])
    target = np.array([item.row.value * 1e-3 for item in items])

    def miss(times: Times) -> float:
        base_us, token_us, steps = times
        size = np.abs((engine_s + (base_us + token_us * prompts) * 1e-6 + steps * step_s) / target - 1)
        return float(np.mean(np.minimum(size, WORST)))

    return min(itertools.product(BASES_US, TOKENS_US, STEPS), key=miss)


def _is_sampled(row: Row) -> bool:
    size = row.osl * (row.concurrency or 0)
    return bool(row.concurrency) and size < LONGEST_RUN and unit_hash("ttft", *row.configuration) < REQUEST_SHARE


def _with_times(chips: Hardware, times: dict[str, Times]) -> Hardware:
    engines = []
    for engine in chips.engines.values():
        base_us, token_us, steps = times.get(
            engine.id, (engine.request_us, engine.prompt_token_us, engine.request_steps)
        )
        engines.append(dataclasses.replace(engine, request_us=base_us, prompt_token_us=token_us, request_steps=steps))
    return Hardware(chips.gpus.values(), chips.links.values(), chips.chips.values(), engines)


def _like(made: Hardware, whole: Hardware) -> Hardware:
    known = whole.engines.values()
    return _with_times(made, {e.id: (e.request_us, e.prompt_token_us, e.request_steps) for e in known})
