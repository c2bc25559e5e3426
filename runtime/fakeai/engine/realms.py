"""Which clock and cluster serve a namespace: the server's, or ones of its own on which nothing sleeps."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from fakeai.core.clock import Clock, VirtualClock
from fakeai.sim.cluster import Cluster
from fakeai.sim.driver import Driver

MAX_REALMS = 256
"""Namespaces with a cluster of their own; the least recently used one loses its cache and starts anew."""
TICK_S = 1.0
"""Each request moves a clock of its own so far, as it moves a server's with a fixed epoch."""


class Realm(NamedTuple):
    clock: Clock
    driver: Driver
    is_virtual: bool
    """Nothing sleeps: only headers tell how long an answer took."""


class Realms:
    def __init__(self, shared: Driver, virtual: Sequence[str], make_cluster: Callable[[float], Cluster]) -> None:
        """virtual: names of namespaces, * and ? standing for more. make_cluster: by its start."""
        self.shared = Realm(shared.clock, shared, False)
        self._virtual = virtual
        self._make_cluster = make_cluster
        self._own: OrderedDict[str, Realm] = OrderedDict()

    def of(self, namespace: str) -> Realm:
        if not self._virtual:
            return self.shared
        own = self._own.get(namespace)
        if own is not None:
            self._own.move_to_end(namespace)
            return own
        if not any(fnmatchcase(namespace, pattern) for pattern in self._virtual):
            return self.shared
        return self._make(namespace)

    def _make(self, namespace: str) -> Realm:
        start_s = self.shared.clock.now()
        clock = VirtualClock(start_s, TICK_S)
        realm = self._own[namespace] = Realm(clock, Driver(self._make_cluster(start_s), clock), True)
        if len(self._own) > MAX_REALMS:
            self._own.popitem(last=False)
        return realm
