import pytest

from fakeai.telemetry.prometheus import Page
from fakeai.telemetry.registry import FOLD_AT, MOST_CELLS, chosen, resolved
from fakeai.telemetry.snapshot import Snapshot
from fakeai_api.metrics import PROFILES
from tests.unit.telemetry.records import NOW_S, RequestRecord, registry

E2E = "vllm:e2e_request_latency_seconds"


def record(model: str = "m", finish_reason: str = "stop") -> RequestRecord:
    times = (NOW_S, NOW_S + 1, NOW_S + 2, NOW_S + 3, NOW_S + 3)
    return RequestRecord(model, "t", "chat_completions", "w0", 5, 0, 2, *times, finish_reason)


def test_records_are_folded_when_enough_have_gathered() -> None:
    found = registry()
    for _ in range(FOLD_AT - 1):
        found.record(record())
    assert found.cells == {}
    found.record(record())
    assert sum(cell.outcomes["stop"] for cell in found.cells.values()) == FOLD_AT


def test_answers_are_folded_too() -> None:
    found = registry()
    for _ in range(FOLD_AT):
        found.answered("listModels", 200, NOW_S, NOW_S + 0.1)
    assert found.windows.series() == [("operation", "listModels")]


def test_bounds_of_a_family_can_be_set() -> None:
    found = registry(buckets={E2E: [2.5, 3]})
    found.record(record())
    lines = Page(chosen(PROFILES, ["vllm"])).text(Snapshot(found)).splitlines()
    buckets = [line for line in lines if line.startswith(f"{E2E}_bucket")]
    assert [line.partition("le=")[2] for line in buckets] == ['"2.5"} 0', '"3.0"} 1', '"+Inf"} 1']


@pytest.mark.parametrize(
    ("buckets", "said"),
    [
        ({"vllm:nothing": [1]}, "no histogram is called vllm:nothing"),
        ({"vllm:num_requests_running": [1]}, "no histogram is called"),
        ({E2E: [2, 1]}, "bounds must ascend"),
        ({E2E: [1, 1]}, "bounds must ascend"),
        ({E2E: []}, "bounds must ascend"),
    ],
)
def test_bounds_that_cannot_be_set(buckets: dict[str, list[float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        registry(buckets=buckets)


def test_models_without_number_do_not_fill_the_memory() -> None:
    found = registry()
    for number in range(MOST_CELLS + 100):
        found.record(record(f"m{number}"))
    found.fold()
    assert len(found.cells) == MOST_CELLS + 1
    assert sum(cell.outcomes["stop"] for cell in found.cells.values()) == MOST_CELLS + 100


def test_a_profile_without_version_is_the_latest() -> None:
    assert resolved(PROFILES, "vllm") == "vllm@0.33"
    assert resolved(PROFILES, "vllm@0.8") == "vllm@0.8"
    with pytest.raises(ValueError, match="no metrics profile is called tgi"):
        resolved(PROFILES, "tgi")


def test_a_family_of_two_profiles_is_shown_once() -> None:
    names = [row.name for row in chosen(PROFILES, ["vllm@0.8", "vllm"])]
    assert len(names) == len(set(names))
    assert {"vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc"} <= set(names)


def test_a_failed_generation_is_an_error_of_the_model() -> None:
    found = registry()
    for reason in ("error", "abort", "stop"):
        found.record(record(finish_reason=reason))
    found.fold()
    assert found.errors.errors == {("model", "m", "internal"): 1, ("model", "m", "client_gone"): 1}
    assert found.errors.error_ratio == {("model", "m"): pytest.approx(1 / 3)}
    assert found.errors.patterns == {("model", "m", "single"): 1}
