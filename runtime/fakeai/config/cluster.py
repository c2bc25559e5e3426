import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, FilePath, model_validator

from fakeai.config.section import Items, JsonList, JsonObject, Section, TextList
from fakeai.core.call import NAMESPACE, NAMESPACE_FORM

IMPLY_SIMULATED = (
    "model",
    "gpu",
    "tp",
    "pp",
    "dp",
    "ep",
    "engine",
    "weights",
    "kv_dtype",
    "max_num_seqs",
    "max_num_batched_tokens",
    "max_model_len",
    "gpu_memory_utilization",
    "prefill_replicas",
    "hardware_file",
    "power_limit_w",
    "speculative_tokens",
)
"""Settings that mean nothing without simulated hardware, so that giving one selects it."""

Precision = Literal["bf16", "fp16", "fp8", "fp4", "int8", "int4"]
Shares = Annotated[list[float], Items]


def _can_match(pattern: str) -> str:
    """Else a namespace that was meant would silently be on the server's clock."""
    if not NAMESPACE.fullmatch(re.sub(r"[*?]", "x", pattern)):
        raise ValueError(f"no namespace has such a name: {NAMESPACE_FORM}, and * and ? stand for any of these")
    return pattern


NamespacePatterns = Annotated[list[Annotated[str, AfterValidator(_can_match)]], Items]


class FaultConfig(Section):
    """Times are seconds after the start."""

    worker: str
    kind: Literal["slow", "dead", "flaky"]
    from_s: float = Field(default=0.0, ge=0)
    until_s: float | None = Field(default=None, gt=0)
    factor: float = Field(default=1.0, ge=0)
    """slow: how many times longer steps take. flaky: share of requests that fail."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.until_s is not None and self.until_s <= self.from_s:
            raise ValueError("a fault must end after it begins")
        if self.kind == "slow" and self.factor < 1:
            raise ValueError("the factor of a slow worker is at least 1")
        if self.kind == "flaky" and self.factor > 1:
            raise ValueError("the factor of a flaky worker is a share, at most 1")
        return self


class ClusterConfig(Section):
    mode: Literal["paced", "simulated"] = "paced"
    """paced: token times come from the latency section. Giving hardware means "simulated"."""
    model: str = "llama-3.1-8b"
    """Whose weights and cache are simulated, for requests of every model."""
    gpu: TextList = Field(default_factory=lambda: ["h100-sxm"], min_length=1)
    """Several are taken in turn by the replicas."""
    tp: int = Field(default=1, ge=1, le=1024)
    pp: int = Field(default=1, ge=1, le=128)
    dp: int = Field(default=1, ge=1, le=1024)
    ep: int = Field(default=1, ge=1, le=1024)
    replicas: int = Field(default=1, ge=1, le=4096)
    prefill_replicas: int = Field(default=0, ge=0, le=4096)
    """More than 0: so many workers only read prompts, and `replicas` workers speak."""
    transfer_link: str = "infiniband-ndr"
    """Between the two."""
    engine: Literal["vllm", "sglang", "trtllm"] = "vllm"
    weights: Precision | None = None
    """None: as the model is published."""
    kv_dtype: Precision | None = None
    """None: bf16."""
    max_num_seqs: int = Field(default=256, ge=1, le=65536)
    max_num_batched_tokens: int = Field(default=8192, ge=1, le=1 << 24)
    max_model_len: int | None = Field(default=None, ge=1)
    """None: the model's context window, or what fits into the cache."""
    gpu_memory_utilization: float = Field(default=0.9, gt=0, le=1)
    chunked_prefill: bool = True
    scheduling: Literal["fcfs", "priority"] = "fcfs"
    preemption: Literal["recompute", "swap"] = "recompute"
    routing: str = "round_robin"
    routing_options: Annotated[dict[str, Any], JsonObject] = Field(default_factory=dict)
    """Of the policy: its own defaults hold for those not given."""
    coalesce: bool = False
    """Requests with the same tokens as one that is under way are not computed again."""
    batch_window_s: float = Field(default=0.0, ge=0, le=60)
    """How long requests gather in front of the router, to be grouped by prefix."""
    max_queued: int | None = Field(default=None, ge=1)
    """Requests that may wait in all; more are refused."""
    overload_status: Literal["429", "503"] = "503"
    on_worker_death: Literal["migrate", "fail"] = "migrate"
    faults: Annotated[list[FaultConfig], JsonList] = Field(default_factory=list)
    """What goes wrong with workers, and when."""
    speculative_tokens: int = Field(default=0, ge=0, le=64)
    """Drafted a step; 0: no speculative decoding."""
    speculative_method: Literal["eagle", "mtp", "ngram", "draft_model"] = "eagle"
    speculative_acceptance: Shares = Field(default_factory=lambda: [0.8, 0.7, 0.6], min_length=1)
    """By position of the draft; the last goes on."""
    max_loras: int = Field(default=4, ge=1)
    max_cpu_loras: int = Field(default=16, ge=1)
    lora_rank: int = Field(default=16, ge=1, le=1024)
    power_limit_w: float | None = Field(default=None, gt=0)
    """Of each chip; None: its TDP."""
    profiles: bool = True
    """Correct the cost model where the deployment was measured."""
    hardware_file: FilePath | None = None
    """Rows that are added to the built-in hardware, or replace those of the same id."""
    virtual_namespaces: NamespacePatterns = Field(default_factory=list)
    """Names, with * and ?, of namespaces with a cluster and a clock of their own, on which nothing sleeps; answers tell
    the simulated times in headers."""
    headers: Literal["auto", "always", "never"] = "auto"
    """Whether answers tell what the simulation did for them in x-fakeai-… headers. auto: where they take time."""
    speed: float = Field(default=1.0, gt=0, le=1e6)
    """The server's clock runs so many times faster than real time."""

    @model_validator(mode="before")
    @classmethod
    def _hardware_implies_mode(cls, data: Any) -> Any:
        if isinstance(data, dict) and "mode" not in data and any(name in data for name in IMPLY_SIMULATED):
            return {**data, "mode": "simulated"}
        return data

    @model_validator(mode="after")
    def _step_holds_every_sequence(self) -> Self:
        if self.max_num_batched_tokens < self.max_num_seqs:
            raise ValueError("max_num_batched_tokens must be at least max_num_seqs")
        if any(not 0 <= share <= 1 for share in self.speculative_acceptance):
            raise ValueError("speculative_acceptance: shares are from 0 to 1")
        return self

    @model_validator(mode="after")
    def _faults_have_workers(self) -> Self:
        for fault in self.faults:
            kind, _, number = fault.worker.rpartition("-")
            count = {"worker": self.replicas, "prefill": self.prefill_replicas}.get(kind, 0)
            if not (number.isdecimal() and int(number) < count and fault.worker == f"{kind}-{int(number)}"):
                raise ValueError(f"faults: there is no {fault.worker!r}; workers are {self._workers()}")
        return self

    def _workers(self) -> str:
        counts = {"worker": self.replicas, "prefill": self.prefill_replicas}
        return ", ".join(
            f"{kind}-0" if count == 1 else f"{kind}-0 to {kind}-{count - 1}" for kind, count in counts.items() if count
        )
