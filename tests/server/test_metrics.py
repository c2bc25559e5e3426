"""The metrics pages of a server, as scrapers read them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from fakeai.config import AppConfig
from fakeai.config.errors import ConfigError
from fakeai.core.stats import GpuStats, WorkerLabels, WorkerStats
from fakeai.server.app import App
from fakeai.server.metrics import MetricsPages, make_registry
from tests.support.clients import in_process
from tests.support.process import Server, running

pytestmark = [pytest.mark.service, pytest.mark.metrics]

PATHS = ("/metrics", "/dcgm/metrics", "/metrics/json", "/metrics/windows", "/v1/metrics", "/prometheus/metrics")
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def deployed() -> App:
    """An application with a worker and a chip, as a cluster would hand them over."""
    app = App(AppConfig(core={"epoch": 1_700_000_000.0}))
    worker = (WorkerLabels("gpt-4o-2024-08-06", "w0"), WorkerStats(capacity_blocks=10, used_blocks=4, running=3))
    chip = GpuStats("h100-sxm", "w0", 0, name="NVIDIA H100 80GB HBM3", power_w=500.0)
    found = make_registry(app.config, app.stats, app.clock, app.catalog, lambda: [worker], lambda: [chip])
    app.telemetry, app.metrics = found, MetricsPages(found, app.config.metrics, 0)
    return app


@pytest.fixture
async def scraper(deployed: App) -> Any:
    async with in_process(deployed) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
async def test_get_and_head(deployed: App, scraper: httpx.AsyncClient, path: str) -> None:
    page, head = await scraper.get(path), await scraper.head(path)
    assert (page.status_code, head.status_code) == (200, 200)
    assert page.content
    assert head.content == b""
    assert head.headers["content-type"] == page.headers["content-type"]
    is_json = page.headers["content-type"] == "application/json"
    assert is_json == (path in ("/metrics/json", "/metrics/windows"))
    assert deployed._shell is None, "a scrape must not import FastAPI"


@pytest.mark.parametrize("path", PATHS)
async def test_other_methods(scraper: httpx.AsyncClient, path: str) -> None:
    answer = await scraper.post(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"]["code"] == "method_not_supported"


async def test_both_formats_parse_and_name_themselves(scraper: httpx.AsyncClient) -> None:
    text = await scraper.get("/metrics")
    assert text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    accept = {"accept": "application/openmetrics-text; version=1.0.0; q=0.5, text/plain; q=0.3"}
    openmetrics = await scraper.get("/metrics", headers=accept)
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    names = {sample.name for family in parse_text(text.text) for sample in family.samples}
    assert {"vllm:kv_cache_usage_perc", "fakeai_gpu_power_watts"} <= names
    assert {sample.name for family in parse_openmetrics(openmetrics.text) for sample in family.samples} == names


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/metrics", "gpu_cache_usage_perc"),
        ("/prometheus/metrics", "trtllm_kv_cache_utilization"),
        ("/metrics?profile=sglang,nim@1.8", "sglang:token_usage"),
        ("/metrics?profile=vllm@0.8", "vllm:gpu_cache_usage_perc"),
        ("/metrics?profile=dynamo", "dynamo_component_gpu_cache_usage_percent"),
        ("/dcgm/metrics", "DCGM_FI_DEV_POWER_USAGE"),
    ],
)
async def test_each_page_has_its_names(scraper: httpx.AsyncClient, path: str, name: str) -> None:
    values = {sample.name: sample.value for f in parse_text((await scraper.get(path)).text) for sample in f.samples}
    assert values[name] == (500.0 if name.startswith("DCGM") else 0.4)


@pytest.mark.parametrize("name", ["tgi", "vllm@9", "dcgm"])
async def test_a_profile_that_does_not_exist(scraper: httpx.AsyncClient, name: str) -> None:
    answer = await scraper.get("/metrics", params={"profile": name})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unknown_metrics_profile"


async def test_json_has_state_and_families(scraper: httpx.AsyncClient) -> None:
    await scraper.post("/v1/chat/completions", json=CHAT)
    await scraper.get("/v1/files/file-none")
    found = (await scraper.get("/metrics/json")).json()
    assert found["operations"] == {"createChatCompletion": {"200": 1}, "retrieveFile": {"404": 1}}
    assert found["answered"] == 2
    assert found["workers"][0]["used_blocks"] == 4
    assert found["gpus"][0]["power_w"] == 500.0
    (error,) = found["errors"]
    assert (error["name"], error["types"], error["failing"]) == ("retrieveFile", {"not_found": 1}, False)
    families = {family["name"]: family["samples"] for family in found["families"]}
    assert families["vllm:num_requests_running"][0]["value"] == 3


async def test_windows_can_be_narrowed(scraper: httpx.AsyncClient) -> None:
    for _ in range(3):
        await scraper.get("/v1/models")
    await scraper.get("/v1/files")
    everything = (await scraper.get("/metrics/windows")).json()
    assert set(everything["by"]["operation"]) == {"listModels", "listFiles"}
    assert everything["keep"] == {"seconds": 60, "minutes": 60, "hours": 24}
    one = (await scraper.get("/metrics/windows?by=operation&key=listModels&window=1s&points=1")).json()
    ((name, report),) = one["by"]["operation"].items()
    assert (name, list(report)) == ("listModels", ["1s"])
    assert sum(point["requests"] for point in report["1s"]["points"]) == 3
    assert (await scraper.get("/metrics/windows?by=tenant")).json()["by"] == {}


async def test_pages_are_packed_if_asked(scraper: httpx.AsyncClient) -> None:
    plain = await scraper.get("/metrics", headers={"accept-encoding": "identity"})
    packed = await scraper.get("/metrics", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 4


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"metrics.profiles: no metrics profile is called tgi"):
        App(AppConfig(metrics={"profiles": ["tgi"]}))
    with pytest.raises(ConfigError, match=r"metrics.buckets: no histogram is called x"):
        App(AppConfig(metrics={"buckets": {"x": [1]}}))


@pytest.fixture(scope="module")
def tuned() -> Iterator[Server]:
    options = ("--metrics", "nim", "--metrics", "fakeai", "--set", "metrics.text_version=1.0.0")
    buckets = 'metrics.buckets={"fakeai_recovery_seconds": [1, 2]}'
    with running(*options, "--set", buckets, "--set", "metrics.keep_seconds=7") as server:
        yield server


def test_a_process_obeys_the_settings(tuned: Server) -> None:
    httpx.post(tuned.base_url + "/chat/completions", json=CHAT)
    page = httpx.get(tuned.url + "/metrics")
    assert page.headers["content-type"] == "text/plain; version=1.0.0; charset=utf-8"
    names = {sample.name for family in parse_text(page.text) for sample in family.samples}
    assert "fakeai_requests_total" in names
    families = {family["name"] for family in httpx.get(tuned.url + "/metrics/json").json()["families"]}
    assert "gpu_cache_usage_perc" in families
    assert [name for name in families if name.startswith("vllm:")] == []
    assert httpx.get(tuned.url + "/metrics/windows").json()["keep"]["seconds"] == 7


def test_counters_of_a_process_never_fall(tuned: Server) -> None:
    def counters() -> dict[Any, float]:
        families = parse_text(httpx.get(tuned.url + "/metrics").text)
        counting = (family for family in families if family.type in ("counter", "histogram"))
        return {(s.name, *sorted(s.labels.items())): s.value for family in counting for s in family.samples}

    before = counters()
    for _ in range(3):
        httpx.post(tuned.base_url + "/chat/completions", json=CHAT)
    after = counters()
    assert all(after[key] >= value for key, value in before.items())
    chats = ("fakeai_requests_total", ("operation", "createChatCompletion"), ("status", "200"))
    assert after[chats] == before.get(chats, 0) + 3
