"""What live code counts and pages read. One record a finished request, one set of counters a worker."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Counter(Protocol):
    """A histogram, as code that measures sees it."""

    def add(self, value: float) -> None: ...


def _zero() -> defaultdict[tuple[str, ...], float]:
    return defaultdict(float)


class RequestRecord(NamedTuple):
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
    error: str = ""
    """What failed, in a word such as worker_lost, if finish_reason is error."""
    stream: bool = False
    preemptions: int = 0
    max_tokens: int | None = None
    n: int = 1
    token_times: Sequence[float] = ()


class WorkerLabels(NamedTuple):
    """How pages name a worker."""

    model: str
    worker: str
    """As in RequestRecord.worker."""
    engine: str = "0"
    """Its number among the workers of the model; vLLM's rank of data parallelism."""
    role: str = "unified"
    """unified, prefill or decode."""


@dataclass(slots=True)
class WorkerStats:
    """Counters of one worker since its start; gauges are as of the last step. Counters never fall."""

    # load
    running: int = 0
    waiting: int = 0
    deferred: int = 0
    """Of those that wait, for something other than room: KV that is being loaded."""
    steps: int = 0
    busy_s: float = 0.0
    step_tokens: int = 0
    """Prompt tokens computed and tokens produced."""
    steps_by_tokens: list[int] = field(default_factory=list)
    """[k]: steps of n such tokens with (n - 1).bit_length() == k: in 2**(k-1) < n <= 2**k. Empty: not counted."""
    last_step_s: float = 0.0
    updated_s: float = 0.0
    """When the last step ended, unix seconds."""
    # cache, in blocks and tokens
    capacity_blocks: int = 0
    block_size: int = 0
    used_blocks: int = 0
    """Held by live requests."""
    cached_blocks: int = 0
    """Known by hash, whether held or not."""
    evictable_blocks: int = 0
    """Known by hash and held by nobody."""
    queried_tokens: int = 0
    hit_tokens: int = 0
    """Found in whichever tier; the next two are of these. Counted with prompt_tokens, when first scheduled."""
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
    # limits, which do not change; 0 and empty: does not apply
    max_model_len: int = 0
    max_num_seqs: int = 0
    max_num_batched_tokens: int = 0
    gpu_memory_utilization: float = 0.0
    kv_dtype: str = "auto"
    speculative_tokens: int = 0
    """Most draft tokens of a sequence and step."""
    host_capacity_blocks: int = 0
    host_used_blocks: int = 0
    max_adapters: int = 0
    running_adapters: tuple[str, ...] = ()
    waiting_adapters: tuple[str, ...] = ()
    members: int = 1
    """Workers, where several are added up."""


@dataclass(slots=True)
class GpuStats:
    """One chip, as of the last step. Seconds and joules are sums since the start and never fall."""

    gpu: str
    """GpuSpec id."""
    worker: str
    index: int
    """Of the chip, over the whole server."""
    name: str = ""
    """As drivers report it: NVIDIA H100 80GB HBM3."""
    vendor: str = "nvidia"
    power_w: float = 0.0
    energy_j: float = 0.0
    temperature_c: float = 0.0
    memory_temperature_c: float = 0.0
    sm_clock_mhz: float = 0.0
    mem_clock_mhz: float = 0.0
    mem_used_bytes: float = 0.0
    mem_reserved_bytes: float = 0.0
    """By the driver."""
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
    clock_events: int = 0
    """Why the clock is low, as NVML's bits: 1 idle, 4 power cap, 32 and 64 heat."""
    last_xid: int = 0
    power_limit_w: float = 0.0


@dataclass(slots=True)
class Stats:
    """Label values → amount; the names of the labels are in the metric's row of spec/metrics/fakeai.yaml."""

    requests: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(operation, status) → answered requests."""
    request_s: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(operation,) → seconds until the answer was complete."""
    prompt_tokens: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(model,) → tokens."""
    completion_tokens: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(model,) → tokens."""
    coalesced: defaultdict[tuple[str, ...], float] = field(default_factory=_zero)
    """(model,) → requests that got the tokens of an identical one."""
    in_flight: int = 0
    lateness: dict[tuple[str, ...], Counter] = field(default_factory=dict)
    """() → by how many seconds streams write tokens later than their times."""
