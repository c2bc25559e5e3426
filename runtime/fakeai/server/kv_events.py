"""Publishes the KV events of the server's workers, if the configuration says where."""

from collections.abc import Callable

from fakeai.config.errors import ConfigError
from fakeai.config.kv_cache import KvCacheConfig
from fakeai.core.kv_events import KvEventBatch
from fakeai.sim.events import EventLog
from fakeai.telemetry.kv_events import KvEventPublisher


class KvEvents:
    """Each worker has sockets of its own: the first the configured ones, others the ports above."""

    def __init__(self, config: KvCacheConfig) -> None:
        self.kv_cache = config
        self._publishers: list[KvEventPublisher] = []

    @property
    def listen(self) -> Callable[[int, EventLog], Callable[[KvEventBatch], None]] | None:
        """(number of the worker, its log) → who is told of its batches; None: nobody."""
        return self._listen if self.kv_cache.events_endpoint else None

    def _listen(self, number: int, log: EventLog) -> Callable[[KvEventBatch], None]:
        """Raises ConfigError."""
        config = self.kv_cache
        try:
            publisher = KvEventPublisher(
                log.since,
                endpoint=config.events_endpoint or "",
                replay_endpoint=config.events_replay_endpoint,
                topic=config.events_topic,
                encoding=config.events_encoding,
                hash_form=config.events_hash_form,
                rank=number,
            )
        except ImportError:
            raise ConfigError("kv_cache.events_endpoint needs pyzmq: pip install 'fakeai[kv-events]'") from None
        except (OSError, ValueError) as error:
            raise ConfigError(f"kv_cache.events_endpoint: {error}") from None
        self._publishers.append(publisher)
        return publisher.publish

    def close(self) -> None:
        for publisher in self._publishers:
            publisher.close()
        self._publishers.clear()
