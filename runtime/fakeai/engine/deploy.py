"""From the configuration to a cluster: the catalog's model on the hardware's rows."""

from difflib import get_close_matches
from pathlib import Path

from fakeai.config import AppConfig
from fakeai.config.errors import ConfigError
from fakeai.core.catalog import Catalog
from fakeai.core.catalog_file import load_file
from fakeai.core.hardware_catalog import Hardware, UnknownHardware
from fakeai.core.hardware_file import load_hardware
from fakeai.core.specs import ModelSpec
from fakeai.sim.build import Plan, build_cluster
from fakeai.sim.caches import Listen, UnknownEviction
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
    """No such hardware, or it does not fit; one line with the reason."""


def make_cluster(config: AppConfig, catalog: Catalog, start_s: float = 0.0, listen: Listen | None = None) -> Cluster:
    """Raises CannotDeploy, ConfigError for a model that is not in the catalog, and RowsFileError."""
    model = _model(config.cluster.model, catalog)
    hardware = _hardware(config.cluster.hardware_file)
    plan = Plan(config.cluster, config.kv_cache, config.latency, model, hardware, config.core.seed, listen)
    try:
        return build_cluster(plan, start_s)
    except (UnknownHardware, UnknownEviction, NoArchitecture, CannotSplit, DoesNotFit, ValueError) as error:
        raise CannotDeploy(f"cluster: {error}") from None


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
