"""Which cache a configuration and an engine get."""

import pytest

from fakeai.config.kv_cache import KvCacheConfig
from fakeai.core.stats import WorkerStats
from fakeai.sim.blocks import BlockPool
from fakeai.sim.caches import UnknownEviction, make_cache
from fakeai.sim.hashing import TokenHashes
from fakeai.sim.radix import RadixCache
from fakeai.sim.request import SimRequest

pytestmark = [pytest.mark.unit, pytest.mark.sim]


@pytest.mark.parametrize(("engine", "kind"), [("vllm", BlockPool), ("trtllm", BlockPool), ("sglang", RadixCache)])
def test_an_engine_has_its_own_structure(engine: str, kind: type) -> None:
    assert isinstance(make_cache(KvCacheConfig(), 8, WorkerStats(), engine), kind)


@pytest.mark.parametrize("engine", ["vllm", "trtllm", "sglang"])
@pytest.mark.parametrize("prefix_caching", [True, False])
def test_prefixes_are_found_only_if_they_are_cached(engine: str, prefix_caching: bool) -> None:
    cache = make_cache(KvCacheConfig(prefix_caching=prefix_caching), 8, WorkerStats(), engine)
    tokens = list(range(48))
    found = []
    for number in range(2):
        request = SimRequest(f"r{number}", 0.0, len(tokens), 0, TokenHashes(tokens, 16))
        hit = cache.lookup(request, 0.0)
        found.append(hit.tokens)
        assert cache.allocate(request, len(tokens), 0.0, hit)
        cache.free(request, 0.0)
    assert found == [0, 32 if prefix_caching else 0]


@pytest.mark.parametrize(("engine", "policy"), [("vllm", "slru"), ("sglang", "prefix_aware"), ("vllm", "none")])
def test_an_eviction_that_the_structure_does_not_have(engine: str, policy: str) -> None:
    with pytest.raises(UnknownEviction, match=f"has no eviction policy '{policy}'; the nearest are "):
        make_cache(KvCacheConfig(eviction=policy), 8, WorkerStats(), engine)
