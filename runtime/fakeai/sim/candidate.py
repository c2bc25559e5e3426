"""A worker as a routing policy sees it."""

from typing import Protocol

from fakeai.sim.deployment import Deployment
from fakeai.sim.request import SimRequest


class Candidate(Protocol):
    id: str

    @property
    def deployment(self) -> Deployment | None:
        """None where no hardware is simulated."""

    @property
    def running(self) -> int: ...

    @property
    def waiting(self) -> int: ...

    @property
    def reported_waiting(self) -> int:
        """What an engine's metrics say, which are made when a step ends: those for which that step had no room."""

    @property
    def reported_used_blocks(self) -> int:
        """Likewise: what was held when the last step ended."""

    @property
    def queued_prefill_tokens(self) -> int:
        """Prompt tokens of the requests sent here that are not computed yet."""

    @property
    def block_size(self) -> int:
        """Tokens in a KV block."""

    @property
    def used_blocks(self) -> int:
        """KV blocks held by live requests."""

    @property
    def capacity_blocks(self) -> int: ...

    @property
    def power_w(self) -> float:
        """Of all its chips, as of the last step."""

    def overlap(self, request: SimRequest) -> tuple[int, int, int]:
        """Prompt tokens of the request that are in GPU, host and disk cache here: the truth, at O(blocks)."""

    def prefill_s(self, tokens: int, context_tokens: int = 0) -> float:
        """How long computing so many prompt tokens would take on an idle worker."""

    def decode_step_s(self, more_seqs: int = 0) -> float:
        """How long a step takes with the sequences that are there now and so many more."""
