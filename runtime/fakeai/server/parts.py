"""The parts of an App, built from its configuration."""

from collections.abc import Callable
from pathlib import Path

from fakeai.config import AppConfig
from fakeai.config.auth import AuthConfig
from fakeai.config.errors import ConfigError
from fakeai.config.generation import GenerationConfig
from fakeai.content.sources import text_source
from fakeai.content.text import TextConfig, TextSource
from fakeai.core.catalog import Catalog
from fakeai.core.clock import Clock, RealClock, VirtualClock
from fakeai.core.stats import RequestRecord, Stats
from fakeai.engine.engine import Engine, Options
from fakeai.engine.realms import Realms
from fakeai.guard.auth import Auth, read_keys
from fakeai.guard.limits import Limits
from fakeai.state.store import Memory

EPOCH_TICK_S = 1.0
"""With a fixed epoch each request moves the clock so far: polling clients see life cycles advance."""


def make_clock(epoch_s: float | None, speed: float = 1.0) -> Clock:
    return RealClock(speed) if epoch_s is None else VirtualClock(epoch_s, EPOCH_TICK_S)


def make_auth(config: AuthConfig) -> Auth:
    """Raises ConfigError for a key file that is unreadable or holds none, or a malformed hash; it tells no key."""
    keys = [key.get_secret_value() for key in config.keys]
    admin_keys = [key.get_secret_value() for key in config.admin_keys]
    try:
        keys += read_keys(config.key_file) if config.key_file else []
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"key file {config.key_file}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    if config.mode == "keys" and not (keys or admin_keys):
        raise ConfigError(f"key file {config.key_file}: no key in it, so that nobody could call (auth.mode keys)")
    try:
        return Auth(config.mode, keys, admin_keys)
    except ValueError:
        raise ConfigError("auth: a key begins with sha256: but is not followed by 64 hexadecimal digits") from None


def make_source(config: GenerationConfig) -> TextSource:
    """Raises ConfigError for a folder without a model, and if what runs it is not installed."""
    key = config.upstream_key
    text = TextConfig(
        mode=config.mode,
        fixed_text=config.fixed_text,
        mean_tokens=config.mean_tokens,
        sigma=config.sigma,
        longest_tokens=config.max_tokens,
        upstream_url=config.upstream_url or "",
        upstream_model=config.upstream_model or "",
        upstream_key=key.get_secret_value() if key else None,
        upstream_timeout_s=config.upstream_timeout_s,
        llm_path=config.llm_path or Path(),
    )
    return text_source(text)


def make_engine(
    config: AppConfig, catalog: Catalog, realms: Realms, stats: Stats, record: Callable[[RequestRecord], None]
) -> Engine:
    limits = Limits(config.rate_limits.requests_per_minute, config.rate_limits.tokens_per_minute)
    return Engine(
        catalog,
        make_source(config.generation),
        realms,
        limits,
        stats,
        record,
        Options(
            config.core.seed,
            config.kv_cache.block_size,
            config.kv_cache.hash_algorithm,
            realms.shared.driver.cluster.max_model_len,
            int(config.cluster.overload_status),
            tells=config.cluster.headers == "always" or (config.cluster.headers == "auto" and takes_time(config)),
            tells_virtual=config.cluster.headers != "never",
        ),
    )


def takes_time(config: AppConfig) -> bool:
    return config.cluster.mode == "simulated" or config.latency.ttft.mean_s > 0 or config.latency.itl.mean_s > 0


def make_store(config: AppConfig) -> Memory:
    speed = float("inf") if config.storage.lifecycle == "immediate" else 1.0
    return Memory(max_objects_per_namespace=config.storage.max_objects_per_namespace, lifecycle_speed=speed)
