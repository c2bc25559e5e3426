"""From the configuration to a cluster: the catalog's model on the hardware's rows."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from fakeai.config import AppConfig
from fakeai.config.cluster import ClusterConfig
from fakeai.config.errors import ConfigError
from fakeai.config.kv_cache import KvCacheConfig
from fakeai.core.catalog import Catalog
from fakeai.core.catalog_file import load_file
from fakeai.core.hardware_catalog import Hardware, UnknownHardware
from fakeai.core.hardware_file import load_hardware
from fakeai.core.specs import ModelSpec
from fakeai.sim.build import Plan, build_cluster
from fakeai.sim.caches import Listen, UnknownEviction, structure_of
from fakeai.sim.cluster import Cluster
from fakeai.sim.deployment import CannotSplit, NoArchitecture
from fakeai.sim.memory import DoesNotFit
from fakeai_api.catalog import MODELS
from fakeai_api.hardware import CHIPS, ENGINES, GPUS, LINKS, PROFILES


def make_catalog(config: AppConfig) -> Catalog:
    """Raises RowsFileError for a bad models file."""
    added = load_file(config.models.file) if config.models.file else []
    return Catalog([*MODELS.values(), *added], config.models.unknown)


class CannotDeploy(ConfigError):
    """No such hardware, it does not fit, or a setting would do nothing; one line with the reason."""


def make_cluster(config: AppConfig, catalog: Catalog, start_s: float = 0.0, listen: Listen | None = None) -> Cluster:
    """Raises CannotDeploy, ConfigError for a model that is not in the catalog, and RowsFileError."""
    for problem in _without_effect(config.kv_cache, config.cluster):
        raise CannotDeploy(problem)
    model = _model(config.cluster.model, catalog)
    hardware = _hardware(config.cluster.hardware_file)
    plan = Plan(config.cluster, config.kv_cache, config.latency, model, hardware, config.core.seed, listen)
    try:
        return build_cluster(plan, start_s)
    except (UnknownHardware, UnknownEviction, NoArchitecture, CannotSplit, DoesNotFit, ValueError) as error:
        raise CannotDeploy(f"cluster: {error}") from None


def _without_effect(kv_cache: KvCacheConfig, cluster: ClusterConfig) -> Iterator[str]:
    simulated = cluster.mode == "simulated"
    if kv_cache.deduplicate and structure_of(kv_cache, cluster.engine if simulated else "vllm") == "radix":
        yield "kv_cache.deduplicate has no effect in a radix tree, which never holds a block twice"
    if kv_cache.eviction != "ttl" and kv_cache.ttl_s != KvCacheConfig.model_fields["ttl_s"].default:
        yield f"kv_cache.ttl_s has no effect under kv_cache.eviction={kv_cache.eviction}, only under ttl"
    tiers = [name for name in ("host_gb", "disk_gb") if getattr(kv_cache, name)]
    if tiers and not simulated:
        yield f"kv_cache.{tiers[0]} has no effect where no hardware is simulated; give cluster.gpu, for one"
    if kv_cache.prefetch and not tiers:
        yield "kv_cache.prefetch has no effect without kv_cache.host_gb or kv_cache.disk_gb to fetch from"


def _hardware(file: Path | None) -> Hardware:
    gpus, links = load_hardware(file, {**GPUS, **LINKS}) if file else ([], [])
    return Hardware([*GPUS.values(), *gpus], [*LINKS.values(), *links], CHIPS.values(), ENGINES.values(), PROFILES)


def _model(name: str, catalog: Catalog) -> ModelSpec:
    found = catalog.find(name)
    if found is None:
        near = get_close_matches(name, catalog.names(), n=3, cutoff=0.4)
        advice = f"; the nearest are {', '.join(near)}" if near else ""
        raise ConfigError(f"cluster.model: {name!r} is not in the catalog{advice}")
    return found
