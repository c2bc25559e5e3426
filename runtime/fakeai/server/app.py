"""The ASGI application: contract operations by the generated trie, everything else by the FastAPI shell."""

import asyncio

from fakeai.config import AppConfig
from fakeai.content.voice import voice
from fakeai.core.stats import Stats
from fakeai.engine.deploy import make_catalog, make_cluster
from fakeai.engine.realms import Realms
from fakeai.server import parts, websocket
from fakeai.server.arrival_log import ArrivalLog
from fakeai.server.asgi import Application, Receive, Scope, Send
from fakeai.server.gateway import Gateway
from fakeai.server.kv_events import KvEvents
from fakeai.server.metrics import MetricsPages, gpus, make_registry, workers
from fakeai.server.probes import PROBES, answer
from fakeai.server.routes import Routes
from fakeai.sim.driver import Driver

WARM_GROUPS = ("chat", "models")
WARM_LATER = ("responses", "conversations", "completions", "embeddings", "moderations", "threads", "assistants")
"""Groups whose first request would hold the event loop for up to 0.3 s."""
WARM_TOKENIZERS = ("o200k_base",)


class App:
    """`config` is read once, here. Nothing is shared between two apps."""

    def __init__(self, config: AppConfig) -> None:
        self.config = config
        self.stats = Stats()
        self.clock = parts.make_clock(config.core.epoch, config.cluster.speed)
        self.started_s = self.clock.now()
        self.catalog = make_catalog(config)
        self.kv_events = KvEvents(config.kv_cache)
        self.cluster = make_cluster(config, self.catalog, self.started_s, self.kv_events.listen)
        log = config.server.arrival_log
        self.arrival_log = ArrivalLog(log, self.started_s) if log else None
        self.realms = Realms(
            Driver(self.cluster, self.clock, self.arrival_log.note if self.arrival_log else None),
            config.cluster.virtual_namespaces,
            lambda start_s: make_cluster(config, self.catalog, start_s),
        )
        self.telemetry = make_registry(
            config, self.stats, self.clock, self.catalog, lambda: workers(self.cluster), lambda: gpus(self.cluster)
        )
        self.metrics = MetricsPages(self.telemetry, config.metrics, config.core.seed, self.realms.shared.driver.look)
        self.auth = parts.make_auth(config.auth)
        self.store = parts.make_store(config)
        self.engine = parts.make_engine(config, self.catalog, self.realms, self.stats, self.telemetry.record)
        self.routes = Routes()
        self.gateway = Gateway(self)
        self.is_ready = False
        self._shell: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            route = self.routes.of(scope["raw_path"])
            if route is not None:
                await self.gateway.answer(route, scope, receive, send)
                return
            probe = PROBES.get(scope["path"])
            if probe is not None:
                await answer(probe, self, scope, send)
                return
            if scope["path"] in self.metrics:
                await self.metrics.answer(scope, send)
                return
        elif scope["type"] == "websocket":
            await websocket.answer(self.gateway, scope, receive, send)
            return
        if asyncio.current_task() is None:
            await asyncio.sleep(0)  # FastAPI counts on being in a task
        await self.shell(scope, receive, send)

    @property
    def shell(self) -> Application:
        """FastAPI takes 0.3 s to import: it is loaded when something other than the API is asked for."""
        if self._shell is None:
            from fakeai.server.shell import make_shell

            self._shell = make_shell(self)
        return self._shell

    def warm(self) -> None:
        """Loads what first requests need, for a thread that runs beside the start of the server. Raises ApiError."""
        for name in WARM_TOKENIZERS:
            voice(name)
        for group in WARM_GROUPS:
            self.gateway.handlers.warm(group)
        self.engine.source.warm()
        self.is_ready = True
        for group in WARM_LATER:
            self.gateway.handlers.warm(group)
        self.shell  # noqa: B018 - made now, so that no page waits for the import

    def close(self) -> None:
        """Ends what does not end with the process."""
        self.engine.source.close()
        self.kv_events.close()
        if self.arrival_log is not None:
            self.arrival_log.close()

    def uptime_s(self) -> float:
        return self.clock.now() - self.started_s
