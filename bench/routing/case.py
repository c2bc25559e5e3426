"""A cluster, the prompts it is sent and how fast."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from fakeai.core.seeds import derive, draws
from fakeai.sim.hashing import TraceHashes
from fakeai.sim.request import SimRequest

BLOCK_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Stage:
    rate_per_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Strategy:
    policy: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """Groups share a prefix, users of a group add a question of their own; each prompt comes again and again."""

    model: str
    gpu: str
    tp: int
    workers: int
    kv_tokens: int | None
    """Of a worker; None: what fits."""
    groups: int
    users: int
    prefix_tokens: int
    question_tokens: int
    output_tokens: int
    warmup: Stage | None
    stages: tuple[Stage, ...]
    """Each begins when the requests of the last have been answered, as the publisher's load generator does it."""
    strategies: Mapping[str, Strategy]
    max_num_seqs: int = 256

    @property
    def prompt_tokens(self) -> int:
        return self.prefix_tokens + self.question_tokens

    @property
    def working_set_tokens(self) -> int:
        return self.groups * (self.prefix_tokens + self.users * self.question_tokens)

    def requests(self, stage: Stage, number: int, start_s: float, seed: int = 0) -> Iterator[SimRequest]:
        """Of one stage, by a Poisson process; all prompts in an order of their own, over and over."""
        r = draws(derive("routing", seed, number))
        count = round(stage.rate_per_s * stage.duration_s)
        order = sorted(range(self.groups * self.users), key=lambda prompt: derive("order", seed, prompt))
        # Arrivals of a Poisson process, given their number, are uniform.
        times = sorted(start_s + stage.duration_s * r() / 2**31 for _ in range(count))
        for index, at_s in enumerate(times):
            prompt = order[(index + number * 131) % len(order)]
            yield self.request(prompt, f"{number}-{index}", at_s)

    def request(self, prompt: int, id: str, at_s: float) -> SimRequest:
        group = prompt // self.users
        prefix_blocks = self.prefix_tokens // BLOCK_TOKENS
        question = range(self.prompt_tokens // BLOCK_TOKENS - prefix_blocks)
        content = [(group << 32) + block for block in range(prefix_blocks)]
        content += [(prompt + 1 << 48) + block for block in question]
        total = self.prompt_tokens + self.output_tokens
        hashes = TraceHashes(content, BLOCK_TOKENS, self.prompt_tokens, total, derive(id), BLOCK_TOKENS)
        return SimRequest(id, at_s, self.prompt_tokens, self.output_tokens, hashes)


LLM_D = Case(
    # Source: llm-d-kv-cache-manager, benchmarking/73-capacity (2025-09): workload, stages and the schedulers' weights.
    # Prompts and prefixes take 73 % of the cluster's KV.
    model="qwen3-32b",
    gpu="h100-sxm",
    tp=2,
    workers=8,
    kv_tokens=307_328,
    groups=150,
    users=5,
    prefix_tokens=6_000,
    question_tokens=1_200,
    output_tokens=1_000,
    warmup=Stage(15, 50),
    stages=tuple(
        Stage(rate, duration)
        for rate, duration in (
            (3, 20),
            (10, 20),
            (15, 20),
            (20, 38),
            (22, 34),
            (25, 30),
            (30, 25),
            (35, 21),
            (40, 38),
            (43, 36),
            (46, 33),
            (49, 30),
            (52, 29),
            (55, 27),
            (57, 26),
            (60, 25),
        )
    ),
    strategies={
        "precise": Strategy("precise_prefix_aware", {"weights": {"precise_prefix": 3.0, "kv": 2.0, "queue": 2.0}}),
        "approximate": Strategy("prefix_aware", {"weights": {"prefix": 1.0, "kv": 1.0, "queue": 1.0}}),
        "load": Strategy("load_aware"),
        "random": Strategy("random"),
    },
)
PUBLISHED_TTFT_P90_S = {
    # By stage, as in LLM_D.stages. Source: the same report.
    "precise": (0.498, 0.6, 0.4, 0.6, 0.5, 0.583, 0.509, 0.5, 0.488, 0.5, 0.589, 0.6, 0.507, 0.6, 0.6, 0.5),
    "approximate": (
        0.497, 0.499, 0.4, 0.6, 0.7, 0.609, 0.708, 2.459, 43.018, 43.515, 44.93, 46.335, 47.284, 50.108, 49.93, 50.226,
    ),
    "load": (
        1.609, 4.124, 7.002, 77.707, 72.972, 85.979, 83.806, 88.086, 100.911, 101.524, 105.884, 105.015, 108.572,
        110.681, 113.278, 110.184,
    ),
    "random": (
        0.82, 1.398, 2.299, 70.273, 78.42, 82.943, 86.182, 91.519, 101.272, 101.142, 101.265, 103.514, 105.004,
        104.321, 106.816, 105.988,
    ),
}  # fmt: skip

CONTROL = Case(
    # After zxuhan/llm-router: 4 A100, a prefix of 6 KB, about 1,536 tokens, that every replica can hold.
    model="llama-3.1-8b-instruct",
    gpu="a100-80g-sxm",
    tp=1,
    workers=4,
    kv_tokens=None,
    groups=6,
    users=80,
    prefix_tokens=1_536,
    question_tokens=64,
    output_tokens=128,
    warmup=None,
    stages=(Stage(10, 48),),
    strategies={"round robin": Strategy("round_robin"), "prefix aware": Strategy("precise_prefix_aware")},
)


def scaled(case: Case, stages: tuple[Stage, ...], share: float) -> Case:
    """The same with a share of the workers and of the groups, so that caches are as full; rates are the stages'."""
    return replace(
        case, workers=round(case.workers * share), groups=round(case.groups * share), stages=stages, warmup=None
    )
