"""Requests gather in front of the router and come to it by prefix."""

from math import inf

import pytest

from fakeai.core.seeds import derive
from fakeai.sim.batching import by_prefix
from fakeai.sim.identity import NamedText
from fakeai.sim.limits import Limits
from fakeai.sim.request import SimRequest, State
from tests.support.sim_cluster import BLOCK, Make, ids, request

pytestmark = [pytest.mark.unit, pytest.mark.sim]

WINDOW_S = 0.05


def sharing(name: str, prefix: int, blocks: int, at_s: float = 0.0) -> SimRequest:
    """Begins with so many blocks that others with the same prefix have too."""
    text = NamedText(derive(name), BLOCK, prefix, blocks * BLOCK)
    return SimRequest(name, at_s, (blocks + 1) * BLOCK, 2, text)


def test_the_longest_shared_prefix_comes_first() -> None:
    short, longer, alone = [sharing(f"s{n}", 1, 2) for n in (0, 1)], [sharing(f"l{n}", 2, 5) for n in (0, 1)], "abc"
    tiny = request(1, 1, text=3)
    asked = [short[0], *(sharing(name, ord(name), 9) for name in alone), longer[0], tiny, short[1], longer[1]]
    groups = [ids(group) for group in by_prefix(asked)]
    assert groups == [["l0", "l1"], ["s0", "s1"], ["a"], ["b"], ["c"], [tiny.id]]


@pytest.mark.parametrize("window_s", [0.0, WINDOW_S])
def test_a_batch_goes_to_one_worker_and_waiting_counts(window_s: float) -> None:
    cluster = Make().cluster(2, batch_window_s=window_s)
    asked = [sharing(f"{prefix}{number}", prefix, 6) for prefix in (1, 2) for number in range(2)]
    for one in asked:
        cluster.submit(one, 0.0)
    cluster.advance(inf)
    workers = [one.worker for one in asked]
    hit_tokens = [one.cached_tokens for one in asked]
    if window_s:
        assert workers == ["worker-0", "worker-0", "worker-1", "worker-1"]
        assert hit_tokens == [0, 24, 0, 24]
    else:
        assert workers == ["worker-0", "worker-1"] * 2
        assert hit_tokens == [0] * 4
    assert asked[0].first_scheduled_s == window_s


def test_one_that_leaves_while_it_waits_is_not_routed() -> None:
    cluster = Make(limits=Limits(max_num_seqs=1)).cluster(batch_window_s=WINDOW_S, max_queued=1)
    gone, full = request(8, 2), request(8, 2)
    cluster.submit(gone, 0.0)
    refusal = cluster.submit(full, 0.01)
    assert refusal is not None
    cluster.cancel(gone, 0.02)
    assert (gone.state, gone.done_s, cluster.waiting) == (State.CANCELLED, 0.02, 0)
    cluster.advance(inf)
    assert cluster.workers[0].stats.arrived == 0


def test_a_batch_without_a_worker_fails() -> None:
    cluster = Make().cluster(2, batch_window_s=WINDOW_S)
    pair = [sharing("a", 1, 3), sharing("b", 1, 3)]
    for one in pair:
        cluster.submit(one, 0.0)
    cluster.kill("worker-0")
    cluster.kill("worker-1")
    cluster.advance(inf)
    assert [one.state for one in pair] == [State.FAILED] * 2
