"""What live code counts and pages read. One record a finished request, one set of counters a worker."""

from collections import defaultdict
from dataclasses import dataclass, field


def _zero() -> defaultdict[tuple[str, ...], float]:
    return defaultdict(float)


@dataclass(slots=True)
class RequestRecord:
    """A finished generating request, times in unix seconds of its clock. -1: did not happen."""

    model: str
    tenant: str
    endpoint: str
    worker: str
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    arrived_s: float
    scheduled_s: float
    first_token_s: float
    last_token_s: float
    done_s: float
    finish_reason: str
    """stop, length, abort or error."""
    preemptions: int = 0
    max_tokens: int | None = None
    n: int = 1
    priority: int = 0
    adapter: str | None = None
    token_times: list[float] = field(default_factory=list)


@dataclass(slots=True)
class WorkerStats:
    """Counters of one worker since its start; gauges are as of the last step. Counters never fall."""

    # load
    running: int = 0
    waiting: int = 0
    steps: int = 0
    busy_s: float = 0.0
    step_tokens: int = 0
    """Prompt tokens computed and tokens produced."""
    # cache, in blocks and tokens
    capacity_blocks: int = 0
    block_size: int = 0
    used_blocks: int = 0
    """Held by live requests."""
    cached_blocks: int = 0
    """Known by hash, whether held or not."""
    queried_tokens: int = 0
    hit_tokens: int = 0
    host_hit_tokens: int = 0
    disk_hit_tokens: int = 0
    evicted_blocks: int = 0
    offloaded_bytes: float = 0.0
    onboarded_bytes: float = 0.0
    saved_prefill_s: float = 0.0
    """Time that the tokens found in the cache would have taken to compute."""
    # requests
    arrived: int = 0
    finished: int = 0
    aborted: int = 0
    failed: int = 0
    preemptions: int = 0
    prompt_tokens: int = 0
    computed_prompt_tokens: int = 0
    generated_tokens: int = 0
    # speculation
    drafts: int = 0
    draft_tokens: int = 0
    accepted_tokens: int = 0
    accepted_by_position: list[int] = field(default_factory=list)
    # hardware, seconds at work and what it took, summed over the worker's chips
    compute_s: float = 0.0
    memory_s: float = 0.0
    link_s: float = 0.0
    flops: float = 0.0
    bytes: float = 0.0
    transfer_bytes: float = 0.0
    """KV sent to or received from other workers."""


@dataclass(slots=True)
class GpuStats:
    """One chip, as of the last step. Seconds and joules are sums since the start and never fall."""

    gpu: str
    """GpuSpec id."""
    worker: str
    index: int
    """Of the chip, over the whole server."""
    power_w: float = 0.0
    energy_j: float = 0.0
    temperature_c: float = 0.0
    memory_temperature_c: float = 0.0
    sm_clock_mhz: float = 0.0
    mem_clock_mhz: float = 0.0
    mem_used_bytes: float = 0.0
    mem_total_bytes: float = 0.0
    utilization: float = 0.0
    """Share of the last second with a kernel running; the following are shares of it too."""
    sm_active: float = 0.0
    tensor_active: float = 0.0
    dram_active: float = 0.0
    link_sent_bytes: float = 0.0
    link_received_bytes: float = 0.0
    host_sent_bytes: float = 0.0
    host_received_bytes: float = 0.0
    power_violation_s: float = 0.0
    thermal_violation_s: float = 0.0
    last_xid: int = 0
    power_limit_w: float = 0.0


@dataclass(slots=True)
class Stats:
    """Label values → amount; the names of the labels are in the metric's row of spec/metrics.yaml."""

    requests: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(operation, status) → answered requests."""
    request_s: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(operation,) → seconds until the answer was complete."""
    prompt_tokens: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(model,) → tokens."""
    completion_tokens: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(model,) → tokens."""
    in_flight: int = 0
