"""One request inside the simulation, from arrival to its last token."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Protocol


class State(IntEnum):
    WAITING = 0
    RUNNING = 1
    FINISHED = 2
    CANCELLED = 3
    FAILED = 4


class BlockHashes(Protocol):
    """The identity of a request's tokens: prompt and answer, block by block."""

    @property
    def block_size(self) -> int: ...

    @property
    def identity(self) -> int:
        """Of all tokens, those that fill no block included: requests of equal lengths are identical if it is equal."""

    def first(self, blocks: int) -> Sequence[int]:
        """Chained hashes of the first full blocks; fewer if the tokens are not known so far. Computed once."""

    def tokens(self, first: int, last: int) -> Sequence[int]:
        """Of the blocks from first up to, not including, last; none if only hashes are known."""

    def extra_keys(self, block: int) -> tuple[tuple[str | int, ...], ...] | None:
        """What else the block's KV depends on, tagged: ("lora", …), ("mm", …), ("cache_salt", …)."""


class SimRequest:
    """What is asked does not change; the rest is the state that workers keep."""

    __slots__ = (
        "about",
        "accepted_tokens",
        "adapter",
        "arrival_s",
        "blocks",
        "cached_tokens",
        "carried_tokens",
        "coalesced",
        "computed_tokens",
        "done_s",
        "drafted_tokens",
        "first_scheduled_s",
        "first_token_s",
        "hashes",
        "id",
        "max_tokens",
        "model",
        "notify",
        "output_tokens",
        "prediction",
        "preemptions",
        "priority",
        "produced_tokens",
        "prompt_tokens",
        "session",
        "state",
        "tenant",
        "token_times",
        "worker",
    )

    def __init__(
        self,
        id: str,
        arrival_s: float,
        prompt_tokens: int,
        output_tokens: int,
        hashes: BlockHashes,
        *,
        model: str = "",
        tenant: str = "",
        session: str | None = None,
        adapter: str | None = None,
        priority: int = 0,
        max_tokens: int | None = None,
        prediction: Sequence[int] | None = None,
    ) -> None:
        """output_tokens: how many will be said; 0 for requests that only compute their prompt, such as embeddings.

        hashes: already salted with the tenant and the adapter. priority: lower is served first, as in vLLM.
        prediction: how many of the tokens said next the client predicted, by tokens said so far, [output_tokens].
        """
        self.id = id
        self.arrival_s = arrival_s
        self.prompt_tokens = prompt_tokens
        self.output_tokens = output_tokens
        self.hashes = hashes
        self.model = model
        self.tenant = tenant
        self.session = session
        self.adapter = adapter
        self.priority = priority
        self.max_tokens = max_tokens
        self.prediction = prediction
        self.state = State.WAITING
        self.worker: str | None = None
        self.blocks: list[int] = []
        self.computed_tokens = 0
        """Tokens whose KV is in blocks."""
        self.carried_tokens = 0
        """Tokens whose KV comes from another worker, or back from swap, and is not computed again."""
        self.cached_tokens = 0
        """Prompt tokens that were found, when the request was first scheduled."""
        self.produced_tokens = 0
        self.drafted_tokens = 0
        """Proposed to be said, by a drafter or the client's prediction; accepted_tokens of them were said."""
        self.accepted_tokens = 0
        self.preemptions = 0
        self.coalesced = False
        """It was not computed: an identical request's tokens are its own."""
        self.first_scheduled_s = -1.0
        self.first_token_s = -1.0
        self.done_s = -1.0
        self.token_times: list[float] = []
        """When each token left the engine, [produced_tokens]."""
        self.about: Any = None
        """What the submitter keeps with the request."""
        self.notify: Callable[[], None] | None = None
        """Called when token_times has grown or the state is final."""

    def prompt_hashes(self, blocks: int) -> Sequence[int]:
        """Of the prompt's full blocks, of the first so many: what a router may know. What will be said it may not."""
        return self.hashes.first(min(blocks, self.prompt_tokens // self.hashes.block_size))

    @property
    def total_tokens(self) -> int:
        """Prompt and what has been said so far: what must be in blocks to say the next token."""
        return self.prompt_tokens + self.produced_tokens

    @property
    def last_token_s(self) -> float:
        """-1 if nothing was said."""
        return self.token_times[-1] if self.token_times else -1.0

    @property
    def is_over(self) -> bool:
        return self.state >= State.FINISHED
