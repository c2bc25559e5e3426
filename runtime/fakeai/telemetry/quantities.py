"""What is measured of a finished request, and the cells in which it is gathered."""

from collections.abc import Mapping, Sequence
from operator import sub
from typing import Any, NamedTuple

from fakeai.core.stats import RequestRecord
from fakeai.telemetry.histogram import add_sorted

NAMES = (
    "prompt_tokens",
    "output_tokens",
    "cached_tokens",
    "computed_tokens",
    "cached_ratio",
    "preemptions",
    "n",
    "e2e_s",
    "queue_s",
    "prefill_s",
    "decode_s",
    "inference_s",
    "ttft_s",
    "tpot_s",
    "max_tokens",
    "itl_s",
)
"""Of the first twelve every request has a value, of the others some; of `itl_s` many."""
ITL = NAMES.index("itl_s")
GATHERED = 16
"""Requests that a cell counts together."""
OUTCOMES = ("stop", "length", "abort", "error")
Values = tuple[float | None, ...]


def measured(record: RequestRecord) -> Values:
    """In the order of NAMES, without the last. What did not happen took no time; it did not happen where it is None."""
    arrived_s, done_s = record.arrived_s, record.done_s
    scheduled_s = record.scheduled_s if record.scheduled_s >= 0 else done_s
    first_s, last_s = record.first_token_s, record.last_token_s
    answered = first_s >= 0
    prefill_s = (first_s if answered else done_s) - scheduled_s
    decode_s = last_s - first_s if answered else 0.0
    prompt, cached, output = record.prompt_tokens, record.cached_tokens, record.output_tokens
    return (
        prompt,
        output,
        cached,
        prompt - cached,
        cached / prompt if prompt else 0.0,
        record.preemptions,
        record.n,
        done_s - arrived_s,
        scheduled_s - arrived_s,
        prefill_s,
        decode_s,
        prefill_s + decode_s,
        first_s - arrived_s if answered else None,
        decode_s / (output - 1) if answered and output > 1 else None,
        record.max_tokens,
    )


def gaps(token_times: Sequence[float]) -> list[float]:
    """Seconds between tokens, ascending; tokens of one step come together and have no gap."""
    found = list(map(sub, token_times[1:], token_times))
    found.sort()
    return found[found.count(0.0) :] if found and found[0] == 0.0 else found


class CellKey(NamedTuple):
    model: str
    worker: str
    engine: str
    stream: str
    """true or false."""
    endpoint: str

    @property
    def request_type(self) -> str:
        """As Dynamo says it."""
        return "stream" if self.stream == "true" else "unary"


class Cell:
    """Sums and histograms over requests that are alike."""

    __slots__ = ("_rows", "bins", "bounds", "outcomes", "sums")

    def __init__(self, bounds: Mapping[str, tuple[float, ...]]) -> None:
        self.bounds = [bounds[name] for name in NAMES]
        self.bins = [[0] * (len(each) + 1) for each in self.bounds]
        self.sums = [0.0] * len(NAMES)
        self.outcomes = dict.fromkeys(OUTCOMES, 0)
        self._rows: list[Values] = []

    def add(self, record: RequestRecord, values: Values) -> None:
        """values: measured(record). They gather for a while: a column of them takes a third of the time."""
        self.outcomes[record.finish_reason if record.finish_reason in OUTCOMES else "stop"] += 1
        times = record.token_times
        if times and times[-1] > times[0]:
            add_sorted(self.bounds[ITL], self.bins[ITL], gaps(times))
            self.sums[ITL] += times[-1] - times[0]
        self._rows.append(values)
        if len(self._rows) >= GATHERED:
            self.settle()

    def settle(self) -> None:
        """To be called before sums and bins are read."""
        rows, self._rows = self._rows, []
        for index, column in enumerate(zip(*rows, strict=True)):
            numbers = [value for value in column if value is not None]
            self.sums[index] = sum(numbers, self.sums[index])
            numbers.sort()
            add_sorted(self.bounds[index], self.bins[index], numbers)


class Totals:
    """Sums over cells, as rows of spec/metrics read them: an attribute for each name of NAMES and OUTCOMES."""

    def __init__(self, cells: list[Cell]) -> None:
        values: dict[str, Any] = dict(
            zip(NAMES, map(sum, zip(*(cell.sums for cell in cells), strict=True)), strict=True)
        )
        for outcome in OUTCOMES:
            values[outcome] = sum(cell.outcomes[outcome] for cell in cells)
        values["finished"] = sum(values[outcome] for outcome in OUTCOMES)
        self.__dict__.update(values)
