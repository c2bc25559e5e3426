"""What routers see of a worker's KV cache, whatever the worker is."""

from fakeai.sim.cache import KvCache
from fakeai.sim.request import SimRequest


class CacheHolder:
    cache: KvCache
    _now_s: float
    """Of the last thing that happened to the worker."""

    @property
    def block_size(self) -> int:
        return self.cache.block_size

    @property
    def used_blocks(self) -> int:
        return self.cache.used_blocks

    @property
    def capacity_blocks(self) -> int:
        return self.cache.capacity_blocks

    def overlap(self, request: SimRequest) -> tuple[int, int, int]:
        hit = self.cache.lookup(request, self._now_s)
        return hit.tokens - hit.host_tokens - hit.disk_tokens, hit.host_tokens, hit.disk_tokens
