"""A source that makes the requests of a workload up."""

from bisect import bisect
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate, count

from fakeai.core.seeds import Draw, derive, draws, unit
from fakeai.sim.distributions import Constant, Distribution
from fakeai.sim.identity import NamedText
from fakeai.sim.request import BlockHashes, SimRequest, State
from fakeai.sim.source import NEVER, Arrival
from fakeai.sim.workload import Workload

RETRY_S = 1.0
"""Users of a closed loop whose request failed wait so long at least."""


@dataclass(slots=True)
class _Session:
    """One user's conversation."""

    number: int
    r: Draw
    turns: int
    """Still to come."""
    tokens: int
    """Said so far: the prefix, and all prompts and answers."""
    hashes: BlockHashes
    """One for all turns: a later one has read more of the same text."""


class Synthetic:
    """The n-th session says the same whenever it comes: its draws derive from its number alone."""

    skipped = 0

    def __init__(self, workload: Workload, seed: int, number: int, block_size: int) -> None:
        """number: of the workload among those of a run."""
        self._workload = workload
        self._seed = derive(seed, "workload", number)
        self._number = number
        self._block_size = block_size
        self._r = draws(derive(self._seed, "arrivals"))
        self._waiting: list[tuple[float, int, _Session | None]] = []
        """Requests to come, by time; None: the first of a new session."""
        self._live: dict[str, _Session] = {}
        self._sessions = 0
        self._taken = 0
        self._last_s = workload.start
        self._arrived_s = 0.0
        """When the last session came that waited for nobody, since the workload began."""
        self._order = count()
        self._end_s = NEVER if workload.duration is None else workload.start + workload.duration
        self._groups = list(accumulate(1 / (rank + 1) ** workload.skew for rank in range(workload.groups)))
        if workload.arrivals is None:
            self._waiting = [(workload.start, next(self._order), None) for _ in range(workload.concurrency)]
        self._expect_session()

    @property
    def next_s(self) -> float:
        if not self._waiting or self._taken == self._workload.requests:
            return NEVER
        at_s = self._waiting[0][0]
        return at_s if at_s <= self._end_s else NEVER

    def take(self) -> Arrival:
        at_s, _, session = heappop(self._waiting)
        self._last_s = at_s
        if session is None:
            session = self._new_session()
            self._expect_session()
        return Arrival(self._request(session, at_s))

    def done(self, request: SimRequest, now_s: float) -> None:
        session = self._live.pop(request.id)
        goes_on = session.turns > 0 and request.state == State.FINISHED
        if goes_on or self._workload.arrivals is None:
            pause_s = self._workload.think.draw(session.r)
            at_s = now_s + (pause_s if request.state == State.FINISHED else max(pause_s, RETRY_S))
            heappush(self._waiting, (at_s, next(self._order), session if goes_on else None))

    @property
    def progress(self) -> float:
        work, shares = self._workload, [0.0]
        if work.requests:
            shares.append(self._taken / work.requests)
        if work.duration:
            shares.append((self._last_s - work.start) / work.duration)
        return min(1.0, max(shares))

    @property
    def ends(self) -> bool:
        return self._workload.requests is not None or self._workload.duration is not None

    def close(self) -> None:
        """Nothing is open."""

    def _expect_session(self) -> None:
        if self._workload.arrivals is not None:
            self._arrived_s = self._workload.arrivals.after(self._arrived_s, self._r)
            heappush(self._waiting, (self._workload.start + self._arrived_s, next(self._order), None))

    def _new_session(self) -> _Session:
        work, number = self._workload, self._sessions
        self._sessions += 1
        r = draws(derive(self._seed, "session", number))
        turns = max(1, round(work.turns.draw(r)))
        group = bisect(self._groups, unit(r) * self._groups[-1]) if work.groups > 1 else 0
        salt = (work.labels.get("tenant", ""), work.labels.get("adapter", ""))
        hashes = NamedText(
            derive(self._seed, "text", number, *salt),
            self._block_size,
            derive(self._seed, "prefix", group, *salt),
            work.prefix,
        )
        return _Session(number, r, turns, work.prefix, hashes)

    def _request(self, session: _Session, at_s: float) -> SimRequest:
        work = self._workload
        prompt_tokens = session.tokens + max(1, round(work.prompt.draw(session.r)))
        output_tokens = _answer_tokens(work.output, session.r)
        session.turns -= 1
        session.tokens = prompt_tokens + output_tokens
        request = SimRequest(
            f"{self._number}-{self._taken}",
            at_s,
            prompt_tokens,
            output_tokens,
            session.hashes,
            session=f"{self._number}-{session.number}",
            **work.labels,
        )
        self._taken += 1
        self._live[request.id] = session
        return request


def _answer_tokens(lengths: Distribution, r: Draw) -> int:
    """At least one, unless no answers are wanted at all."""
    if isinstance(lengths, Constant):
        return round(lengths.value)
    return max(1, round(lengths.draw(r)))
