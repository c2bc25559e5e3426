"""Speculative decoding: how many drafted tokens each step accepts."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from fakeai.core.seeds import Draw, derive, draws, unit
from fakeai.core.stats import WorkerStats
from fakeai.sim.request import SimRequest


@dataclass(frozen=True)
class Speculation:
    """A drafter proposes `draft_tokens` a step; position k is accepted with `acceptance[k]` if all before it were.

    The step then says one token more than it accepted. Published acceptance falls with the position; a list shorter
    than draft_tokens goes on with its last value.
    """

    method: Literal["eagle", "mtp", "ngram", "draft_model"] = "eagle"
    draft_tokens: int = 3
    acceptance: tuple[float, ...] = (0.8, 0.7, 0.6)
    draft_cost: float = 0.05
    """Time of drafting one token for the whole batch, as a share of a step without speculation."""

    @cached_property
    def shares(self) -> tuple[float, ...]:
        """[draft_tokens]"""
        known = self.acceptance[: self.draft_tokens]
        return known + known[-1:] * (self.draft_tokens - len(known))

    def accepted(self, request: SimRequest, r: Draw) -> int:
        """Drafted tokens that this step accepts. A prediction that the client gave decides by its content."""
        if request.prediction is not None:
            return min(request.prediction[request.produced_tokens], self.draft_tokens)
        count = 0
        for share in self.shares:
            if unit(r) >= share:
                break
            count += 1
        return count

    def draw(self, request: SimRequest) -> Draw:
        return draws(derive("speculation", request.id))


def count_drafts(stats: WorkerStats, request: SimRequest, drafts: int, accepted: int) -> None:
    request.drafted_tokens += drafts
    request.accepted_tokens += accepted
    stats.drafts += 1
    stats.draft_tokens += drafts
    stats.accepted_tokens += accepted
    positions = stats.accepted_by_position
    positions += [0] * (accepted - len(positions))
    for position in range(accepted):
        positions[position] += 1


PREDICTION = Speculation("ngram", draft_tokens=16, acceptance=(0.0,), draft_cost=0.0)
"""How a prediction is used where nothing else drafts: its next tokens are verified in one step, at no drafting cost."""
