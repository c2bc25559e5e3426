"""The rows of spec/metrics read facts that exist, under names that a profile has once."""

from typing import Any

import pytest

from fakeai.core.metrics import Metric
from fakeai.core.stats import Stats, WorkerLabels, WorkerStats
from fakeai.telemetry.dcgm import Chips
from fakeai.telemetry.quantities import NAMES, Cell, CellKey, Totals
from fakeai_api.metrics import PROFILES
from tests.unit.telemetry.records import gpu, registry

ROWS = [(profile, row) for profile, rows in PROFILES.items() for row in rows]
REGISTRY = registry(gpus=(gpu(),))
MEMBERS: dict[str, Any] = {
    "requests": (CellKey("m", "w", "0", "true", "e"), Totals([Cell(REGISTRY.bounds)])),
    "workers": (WorkerLabels("m", "w"), WorkerStats()),
    "gpus": next(Chips(REGISTRY, 0, "h", "d").members()),
}


@pytest.mark.parametrize(("profile", "row"), ROWS, ids=lambda value: getattr(value, "name", value))
def test_a_row_reads_what_is_counted(profile: str, row: Metric) -> None:
    if row.source in ("http", "errors"):
        assert hasattr(Stats() if row.source == "http" else REGISTRY.errors, row.field or "")
        return
    key, stats = MEMBERS[row.source]
    assert len(row.labels.values(key, stats)) == len(row.labels.names)
    readings = [read for read in (*(read for _, read in row.reads), row.when, row.total) if read]
    assert all(isinstance(read(stats), int | float | list) for read in readings)
    assert (row.field in NAMES) if row.field else readings


@pytest.mark.parametrize("profile", PROFILES)
def test_names_are_of_the_profile_and_occur_once(profile: str) -> None:
    names = [row.name for row in PROFILES[profile]]
    assert len(names) == len(set(names)) > 10
    assert all(row.help and row.unit for row in PROFILES[profile])


def test_old_names_of_vllm() -> None:
    old, new = ({row.name: row for row in PROFILES[name]} for name in ("vllm@0.8", "vllm@0.33"))
    assert "vllm:gpu_cache_usage_perc" in old.keys() - new.keys()
    assert "vllm:kv_cache_usage_perc" in new.keys() - old.keys()
    assert old["vllm:gpu_cache_usage_perc"].labels.names == ("model_name",)
    assert new["vllm:kv_cache_usage_perc"].labels.names == ("model_name", "engine")
