"""How requests find their worker: the latest decisions, what came of them, and what operators do to workers."""

from collections.abc import Callable
from typing import Any

from fakeai.core.call import Call
from fakeai.core.errors import NotFound
from fakeai.core.reply import Answer, Reply
from fakeai.engine.engine import Engine
from fakeai.sim.cluster import Cluster
from fakeai_api.routers.router import RouterApi


class RouterService(RouterApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def list_router_decisions(self, call: Call) -> Answer:
        """Of the caller's namespace only: a decision names its request."""
        decisions = self._cluster(call).router.decisions(call.query.get("limit", 100), call.tenant.namespace)
        return Reply({"object": "list", "data": decisions})

    async def retrieve_router_stats(self, call: Call) -> Answer:
        cluster = self._cluster(call)
        return Reply({"object": "router.stats", **cluster.router.stats(cluster.now_s)})

    async def control_worker(self, call: Call, body: Any) -> Answer:
        cluster, worker = self._cluster(call), call.path["worker_id"]
        if all(worker != known.id for known in cluster.workers):
            raise NotFound(f"No worker '{worker}' in this cluster.", param="worker_id")
        act, factor = ACTIONS[call.document["action"]], float(call.document.get("factor") or 1.0)
        self.engine.driver_of(call).act(lambda: act(cluster, worker, factor))
        state = cluster.router.health.state(worker, cluster.now_s)
        slowness = next(known.slowness for known in cluster.workers if known.id == worker)
        return Reply({"object": "router.worker", "id": worker, "state": state, "slowness": slowness})

    def _cluster(self, call: Call) -> Cluster:
        return self.engine.driver_of(call).look()


ACTIONS: dict[str, Callable[[Cluster, str, float], None]] = {
    "drain": lambda cluster, worker, factor: cluster.router.health.drain(worker),
    "kill": lambda cluster, worker, factor: cluster.kill(worker),
    "revive": lambda cluster, worker, factor: cluster.revive(worker),
    "slow": lambda cluster, worker, factor: cluster.slow(worker, factor),
}
