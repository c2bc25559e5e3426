"""The metrics pages: answered without FastAPI, as probes are, because scrapers do not wait."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

import orjson

from fakeai.config import AppConfig
from fakeai.config.errors import ConfigError
from fakeai.config.metrics import MetricsConfig
from fakeai.core.catalog import Catalog
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError
from fakeai.core.stats import GpuStats, Stats, WorkerLabels, WorkerStats
from fakeai.server import headers as http
from fakeai.server.asgi import Scope, Send
from fakeai.sim.cluster import Cluster
from fakeai.sim.instance import Instance
from fakeai.telemetry import prometheus
from fakeai.telemetry.dcgm import Chips, DcgmPage
from fakeai.telemetry.prometheus import Page
from fakeai.telemetry.registry import DEFAULT_CONTEXT, Gpus, Registry, Workers, chosen
from fakeai.telemetry.report import summary
from fakeai.telemetry.snapshot import Snapshot
from fakeai.telemetry.windows import SIZES_S, Retention
from fakeai_api.metrics import PROFILES

GZIP_LEVEL = 1
"""A page of 5,000 series takes 4 ms to pack at this level, and becomes 15 times smaller."""
LEAST_PACKED_BYTES = 1_000
OFF_LOOP_BYTES = 50_000
"""Larger pages are packed in a thread."""
DCGM_PROFILES = {"exporter": "dcgm@4.5", "extended": "dcgm@4.5+extended"}
FIXED_PATHS = {"/v1/metrics": "nim", "/prometheus/metrics": "trtllm"}
"""Pages where other servers have them, whatever /metrics shows."""
ON_PAGES = {name: rows for name, rows in PROFILES.items() if not name.startswith("dcgm@")}
_JSON = "application/json"
PACED_MODEL = "fakeai"
"""How pages name what a worker without simulated hardware serves: all models."""

Query = Mapping[str, list[str]]
Content = tuple[str, bytes]
"""Media type and body."""


def make_registry(
    config: AppConfig,
    stats: Stats,
    clock: Clock,
    catalog: Catalog,
    workers: Workers = tuple,
    gpus: Gpus = tuple,
) -> Registry:
    """Raises ConfigError for buckets of a family that is no histogram."""
    metrics = config.metrics
    contexts = {spec.id: spec.context_window for spec in catalog.specs()}
    try:
        return Registry(
            stats,
            PROFILES,
            clock.now,
            workers=workers,
            gpus=gpus,
            max_model_len=lambda model: contexts.get(model) or DEFAULT_CONTEXT,
            buckets=metrics.buckets,
            retention=Retention(metrics.keep_seconds, metrics.keep_minutes, metrics.keep_hours),
            max_keys=metrics.max_keys,
        )
    except ValueError as error:
        raise ConfigError(f"metrics.buckets: {error}") from None


def workers(cluster: Cluster) -> list[tuple[WorkerLabels, WorkerStats]]:
    labels = [WorkerLabels(_served(worker), worker.id, str(n)) for n, worker in enumerate(cluster.speakers)]
    labels = [one._replace(role="decode") for one in labels] if cluster.readers else labels
    labels += [WorkerLabels(_served(worker), worker.id, str(n), "prefill") for n, worker in enumerate(cluster.readers)]
    return list(zip(labels, [worker.stats for worker in cluster.workers], strict=True))


def _served(worker: Instance) -> str:
    return worker.deployment.model.id if worker.deployment else PACED_MODEL


def gpus(cluster: Cluster) -> list[GpuStats]:
    return [gpu for worker in cluster.workers for gpu in worker.gpus]


class MetricsPages:
    def __init__(
        self, registry: Registry, config: MetricsConfig, seed: int, look: Callable[[], object] = lambda: None
    ) -> None:
        """look: called before a page is made, so that it shows workers as they are.

        Raises ConfigError for a profile that does not exist."""
        self.registry = registry
        self._look = look
        self._text_type = prometheus.CONTENT_TYPE.format(version=config.text_version)
        self._chips = Chips(registry, seed, config.dcgm_hostname, config.dcgm_driver)
        rows = PROFILES[DCGM_PROFILES[config.dcgm_fields]]
        self._dcgm = DcgmPage(self._chips, rows, config.dcgm_hostname_label, config.dcgm_interval_s)
        self._pages: dict[tuple[str, ...], Page] = {}
        try:
            self._default = self._page(tuple(config.profiles))
        except ValueError as error:
            raise ConfigError(f"metrics.profiles: {error}") from None
        self._answers: dict[str, Callable[[Scope, Query], Awaitable[Content]]] = {
            "/metrics": self._text,
            "/dcgm/metrics": self._chips_text,
            "/metrics/json": self._json,
            "/metrics/windows": self._windows,
            **dict.fromkeys(FIXED_PATHS, self._text),
        }

    def __contains__(self, path: str) -> bool:
        return path in self._answers

    async def answer(self, scope: Scope, send: Send) -> None:
        try:
            if scope["method"] not in ("GET", "HEAD"):
                message = f"Not allowed to {scope['method']} on {scope['path']}."
                raise ApiError(405, message, code="method_not_supported", headers={"Allow": "GET, HEAD"})
            self._look()
            query = parse_qs(scope["query_string"].decode("latin-1"))
            media_type, body = await self._answers[scope["path"]](scope, query)
        except ApiError as error:
            extra = http.encoded(error.headers or {})
            await _send(scope, send, error.status, _JSON, orjson.dumps(error.body()), extra)
            return
        packed = len(body) >= LEAST_PACKED_BYTES and "gzip" in _header(scope, b"accept-encoding")
        extra = [(b"vary", b"accept, accept-encoding")]
        if packed:
            body, extra = await _packed(body), [*extra, (b"content-encoding", b"gzip")]
        await _send(scope, send, 200, media_type, body, extra)

    def _page(self, names: tuple[str, ...]) -> Page:
        """Raises ValueError."""
        page = self._pages.get(names)
        if page is None:
            page = self._pages[names] = Page(chosen(ON_PAGES, names))
        return page

    async def _text(self, scope: Scope, query: Query) -> Content:
        fixed = FIXED_PATHS.get(scope["path"])
        page = self._asked([fixed] if fixed else query.get("profile", []))
        openmetrics = "application/openmetrics-text" in _header(scope, b"accept")
        text = page.text(self._snapshot(), openmetrics)
        return prometheus.OPENMETRICS_TYPE if openmetrics else self._text_type, text.encode()

    def _asked(self, names: list[str]) -> Page:
        """Raises ApiError 400."""
        if not names:
            return self._default
        try:
            return self._page(tuple(sorted({part for name in names for part in name.split(",")})))
        except ValueError as error:
            raise ApiError(400, f"{error}.", code="unknown_metrics_profile", param="profile") from None

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.registry, self._chips.members())

    async def _chips_text(self, scope: Scope, query: Query) -> Content:
        return self._text_type, self._dcgm.text().encode()

    async def _json(self, scope: Scope, query: Query) -> Content:
        snapshot = self._snapshot()
        families = self._asked(query.get("profile", [])).document(snapshot)
        return _JSON, orjson.dumps(summary(self.registry) | {"families": families})

    async def _windows(self, scope: Scope, query: Query) -> Content:
        """Other requests come between two series: there can be hundreds."""
        registry = self.registry
        registry.fold()
        now_s = registry.now()
        registry.windows.advance(now_s)
        sizes = [size for size in SIZES_S if size in query.get("window", SIZES_S)]
        wanted = {name: query[name] for name in ("by", "key") if name in query}
        found: dict[str, dict[str, object]] = {}
        for dimension, key in registry.windows.series():
            if dimension in wanted.get("by", [dimension]) and key in wanted.get("key", [key]):
                points = query.get("points") == ["1"]
                found.setdefault(dimension, {})[key] = registry.windows.report(dimension, key, sizes, points)
                await asyncio.sleep(0)
        return _JSON, orjson.dumps({"now_s": now_s, "keep": registry.windows.retention._asdict(), "by": found})


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def _packed(body: bytes) -> bytes:
    if len(body) < OFF_LOOP_BYTES:
        return gzip.compress(body, GZIP_LEVEL, mtime=0)
    return await asyncio.to_thread(gzip.compress, body, GZIP_LEVEL, mtime=0)


async def _send(
    scope: Scope, send: Send, status: int, media_type: str, body: bytes, extra: list[tuple[bytes, bytes]]
) -> None:
    headers = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
