"""Who asks: keys, namespaces, organizations and projects."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support.clients import in_process

pytestmark = [pytest.mark.service, pytest.mark.integration]

FILE = {"files": {"file": ("a.txt", b"text")}, "data": {"purpose": "user_data"}}
ADMIN = "/v1/organization/projects"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def upload(client: httpx.AsyncClient, prefix: str = "", **headers: str) -> str:
    answer = await client.post(f"{prefix}/v1/files", headers=named(headers), **FILE)  # type: ignore[arg-type]
    return str(answer.raise_for_status().json()["id"])


async def listed(client: httpx.AsyncClient, prefix: str = "", **headers: str) -> list[str]:
    answer = await client.get(f"{prefix}/v1/files", headers=named(headers))
    return [file["id"] for file in answer.raise_for_status().json()["data"]]


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


async def test_a_namespace_by_key_path_or_header(client: httpx.AsyncClient) -> None:
    """Three ways into the same namespace, which the default one does not see."""
    ways: list[tuple[str, dict[str, str]]] = [
        ("", bearer("sk-fake-alpha-1")),
        ("", bearer("sk-fake-alpha-2")),
        ("/ns/alpha", {}),
        ("", {"x_fakeai_namespace": "alpha"}),
    ]
    ids = [await upload(client, prefix, **headers) for prefix, headers in ways]
    for prefix, headers in ways:
        assert await listed(client, prefix, **headers) == ids[::-1]
    assert await listed(client) == []
    assert await listed(client, **bearer("sk-fake-beta-1")) == []
    assert (await client.get(f"/v1/files/{ids[0]}")).status_code == 404


async def test_the_path_beats_the_header_and_the_key(client: httpx.AsyncClient) -> None:
    id = await upload(client, "/ns/one", x_fakeai_namespace="two", **bearer("sk-fake-three-x"))
    assert await listed(client, "/ns/one") == [id]
    assert await listed(client, "/ns/two") == []
    assert await listed(client, "/ns/three") == []


@pytest.mark.parametrize("name", ["Upper", "with space", "-", "x" * 64, "a/b", "é"])
async def test_bad_namespace(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("/v1/files", headers=[(b"x-fakeai-namespace", name.encode())])
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_namespace"


@pytest.mark.parametrize("header", ["openai_organization", "openai_project"])
async def test_organizations_and_projects_are_apart(client: httpx.AsyncClient, header: str) -> None:
    prefix = "org-" if header == "openai_organization" else "proj_"
    one, two = [await upload(client, **{header: prefix + name}) for name in ("one", "two")]
    assert await listed(client, **{header: prefix + "one"}) == [one]
    assert await listed(client, **{header: prefix + "two"}) == [two]
    assert await listed(client) == []


async def test_projects_of_one_organization_share_its_administration(client: httpx.AsyncClient) -> None:
    made = await client.post(ADMIN, json={"name": "Shared"}, headers={"openai-project": "proj_one"})
    found = await client.get(f"{ADMIN}/{made.json()['id']}", headers={"openai-project": "proj_two"})
    assert found.json() == made.json()
    other = await client.get(f"{ADMIN}/{made.json()['id']}", headers={"openai-organization": "org-two"})
    assert other.status_code == 404


async def test_answers_name_the_tenant(client: httpx.AsyncClient) -> None:
    headers = {"openai-organization": "org-acme", "openai-project": "proj_x"}
    answer = await client.get("/v1/models", headers=headers)
    assert {name: answer.headers[name] for name in headers} == headers


@pytest.mark.parametrize("case", [("openai-organization", "acme", "invalid_organization"),
                                  ("openai-project", "x", "mismatched_project")])  # fmt: skip
async def test_bad_organization_or_project(client: httpx.AsyncClient, case: tuple[str, str, str]) -> None:
    answer = await client.get("/v1/models", headers={case[0]: case[1]})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == case[2]


@pytest.fixture
def configured() -> Callable[..., httpx.AsyncClient]:
    def make(**auth: Any) -> httpx.AsyncClient:
        return in_process(App(AppConfig(auth=auth)))

    return make


async def test_open(configured: Callable[..., httpx.AsyncClient]) -> None:
    async with configured() as client:
        for headers in ({}, bearer("anything"), {"authorization": "nonsense"}):
            assert (await client.get("/v1/models", headers=headers)).status_code == 200
            assert (await client.get(ADMIN, headers=headers)).status_code == 200


async def test_bearer(configured: Callable[..., httpx.AsyncClient]) -> None:
    async with configured(mode="bearer") as client:
        assert (await client.get("/v1/models", headers=bearer("anything"))).status_code == 200
        basic = await client.get("/v1/models", auth=("", "anything"))
        assert basic.status_code == 200
        for headers in ({}, {"authorization": "Bearer"}, {"authorization": "nonsense"}):
            answer = await client.get("/v1/models", headers=headers)
            assert answer.status_code == 401
            error = answer.json()["error"]
            assert error["message"].startswith("You didn't provide an API key.")
            assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", None, None)


async def test_keys(configured: Callable[..., httpx.AsyncClient]) -> None:
    hashed = "sha256:" + sha256(b"sk-hashed-key-000").hexdigest()
    async with configured(mode="keys", keys=["sk-good", hashed], admin_keys=["sk-admin-good"]) as client:
        for key in ("sk-good", "sk-hashed-key-000"):
            assert (await client.get("/v1/models", headers=bearer(key))).status_code == 200
        assert (await client.get(ADMIN, headers=bearer("sk-admin-good"))).status_code == 200
        wrong = await client.get("/v1/models", headers=bearer("sk-proj-12345678abcd"))
        assert wrong.status_code == 401
        assert wrong.json()["error"]["code"] == "invalid_api_key"
        assert "sk-proj-********abcd" in wrong.json()["error"]["message"]
        assert (await client.get("/v1/models")).status_code == 401


async def test_keys_of_the_wrong_family(configured: Callable[..., httpx.AsyncClient]) -> None:
    async with configured(mode="keys", keys=["sk-good"], admin_keys=["sk-admin-good"]) as client:
        for path, key in ((ADMIN, "sk-good"), ("/v1/models", "sk-admin-good")):
            answer = await client.get(path, headers=bearer(key))
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "missing_scope"


async def test_a_refused_key_does_nothing(configured: Callable[..., httpx.AsyncClient]) -> None:
    async with configured(mode="keys", keys=["sk-good"]) as client:
        refused = await client.post("/v1/files", headers=bearer("sk-bad"), **FILE)  # type: ignore[arg-type]
        assert refused.status_code == 401
        assert await listed(client, **bearer("sk-good")) == []


async def test_pages_and_probes_need_no_key(configured: Callable[..., httpx.AsyncClient]) -> None:
    async with configured(mode="keys", keys=["sk-good"]) as client:
        for path in ("/health", "/version", "/docs", "/openapi.json", "/metrics"):
            assert (await client.get(path)).status_code == 200
