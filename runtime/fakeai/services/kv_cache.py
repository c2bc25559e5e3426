"""What the workers' KV caches hold and have saved, over all namespaces; filling and clearing them."""

from typing import Any

from fakeai.core.call import Call
from fakeai.core.errors import NotFound
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Reply
from fakeai.engine.engine import Engine
from fakeai.engine.warming import Warming, warm
from fakeai.sim.instance import Instance
from fakeai_api.routers.kv_cache import KvCacheApi

SUMMED = ("queried_tokens", "hit_tokens", "evicted_blocks")
OF_WORKER = (
    "block_size",
    "capacity_blocks",
    "used_blocks",
    "cached_blocks",
    "evicted_blocks",
    "host_hit_tokens",
    "disk_hit_tokens",
    "offloaded_bytes",
    "onboarded_bytes",
)


class KvCacheService(KvCacheApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def retrieve_kv_cache_metrics(self, call: Call) -> Answer:
        workers = self._workers(call)
        sums = {name: sum(getattr(worker.stats, name) for worker in workers) for name in SUMMED}
        return Reply(
            {
                "object": "kv_cache.metrics",
                "hit_rate": _rate(sums["hit_tokens"], sums["queried_tokens"]),
                **sums,
                "saved_prefill_seconds": sum(worker.stats.saved_prefill_s for worker in workers),
                "by_model_and_tenant": _tenants(workers),
                "workers": [_worker(worker) for worker in workers],
            }
        )

    async def list_kv_cache_blocks(self, call: Call) -> Answer:
        workers, wanted = self._workers(call), call.query.get("worker")
        if wanted is not None:
            workers = [worker for worker in workers if worker.id == wanted]
            if not workers:
                raise NotFound(f"No worker '{wanted}' in this cluster.", param="worker")
        limit = call.query.get("limit", 100)
        data: list[Document] = []
        for worker in workers:
            for block_hash, blocks, references in worker.cache.contents(limit - len(data)):
                shown = f"{block_hash % (1 << 64):016x}"
                data.append({"worker": worker.id, "hash": shown, "blocks": blocks, "references": references})
        total = sum(worker.cache.cached_blocks for worker in workers)
        shown_blocks = sum(block["blocks"] for block in data)
        return Reply({"object": "list", "data": data, "total": total, "has_more": shown_blocks < total})

    async def warm_kv_cache(self, call: Call, body: Any) -> Answer:
        document = call.document
        model = await self.engine.model(call, document["model"])
        wish = Warming(model, document["prompts"], document.get("cache_salt") or "")
        tokens, cached_tokens = await warm(self.engine, call, wish)
        answer = {"prompts": len(wish.prompts), "tokens": tokens, "cached_tokens": cached_tokens}
        return Reply({"object": "kv_cache.warmed", **answer})

    async def reset_kv_cache(self, call: Call) -> Answer:
        """As in vLLM, a worker that holds blocks for live requests refuses."""
        done = {worker.id: worker.cache.reset() for worker in self._workers(call)}
        self._workers(call)  # pages and subscribers learn of it at once
        cleared = [id for id, was_reset in done.items() if was_reset]
        return Reply(
            {"object": "kv_cache.reset", "workers": cleared, "refused": [id for id in done if id not in cleared]}
        )

    def _workers(self, call: Call) -> list[Instance]:
        return self.engine.driver_of(call).look().workers


def _tenants(workers: list[Instance]) -> list[Document]:
    sums: dict[tuple[str, str], list[int]] = {}
    for worker in workers:
        for key, hits in worker.cache.hits.tenants.items():
            entry = sums.setdefault(key, [0, 0])
            entry[0] += hits.queried_tokens
            entry[1] += hits.hit_tokens
    return [
        {
            "model": model,
            "tenant": tenant,
            "hit_rate": _rate(hit, queried),
            "queried_tokens": queried,
            "hit_tokens": hit,
        }
        for (model, tenant), (queried, hit) in sorted(sums.items())
    ]


def _worker(worker: Instance) -> Document:
    stats = worker.stats
    return {
        "worker": worker.id,
        **{name: getattr(stats, name) for name in OF_WORKER},
        "usage": _rate(stats.used_blocks, stats.capacity_blocks),
        "hit_rate": _rate(stats.hit_tokens, stats.queried_tokens),
        "saved_prefill_seconds": stats.saved_prefill_s,
    }


def _rate(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
