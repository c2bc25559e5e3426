"""Records the requests that reach the shared cluster, as a trace that `fakeai simulate` replays."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import orjson

from fakeai.config.errors import ConfigError
from fakeai.core.operation import Document
from fakeai.sim.request import SimRequest, State

_ID_MASK = (1 << 53) - 1
"""Identities of blocks fit into the numbers that every reader of JSON has."""


class ArrivalLog:
    """A line a request, in the order of arrival. What a line says is known when its request is over, so it is written
    then, or when those before it are."""

    def __init__(self, path: Path, started_s: float) -> None:
        """Times count from started_s. Raises ConfigError."""
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise ConfigError(f"server.arrival_log: {path}: {error.strerror or error}") from None
        self._started_s = started_s
        self._open: OrderedDict[SimRequest, float | None] = OrderedDict()
        """Requests that are not written yet → when their client went away."""

    def note(self, event: Document) -> None:
        """What a Driver tells."""
        if "cancel" in event:
            self._open[event["cancel"]] = event["at_s"]
            return
        self._open[event["submit"]] = None
        while next(iter(self._open)).is_over:
            self._write(*self._open.popitem(last=False))

    def close(self) -> None:
        for request, left_s in self._open.items():
            self._write(request, left_s)
        self._open.clear()
        self._file.close()

    def _write(self, request: SimRequest, left_s: float | None) -> None:
        row = _row(request, self._started_s)
        if left_s is not None and request.state == State.CANCELLED:
            row["cancel_at_s"] = left_s - self._started_s
        self._file.write(orjson.dumps(row) + b"\n")


def _row(request: SimRequest, started_s: float) -> dict[str, Any]:
    block_tokens = request.hashes.block_size
    blocks, rest = divmod(request.prompt_tokens + request.output_tokens, block_tokens)
    hashes = [*request.hashes.first(blocks)]
    if rest:
        hashes.append(request.hashes.identity)
    said = {
        "session": request.session,
        "tenant": request.tenant or None,
        "model": request.model or None,
        "adapter": request.adapter,
        "priority": request.priority or None,
        "max_tokens": request.max_tokens,
    }
    return {
        "at_s": request.arrival_s - started_s,
        "prompt_tokens": max(1, request.prompt_tokens),
        "output_tokens": request.output_tokens,
        "block_tokens": block_tokens,
        "hash_ids": [found & _ID_MASK for found in hashes],
    } | {name: value for name, value in said.items() if value is not None}
