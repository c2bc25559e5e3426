"""Finished requests, workers and chips that hang together as those of a simulation do."""

from typing import Any

from hypothesis import strategies as st

from fakeai.core.stats import GpuStats, RequestRecord, Stats, WorkerLabels, WorkerStats
from fakeai.telemetry.registry import Registry
from fakeai_api.metrics import PROFILES

NOW_S = 1_700_000_000.0
WORKERS = ("w0", "w1")
DURATIONS = st.integers(0, 4_000).map(lambda ms: ms / 1000)


@st.composite
def records(draw: st.DrawFn) -> RequestRecord:
    """Of any outcome; an aborted one may never have been scheduled, or never have said a token."""
    arrived_s = NOW_S + draw(DURATIONS)
    prompt = draw(st.integers(0, 5_000))
    reason = draw(st.sampled_from(["stop", "length", "abort", "error"]))
    stage = 2 if reason in ("stop", "length") else draw(st.integers(0, 2))
    steps = draw(st.lists(st.integers(1, 900).map(lambda ms: ms / 1000), max_size=12)) if stage == 2 else []
    scheduled_s = arrived_s + draw(DURATIONS)
    times = [scheduled_s + draw(DURATIONS)] if stage == 2 else []
    for step in steps:
        times.append(times[-1] + step)
    return RequestRecord(
        model=draw(st.sampled_from(["gpt-4o", "llama"])),
        tenant=draw(st.sampled_from(["a", "b"])),
        endpoint=draw(st.sampled_from(["chat_completions", "completions"])),
        worker=draw(st.sampled_from(WORKERS)),
        prompt_tokens=prompt,
        cached_tokens=draw(st.integers(0, prompt)),
        output_tokens=len(times),
        arrived_s=arrived_s,
        scheduled_s=scheduled_s if stage else -1.0,
        first_token_s=times[0] if times else -1.0,
        last_token_s=times[-1] if times else -1.0,
        done_s=max([arrived_s, *times, scheduled_s if stage else arrived_s]) + draw(DURATIONS),
        finish_reason=reason,
        error="worker_lost" if reason == "error" else "",
        stream=draw(st.booleans()),
        preemptions=draw(st.integers(0, 3)),
        max_tokens=draw(st.none() | st.integers(1, 4_000)),
        token_times=times,
    )


@st.composite
def workers(draw: st.DrawFn) -> WorkerStats:
    """With everything that can be switched on."""
    capacity = draw(st.integers(1, 1_000))
    used = draw(st.integers(0, capacity))
    queried = draw(st.integers(0, 10_000))
    hits = draw(st.integers(0, queried))
    host = draw(st.integers(0, hits))
    waiting = draw(st.integers(0, 50))
    return WorkerStats(
        running=draw(st.integers(0, 50)),
        waiting=waiting,
        deferred=draw(st.integers(0, waiting)),
        capacity_blocks=capacity,
        used_blocks=used,
        evictable_blocks=draw(st.integers(0, capacity - used)),
        block_size=16,
        queried_tokens=queried,
        prompt_tokens=queried,
        hit_tokens=hits,
        host_hit_tokens=host,
        disk_hit_tokens=draw(st.integers(0, hits - host)),
        steps=7,
        steps_by_tokens=[1, 0, 2, 4],
        step_tokens=40,
        max_num_seqs=256,
        max_num_batched_tokens=8192,
        max_model_len=4096,
        speculative_tokens=2,
        accepted_by_position=[5, 3],
        host_capacity_blocks=100,
        max_adapters=2,
        running_adapters=("french", "legal"),
    )


def gpu(**more: Any) -> GpuStats:
    facts: dict[str, Any] = {"gpu": "h100-sxm", "worker": "w0", "index": 0, "name": "NVIDIA H100 80GB HBM3"}
    return GpuStats(**(facts | more))


def registry(*stats: WorkerStats, gpus: tuple[GpuStats, ...] = (), **more: Any) -> Registry:
    """Workers w0, w1, … of the model gpt-4o."""
    labelled = [(WorkerLabels("gpt-4o", f"w{index}", str(index)), each) for index, each in enumerate(stats)]
    options: dict[str, Any] = {"now": lambda: NOW_S, "workers": lambda: labelled, "gpus": lambda: gpus} | more
    return Registry(Stats(), PROFILES, **options)
