from typing import Literal, Self

from pydantic import Field, model_validator

from fakeai.config.section import Section


class KvCacheConfig(Section):
    block_size: int = Field(default=16, ge=1, le=2048)
    """Tokens in a KV block."""
    prefix_caching: bool = True
    structure: Literal["paged", "radix"] | None = None
    """None: a radix tree for SGLang if prefixes are cached, blocks for the others."""
    eviction: str = "lru"
    ttl_s: float = Field(default=300.0, gt=0)
    """For the ttl policy."""
    deduplicate: bool = False
    paced_blocks: int = Field(default=32_768, ge=1, le=1 << 24)
    """Capacity where no hardware is simulated."""
    host_gb: float = Field(default=0.0, ge=0)
    """Of each worker's host memory, for blocks that do not fit on the chips any more; 0: none."""
    disk_gb: float = Field(default=0.0, ge=0)
    offload: Literal["write_through", "on_eviction"] = "write_through"
    """When blocks go down a tier: as they are filled, or when the chips give them up."""
    prefetch: bool = False
    """Bring the next turn of a conversation back from host or disk while the worker is idle."""
    hash_algorithm: Literal["fast", "sha256", "sha256_cbor"] = "fast"
    """fast: FakeAI's own; the others are vLLM's, for consumers of KV events that compute hashes themselves."""
    events_endpoint: str | None = None
    """Where KV events are published over ZeroMQ, such as tcp://*:5557; further workers take the ports above."""
    events_replay_endpoint: str | None = None
    events_topic: str = ""
    events_encoding: Literal["map", "array"] = "map"
    events_hash_form: Literal["bytes", "uint64", "int64"] = "uint64"

    @model_validator(mode="after")
    def _tree_caches_prefixes(self) -> Self:
        if self.structure == "radix" and not self.prefix_caching:
            raise ValueError("structure radix is a cache of prefixes: it needs prefix_caching")
        return self
