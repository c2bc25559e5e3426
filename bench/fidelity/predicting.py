"""Predictions of rows in four ways: as shipped with and without profiles, and by fits that never saw the row."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache

from bench.fidelity.fit import profile_key
from bench.fidelity.placing import Unplaced, built_in, deployment_of
from bench.fidelity.report import Record
from bench.fidelity.rows import Row
from bench.fidelity.serving import mean, serve
from bench.fidelity.steady import predict
from bench.fidelity.writing import read_folds
from fakeai.core.hardware_catalog import Hardware, UnknownHardware
from fakeai.sim.deployment import NoArchitecture
from fakeai.sim.latency import StepModel
from fakeai.sim.memory import DoesNotFit

PROCESSES = 2
CHUNK = 16


@cache
def _shipped() -> Hardware:
    return built_in()


@cache
def _folds() -> tuple[list[Hardware], list[Hardware]]:
    return read_folds()


def records(row: Row) -> list[Record] | str:
    """What was predicted, or in one line why nothing was."""
    try:
        return list(_records(row))
    except (Unplaced, UnknownHardware, NoArchitecture, DoesNotFit) as problem:
        return str(problem)


def _records(row: Row) -> Iterator[Record]:
    shipped = _shipped()
    deployment = deployment_of(row, shipped)
    key = profile_key(deployment)
    physics, profiles = _folds()
    known = deployment.dp == 1
    held_profile = profiles[row.row_fold].profile(*key) if known else None
    profile = shipped.profile(*key) if known else None
    steps = {
        "physics": StepModel(deployment, shipped),
        "held-pair": StepModel(deployment, physics[row.pair_fold]),
        "profile": StepModel(deployment, shipped, profile) if profile else None,
        "held-row": StepModel(deployment, shipped, held_profile) if held_profile else None,
    }
    simulated = ("held-pair", "profile" if profile else "physics")
    for way, step in steps.items():
        if step is None or (row.metric == "ttft_ms" and way not in simulated):
            continue
        if row.metric == "ttft_ms":
            predicted = mean(serve(row, deployment, step).ttft_s) * 1e3
        else:
            predicted = predict(row, step)
        yield Record(row.number, row.engine, deployment.gpu.id, row.model, row.metric, row.value, predicted, way)


def predict_all(rows: Sequence[Row], say: Callable[[str], None]) -> tuple[list[Record], dict[str, int]]:
    """Records, and how many rows there are for each reason for having none."""
    found: list[Record] = []
    reasons: dict[str, int] = {}
    with ProcessPoolExecutor(PROCESSES) as pool:
        for number, result in enumerate(pool.map(records, rows, chunksize=CHUNK), start=1):
            if isinstance(result, str):
                reasons[result] = reasons.get(result, 0) + 1
            else:
                found += result
            if number % 200 == 0 or number == len(rows):
                say(f"{number} of {len(rows)} rows")
    return found, reasons
