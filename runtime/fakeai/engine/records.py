"""What telemetry is told of a request that is over."""

from collections.abc import Sequence
from typing import NamedTuple

from fakeai.core.call import Header
from fakeai.core.stats import RequestRecord
from fakeai.sim.request import SimRequest, State


class About(NamedTuple):
    """What the engine knows of a request and the simulation does not."""

    endpoint: str
    """In Dynamo's words: chat_completions, completions, embeddings."""
    finish_reason: str
    stream: bool
    n: int


REASONS = {State.CANCELLED: "abort", State.FAILED: "error"}
"""Of those that did not come to their end."""


def record_of(request: SimRequest, about: About) -> RequestRecord:
    """In the order of the record's fields: naming them costs a microsecond."""
    state = request.state
    return RequestRecord(
        request.model,
        request.tenant,
        about.endpoint,
        request.worker or "",
        request.prompt_tokens,
        request.cached_tokens,
        request.produced_tokens,
        request.arrival_s,
        request.first_scheduled_s,
        request.first_token_s,
        request.last_token_s,
        request.done_s,
        about.finish_reason if state == State.FINISHED else REASONS[state],
        "" if state != State.FAILED else "worker_lost" if request.worker else "overloaded",
        about.stream,
        request.preemptions,
        request.max_tokens,
        about.n,
        request.token_times,
    )


def times_headers(requests: Sequence[SimRequest]) -> list[Header]:
    """Simulated milliseconds since the arrival: until the first token of any choice, and until the last of all."""
    arrived_s = min(request.arrival_s for request in requests)
    scheduled_s = min(request.first_scheduled_s for request in requests)
    first_s = min(request.first_token_s if request.token_times else request.done_s for request in requests)
    done_s = max(request.done_s for request in requests)
    ends_s = {b"queue": scheduled_s, b"ttft": first_s, b"e2e": done_s}
    return [(b"x-fakeai-%b-ms" % name, b"%.3f" % ((end_s - arrived_s) * 1e3)) for name, end_s in ends_s.items()]
