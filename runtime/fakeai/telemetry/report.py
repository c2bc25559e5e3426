"""What /metrics/json says beside the families: the state of everything in a few plain objects."""

from dataclasses import asdict
from typing import Any

from fakeai.telemetry.quantities import OUTCOMES, Totals
from fakeai.telemetry.registry import Registry

Document = dict[str, Any]


def summary(registry: Registry) -> Document:
    """After registry.fold()."""
    stats, now_s = registry.stats, registry.now()
    registry.windows.advance(now_s)
    operations: dict[str, dict[str, float]] = {}
    for (operation, status), amount in sorted(stats.requests.items()):
        operations.setdefault(operation, {})[status] = amount
    return {
        "now_s": now_s,
        "in_flight": stats.in_flight,
        "answered": sum(stats.requests.values()),
        "completed_per_s": registry.windows.completed_per_s("operation", now_s),
        "operations": operations,
        "models": _models(registry),
        "workers": [labels._asdict() | asdict(worker) for labels, worker in registry.workers()],
        "gpus": [asdict(gpu) for gpu in registry.gpus()],
        "errors": _errors(registry),
    }


def _models(registry: Registry) -> Document:
    models: Document = {}
    for (model,), tokens in sorted(registry.stats.prompt_tokens.items()):
        completion_tokens = registry.stats.completion_tokens[(model,)]
        models[model] = {"prompt_tokens": tokens, "completion_tokens": completion_tokens}
    for model in sorted({key.model for key in registry.cells}):
        totals = Totals([cell for key, cell in registry.cells.items() if key.model == model])
        finished = {outcome: getattr(totals, outcome) for outcome in OUTCOMES}
        models.setdefault(model, {})["finished"] = finished
    return models


def _errors(registry: Registry) -> list[Document]:
    """Of everything that has failed once."""
    errors = registry.errors
    types: dict[tuple[str, str], dict[str, int]] = {}
    for (scope, name, kind), amount in sorted(errors.errors.items()):
        types.setdefault((scope, name), {})[kind] = amount
    ratios, failing = errors.error_ratio, errors.failing
    return [
        {"scope": key[0], "name": key[1], "types": found, "ratio": ratios[key], "failing": bool(failing[key])}
        for key, found in types.items()
    ]
