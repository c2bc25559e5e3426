"""Every page parses, and what can be checked for consistency is consistent."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from fakeai.core.stats import RequestRecord, WorkerStats
from fakeai.telemetry.dcgm import Chips
from fakeai.telemetry.prometheus import Page
from fakeai.telemetry.registry import Registry, chosen
from fakeai.telemetry.snapshot import Snapshot
from fakeai_api.metrics import PROFILES
from tests.unit.telemetry.records import gpu, records, registry, workers

pytestmark = [pytest.mark.unit, pytest.mark.metrics]
SERVERS = [name for name in PROFILES if not name.startswith("dcgm")]
LISTS = st.lists(records(), max_size=12)
Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


def text_of(registry: Registry, profile: str, openmetrics: bool = False) -> str:
    chips = Chips(registry, 0, "host", "570")
    return Page(chosen(PROFILES, [profile])).text(Snapshot(registry, chips.members()), openmetrics)


def samples(text: str, parse: Callable[[str], Any] = parse_text) -> Samples:
    """Name of the sample → labels → value."""
    found: Samples = defaultdict(dict)
    for family in parse(text):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            assert labels not in found[sample.name], sample
            found[sample.name][labels] = sample.value
    return found


def total(page: Samples, name: str, **labels: str) -> float:
    """Over all series with these labels."""
    wanted = set(labels.items())
    return sum(value for found, value in page[name].items() if wanted <= set(found))


def filled(finished: list[RequestRecord], *stats: WorkerStats, **more: Any) -> Registry:
    found = registry(*stats, gpus=(gpu(),), **more)
    for record in finished:
        found.record(record)
    return found


@pytest.mark.parametrize("profile", SERVERS)
@given(finished=LISTS, worker=workers())
@settings(max_examples=15)
def test_pages_parse_and_both_formats_say_the_same(
    profile: str, finished: list[RequestRecord], worker: WorkerStats
) -> None:
    found = filled(finished, worker, WorkerStats())
    found.stats.requests["createChatCompletion", "200"] += 1
    text = samples(text_of(found, profile))
    assert text
    assert samples(text_of(found, profile, openmetrics=True), parse_openmetrics) == text


@pytest.mark.parametrize("profile", SERVERS)
@given(finished=LISTS)
@settings(max_examples=15)
def test_buckets_are_cumulative_and_end_with_the_count(profile: str, finished: list[RequestRecord]) -> None:
    page = samples(text_of(filled(finished, WorkerStats()), profile))
    for name in [name for name in page if name.endswith("_bucket")]:
        series: dict[Any, list[tuple[float, float]]] = defaultdict(list)
        for labels, value in page[name].items():
            rest = tuple(label for label in labels if label[0] != "le")
            series[rest].append((float(dict(labels)["le"]), value))
        for rest, points in series.items():
            counts = [count for _, count in sorted(points)]
            assert counts == sorted(counts)
            assert counts[-1] == page[name.removesuffix("_bucket") + "_count"][rest]


@pytest.mark.parametrize("profile", SERVERS)
@given(before=LISTS, after=LISTS)
@settings(max_examples=15)
def test_counters_never_fall(profile: str, before: list[RequestRecord], after: list[RequestRecord]) -> None:
    found = filled(before, WorkerStats())
    kinds = {row.name: row.instrument for row in PROFILES[profile]}
    first = samples(text_of(found, profile))
    for record in after:
        found.record(record)
    second = samples(text_of(found, profile))
    for name, series in first.items():
        if kinds.get(name) != "gauge":
            assert all(second[name][labels] >= value for labels, value in series.items()), name


@given(finished=LISTS)
def test_each_finished_request_is_observed_once(finished: list[RequestRecord]) -> None:
    page = samples(text_of(filled(finished), "vllm"))
    names = ("e2e_request_latency_seconds", "request_queue_time_seconds", "request_prefill_time_seconds")
    names += ("request_decode_time_seconds", "request_inference_time_seconds", "request_prompt_tokens")
    names += ("request_generation_tokens", "request_num_preemptions")
    counts = {name: total(page, f"vllm:{name}_count") for name in names}
    assert set(counts.values()) == {len(finished)}
    for reason in ("stop", "length", "abort", "error", "repetition"):
        expected = sum(record.finish_reason == reason for record in finished)
        assert total(page, "vllm:request_success_total", finished_reason=reason) == expected


@given(finished=LISTS)
def test_times_and_tokens_add_up(finished: list[RequestRecord]) -> None:
    page = samples(text_of(filled(finished), "vllm"))
    stages = ("request_prefill", "request_decode", "request_queue", "request_inference")
    prefill, decode, queue, inference = (total(page, f"vllm:{stage}_time_seconds_sum") for stage in stages)
    e2e = total(page, "vllm:e2e_request_latency_seconds_sum")
    assert inference == pytest.approx(prefill + decode, abs=1e-6)
    assert e2e >= queue + inference - 1e-6
    generated = sum(record.output_tokens for record in finished)
    first_tokens = total(page, "vllm:time_to_first_token_seconds_count")
    assert total(page, "vllm:request_generation_tokens_sum") == generated
    assert total(page, "vllm:inter_token_latency_seconds_count") == generated - first_tokens
    computed = total(page, "vllm:request_prefill_kv_computed_tokens_sum")
    assert computed == sum(record.prompt_tokens - record.cached_tokens for record in finished)


@given(finished=LISTS)
def test_all_engines_count_the_same_requests(finished: list[RequestRecord]) -> None:
    found = filled(finished)
    pages = {name: samples(text_of(found, name)) for name in SERVERS}
    assert total(pages["sglang@0.5"], "sglang:num_requests_total") == len(finished)
    assert total(pages["dynamo@1.6"], "dynamo_frontend_requests_total") == len(finished)
    assert total(pages["nim@1.8"], "request_finish_total") == len(finished)
    assert total(pages["fakeai"], "fakeai_generations_total") == len(finished)
    assert total(pages["vllm@0.8"], "vllm:request_success_total") == len(finished)
    ttft = {
        total(pages["vllm@0.33"], "vllm:time_to_first_token_seconds_sum"),
        total(pages["trtllm@1.2"], "trtllm_time_to_first_token_seconds_sum"),
        total(pages["nim@1.8"], "time_to_first_token_seconds_sum"),
    }
    assert max(ttft) == pytest.approx(min(ttft))


@given(worker=workers())
def test_gauges_of_a_worker_agree(worker: WorkerStats) -> None:
    found = registry(worker)
    vllm, sglang, trtllm = (samples(text_of(found, name)) for name in ("vllm", "sglang", "trtllm"))
    by_reason = total(vllm, "vllm:num_requests_waiting_by_reason")
    assert by_reason == total(vllm, "vllm:num_requests_waiting") == worker.waiting
    usage = worker.used_blocks / worker.capacity_blocks
    assert total(vllm, "vllm:kv_cache_usage_perc") == pytest.approx(usage)
    hits, external = total(vllm, "vllm:prefix_cache_hits_total"), total(vllm, "vllm:external_prefix_cache_hits_total")
    assert hits <= total(vllm, "vllm:prefix_cache_queries_total")
    assert total(vllm, "vllm:prompt_tokens_cached_by_source_total") == hits + external
    assert total(vllm, "vllm:prompt_tokens_by_source_total") == total(vllm, "vllm:prompt_tokens_total")
    pool = ("available", "evictable", "used")
    tokens = sum(total(sglang, f"sglang:kv_{part}_tokens") for part in pool)
    assert tokens == total(sglang, "sglang:max_total_num_tokens") == worker.capacity_blocks * 16
    blocks = total(trtllm, "trtllm_kv_cache_free_blocks") + total(trtllm, "trtllm_kv_cache_used_blocks")
    assert blocks == total(trtllm, "trtllm_kv_cache_max_blocks")


def test_steps_by_tokens_are_a_histogram_of_powers_of_two() -> None:
    """Steps of 1, 3, 4, 5, 6, 7 and 8 tokens."""
    page = samples(text_of(registry(WorkerStats(steps_by_tokens=[1, 0, 2, 4], step_tokens=34)), "vllm"))
    counts = {bound: total(page, "vllm:iteration_tokens_total_bucket", le=bound) for bound in ("1.0", "8.0", "16.0")}
    assert counts == {"1.0": 1, "8.0": 7, "16.0": 7}
    assert total(page, "vllm:iteration_tokens_total_sum") == 34


def test_what_is_off_has_no_family() -> None:
    page = samples(text_of(registry(WorkerStats()), "vllm"))
    absent = ("spec_decode_num_drafts_total", "lora_requests_info", "kv_offload_load_bytes_total")
    assert [name for name in absent if f"vllm:{name}" in page] == []
    worker = WorkerStats(speculative_tokens=2, accepted_by_position=[5, 3], max_adapters=1, running_adapters=("a", "b"))
    page = samples(text_of(registry(worker), "vllm"))
    assert total(page, "vllm:spec_decode_num_accepted_tokens_per_pos_total", position="1") == 3
    assert "vllm:spec_decode_num_drafts_total" in page
    ((labels, _),) = page["vllm:lora_requests_info"].items()
    assert ("running_lora_adapters", "a,b") in labels


def test_an_idle_worker_has_histograms_of_zero() -> None:
    page = samples(text_of(registry(WorkerStats()), "vllm"))
    assert page["vllm:e2e_request_latency_seconds_count"] == {(("engine", "0"), ("model_name", "gpt-4o")): 0}
    assert total(page, "vllm:request_success_total") == 0


def test_buckets_of_lengths_follow_the_context_of_the_model() -> None:
    page = samples(text_of(registry(WorkerStats(), max_model_len=lambda model: 300), "vllm"))
    bounds = {dict(labels)["le"] for labels in page["vllm:request_prompt_tokens_bucket"]}
    assert bounds == {"1.0", "2.0", "5.0", "10.0", "20.0", "50.0", "100.0", "200.0", "+Inf"}


def test_ratios_of_several_workers_are_of_their_sums() -> None:
    found = registry(WorkerStats(capacity_blocks=100, used_blocks=50), WorkerStats(capacity_blocks=300, used_blocks=30))
    assert total(samples(text_of(found, "nim")), "gpu_cache_usage_perc") == 0.2
    assert total(samples(text_of(found, "dynamo")), "dynamo_frontend_model_total_kv_blocks") == 200
