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


def headers_of(requests: Sequence[SimRequest], seed: int) -> list[Header]:
    """What the simulation did for an answer, as far as it is known: the worker and the cached tokens of the first
    request; milliseconds of waiting, of reading the prompt, until the first token of any choice and until the last of
    all."""
    first = requests[0]
    headers: list[Header] = [(b"x-fakeai-seed", b"%d" % seed)]
    if first.worker is not None:
        headers.append((b"x-fakeai-worker", first.worker.encode()))
    if not all(request.is_over or 0 < request.output_tokens <= request.produced_tokens for request in requests):
        return headers
    headers.append((b"x-fakeai-cached-tokens", b"%d" % first.cached_tokens))
    arrived_s = min(request.arrival_s for request in requests)
    scheduled_s = min(request.first_scheduled_s for request in requests)
    first_s = min(request.first_token_s if request.token_times else request.done_s for request in requests)
    last_s = max(request.last_token_s if request.token_times else request.done_s for request in requests)
    spans_s = {
        b"queue": scheduled_s - arrived_s,
        b"prefill": first_s - scheduled_s,
        b"ttft": first_s - arrived_s,
        b"e2e": last_s - arrived_s,
    }
    return headers + [(b"x-fakeai-%b-ms" % name, b"%.3f" % (span_s * 1e3)) for name, span_s in spans_s.items()]
