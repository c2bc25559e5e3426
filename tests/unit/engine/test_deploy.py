from typing import Any

import pytest

from fakeai.config import AppConfig
from fakeai.engine.deploy import CannotDeploy, make_catalog, make_cluster

GPU = {"gpu": "l4"}


@pytest.mark.parametrize(
    ("kv_cache", "cluster", "said"),
    [
        ({"deduplicate": True, "structure": "radix"}, {}, "kv_cache.deduplicate has no effect in a radix tree"),
        ({"deduplicate": True}, {"engine": "sglang", **GPU}, "kv_cache.deduplicate has no effect in a radix tree"),
        ({"ttl_s": 9}, {}, "kv_cache.ttl_s has no effect under kv_cache.eviction=lru"),
        ({"host_gb": 1}, {}, "kv_cache.host_gb has no effect where no hardware is simulated"),
        ({"disk_gb": 1}, {"replicas": 2}, "kv_cache.disk_gb has no effect where no hardware is simulated"),
        ({"prefetch": True}, GPU, "kv_cache.prefetch has no effect without kv_cache.host_gb"),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(
    kv_cache: dict[str, Any], cluster: dict[str, Any], said: str
) -> None:
    config = AppConfig(kv_cache=kv_cache, cluster=cluster)  # type: ignore[arg-type]
    with pytest.raises(CannotDeploy, match=f"^{said}"):
        make_cluster(config, make_catalog(config))


@pytest.mark.parametrize(
    ("kv_cache", "cluster"),
    [
        ({"deduplicate": True}, {}),
        ({"deduplicate": True, "prefix_caching": False}, {"engine": "sglang", **GPU}),
        ({"ttl_s": 9, "eviction": "ttl"}, {}),
        ({"host_gb": 1, "disk_gb": 1, "prefetch": True}, GPU),
    ],
)
def test_the_same_settings_are_taken_where_they_do_something(kv_cache: dict[str, Any], cluster: dict[str, Any]) -> None:
    config = AppConfig(kv_cache=kv_cache, cluster=cluster)  # type: ignore[arg-type]
    assert make_cluster(config, make_catalog(config)).workers
