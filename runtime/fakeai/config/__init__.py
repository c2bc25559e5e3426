"""The configuration: one small section a file, each field read by live code.

AppConfig() takes what the environment says; `fakeai.config.loading.load` adds files and the command line.
"""

from typing import ClassVar, Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from fakeai.config.auth import AuthConfig
from fakeai.config.base import CoreConfig
from fakeai.config.cluster import IMPLY_SIMULATED, ClusterConfig
from fakeai.config.generation import GenerationConfig
from fakeai.config.kv_cache import KvCacheConfig
from fakeai.config.latency import LatencyConfig
from fakeai.config.metrics import MetricsConfig
from fakeai.config.models import ModelsConfig
from fakeai.config.rate_limits import RateLimitsConfig
from fakeai.config.server import ServerConfig
from fakeai.config.storage import StorageConfig


class AppConfig(BaseSettings):
    model_config: ClassVar = SettingsConfigDict(
        env_prefix="FAKEAI_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        enable_decoding=False,
        extra="forbid",
        frozen=True,
    )

    core: CoreConfig = CoreConfig()
    server: ServerConfig = ServerConfig()
    auth: AuthConfig = AuthConfig()
    models: ModelsConfig = ModelsConfig()
    generation: GenerationConfig = GenerationConfig()
    latency: LatencyConfig = LatencyConfig()
    cluster: ClusterConfig = ClusterConfig()
    kv_cache: KvCacheConfig = KvCacheConfig()
    rate_limits: RateLimitsConfig = RateLimitsConfig()
    storage: StorageConfig = StorageConfig()
    metrics: MetricsConfig = MetricsConfig()

    @model_validator(mode="after")
    def _one_thing_sets_the_pace(self) -> Self:
        fixed = [name for name in ("ttft", "itl") if getattr(self.latency, name).mean_s]
        if fixed and self.cluster.mode == "simulated":
            hardware = [name for name in IMPLY_SIMULATED if name in self.cluster.model_fields_set]
            asked_by = f"cluster.{hardware[0]}" if hardware else "cluster.mode"
            raise ValueError(f"latency.{fixed[0]} fixes the token times that {asked_by} simulates; give one of them")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings


__all__ = ["AppConfig"]
