"""The ASGI application: contract operations by the generated trie, everything else by the FastAPI shell."""

from fakeai_api.catalog import MODELS

from fakeai.config import AppConfig
from fakeai.content import tokenizer as tokenizers
from fakeai.core.catalog import Catalog
from fakeai.core.catalog_file import load_file
from fakeai.core.clock import Clock, RealClock, VirtualClock
from fakeai.core.stats import Stats
from fakeai.engine.engine import Engine
from fakeai.server.asgi import Application, Receive, Scope, Send
from fakeai.server.auth import make_auth
from fakeai.server.gateway import Gateway
from fakeai.server.routes import Routes
from fakeai.server.source import make_source
from fakeai.sim.latency import FixedLatency
from fakeai.state.store import Memory

EPOCH_TICK_S = 1.0
"""With a fixed epoch each request moves the clock so far: polling clients see life cycles advance."""
WARM_GROUPS = ("chat", "models")
WARM_TOKENIZERS = ("o200k_base",)


class App:
    """`config` is read once, here. Nothing is shared between two apps."""

    def __init__(self, config: AppConfig) -> None:
        self.config = config
        self.stats = Stats()
        self.clock = make_clock(config.core.epoch)
        self.started_s = self.clock.now()
        self.catalog = make_catalog(config)
        self.auth = make_auth(config.auth)
        self.store = make_store(config)
        latency = FixedLatency(config.latency.ttft, config.latency.itl)
        self.engine = Engine(self.catalog, make_source(config.generation), latency, self.stats, config.core.seed)
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
        await self.shell(scope, receive, send)

    @property
    def shell(self) -> Application:
        """FastAPI takes 0.3 s to import: it is loaded when something other than the API is asked for."""
        if self._shell is None:
            from fakeai.server.shell import make_shell

            self._shell = make_shell(self)
        return self._shell

    def warm(self) -> None:
        """Loads what first requests need, for a thread that runs beside the start of the server."""
        tokenizers.warm(WARM_TOKENIZERS)
        for group in WARM_GROUPS:
            self.gateway.handlers.service(group)
        self.is_ready = True

    def uptime_s(self) -> float:
        return self.clock.now() - self.started_s


def make_clock(epoch_s: float | None) -> Clock:
    return RealClock() if epoch_s is None else VirtualClock(epoch_s, EPOCH_TICK_S)


def make_catalog(config: AppConfig) -> Catalog:
    """Raises CatalogFileError for a bad models file."""
    added = load_file(config.models.file) if config.models.file else []
    return Catalog([*MODELS.values(), *added], config.models.unknown)


def make_store(config: AppConfig) -> Memory:
    speed = float("inf") if config.storage.lifecycle == "immediate" else 1.0
    return Memory(max_objects_per_namespace=config.storage.max_objects_per_namespace, lifecycle_speed=speed)
