"""Fits the cost model's coefficients, then the profiles, each on its part of the rows.

Gauss-Newton on log errors with weights that limit what an outlier can say (Huber), and a prior that holds what the data
do not tell. Derivatives are differences; a coefficient is moved on those rows only that it can touch.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from bench.fidelity.coefficients import Name, coefficients
from bench.fidelity.placing import Unplaced, deployment_of
from bench.fidelity.rows import Row
from bench.fidelity.steady import predict
from fakeai.core.efficiency import Profile
from fakeai.core.hardware_catalog import Hardware, UnknownHardware
from fakeai.sim.deployment import Deployment
from fakeai.sim.latency import StepModel
from fakeai.sim.memory import DoesNotFit

Vector = NDArray[np.float64]
NOISE = 0.15
"""Log error that is expected of a row anyway."""
HUBER = 0.15
"""Log error from which on a row's pull no longer grows."""
MOVE = 0.02
NEGLIGIBLE = 0.003
"""A row that a coefficient moves by less than that is left out of its further derivatives."""
ROUNDS = 6
PROFILE_SPREAD = {"memory": 0.3, "compute": 0.3, "fixed": 0.5}
PROFILE_ROWS = 4
"""A combination with fewer rows to fit on gets no profile."""


@dataclasses.dataclass(frozen=True, slots=True)
class Placed:
    row: Row
    deployment: Deployment
    weight: float = 1.0


def placed(rows: Sequence[Row], chips: Hardware) -> list[Placed]:
    """Those that can be simulated; large combinations count less than in proportion to their rows."""
    found: list[tuple[Row, Deployment]] = []
    shared: dict[str, Deployment] = {}
    for row in rows:
        try:
            deployment = deployment_of(row, chips)
            deployment = shared.setdefault(repr(deployment), deployment)
            StepModel(deployment, chips).kv_capacity_blocks()
        except (Unplaced, UnknownHardware, DoesNotFit):
            continue
        found.append((row, deployment))
    counts: dict[tuple[object, ...], int] = {}
    for row, _ in found:
        counts[row.combination] = counts.get(row.combination, 0) + 1
    return [Placed(row, deployment, (20 / (20 + counts[row.combination])) ** 0.5) for row, deployment in found]


def errors(items: Sequence[Placed], chips: Hardware, profile: Profile | None = None) -> Vector:
    models: dict[int, StepModel] = {}
    out = np.empty(len(items))
    for index, item in enumerate(items):
        key = id(item.deployment)
        step = models.get(key) or StepModel(item.deployment, chips, profile)
        models[key] = step
        out[index] = log(predict(item.row, step) / item.row.value)
    return out


def fit_physics(items: Sequence[Placed], say: Callable[[str], None]) -> Hardware:
    known = coefficients({i.deployment.gpu.arch for i in items}, {i.row.engine for i in items})
    touched = {name: _touched(name, items) for name in known.names}

    def model(vector: Vector) -> Hardware:
        return known.hardware(dict(zip(known.names, vector, strict=True)))

    def residuals(vector: Vector, indices: Sequence[int]) -> Vector:
        return errors([items[i] for i in indices], model(vector))

    weights = np.array([item.weight for item in items])
    best = _solve(residuals, [touched[name] for name in known.names], np.array(known.spread), weights, say)
    return model(best)


def _touched(name: Name, items: Sequence[Placed]) -> list[int]:
    if name.kind == "common":
        return list(range(len(items)))
    if name.kind == "arch":
        return [i for i, item in enumerate(items) if item.deployment.gpu.arch == name.row]
    return [i for i, item in enumerate(items) if item.row.engine == name.row]


def _solve(
    residuals: Callable[[Vector, Sequence[int]], Vector],
    touched: Sequence[Sequence[int]],
    spread: Vector,
    weights: Vector,
    say: Callable[[str], None],
) -> Vector:
    everything = range(len(weights))
    touched = list(touched)
    vector = np.zeros(len(spread))
    current = residuals(vector, everything)
    loss = _loss(current, vector, spread, weights)
    for number in range(1, ROUNDS + 1):
        jacobian = np.zeros((len(weights), len(spread)))
        for column, rows in enumerate(touched):
            moved = vector.copy()
            moved[column] += MOVE
            slopes = (residuals(moved, rows) - current[list(rows)]) / MOVE
            jacobian[list(rows), column] = slopes
            touched[column] = [row for row, slope in zip(rows, slopes, strict=True) if abs(slope) > NEGLIGIBLE]
        pull = weights / NOISE**2 * np.minimum(1.0, HUBER / np.maximum(np.abs(current), 1e-9))
        normal = jacobian.T @ (pull[:, None] * jacobian) + np.diag(spread**-2.0)
        slope = jacobian.T @ (pull * current) + vector / spread**2
        step, better = -np.linalg.solve(normal, slope), False
        for share in (1.0, 0.5, 0.2, 0.05):
            trial = vector + share * step
            changed = residuals(trial, everything)
            trial_loss = _loss(changed, trial, spread, weights)
            if trial_loss < loss:
                better = loss - trial_loss > 1e-3 * loss
                vector, current, loss = trial, changed, trial_loss
                break
        say(f"round {number}: median error {np.median(np.abs(np.expm1(current))):.3f}")
        if not better:
            break
    return vector


def _loss(errors: Vector, vector: Vector, spread: Vector, weights: Vector) -> float:
    size = np.abs(errors)
    huber = np.where(size < HUBER, size**2, HUBER * (2 * size - HUBER)) * weights
    return float(np.sum(huber) / NOISE**2 + np.sum((vector / spread) ** 2))


def fit_profiles(items: Sequence[Placed], chips: Hardware, origin: str) -> list[Profile]:
    groups: dict[tuple[str, str, str, str, int], list[Placed]] = {}
    for item in items:
        if item.deployment.dp == 1:
            groups.setdefault(profile_key(item.deployment), []).append(item)
    return [
        _fit_profile(key, members, chips, origin)
        for key, members in sorted(groups.items())
        if len(members) >= PROFILE_ROWS
    ]


def profile_key(deployment: Deployment) -> tuple[str, str, str, str, int]:
    """Of deployments without attention data parallelism."""
    return (deployment.engine, deployment.model.id, deployment.gpu.id, deployment.weights, deployment.tp)


def _fit_profile(
    key: tuple[str, str, str, str, int], members: Sequence[Placed], chips: Hardware, origin: str
) -> Profile:
    engine, model, gpu, weights, tp = key
    blank = Profile(engine, model, gpu, weights, tp, rows=len(members), source=origin)
    fields = list(PROFILE_SPREAD)

    def profile(vector: Vector) -> Profile:
        factors: Mapping[str, float] = {f: round(float(np.exp(x)), 4) for f, x in zip(fields, vector, strict=True)}
        return dataclasses.replace(blank, **factors)  # type: ignore[arg-type]

    def residuals(vector: Vector, indices: Sequence[int]) -> Vector:
        return errors([members[i] for i in indices], chips, profile(vector))

    everything = list(range(len(members)))
    spread = np.array(list(PROFILE_SPREAD.values()))
    return profile(_solve(residuals, [everything] * len(fields), spread, np.ones(len(members)), lambda line: None))
