"""Create → retrieve equal → listed → updated → deleted → 404, for every resource that one can create."""

from typing import Any

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.core.clock import VirtualClock
from fakeai.core.operation import Lifecycle, Operation
from fakeai.server.app import App
from fakeai_api.operations import OPERATIONS
from tests.conftest import EPOCH_S
from tests.contract.requests import definition, request_for
from tests.contract.resources import BODIES, RESOURCES, Document, Maker, Resource
from tests.support.clients import in_process

pytestmark = pytest.mark.contract

LISTED = [resource for resource in RESOURCES.values() if "list" in resource.operations]
UPDATED = [resource for resource in RESOURCES.values() if "update" in resource.operations]
DELETED = [resource for resource in RESOURCES.values() if "delete" in resource.operations]
AGEING = [r for r in RESOURCES.values() if r.create.lifecycle and "retrieve" in r.operations]
ACTIONS = [
    (resource, action)
    for resource in AGEING
    for action in resource.actions
    if action.id in resource.create.lifecycle.actions  # type: ignore[union-attr]
]


@pytest.fixture
def clock(app: App) -> VirtualClock:
    """Moves only when a test says so: an object does not change between two looks."""
    clock = VirtualClock(EPOCH_S)
    app.realms.shared = app.realms.shared._replace(clock=clock)
    return clock


@pytest.fixture
def maker(clock: VirtualClock, client: httpx.AsyncClient) -> Maker:
    client.headers["openai-beta"] = "assistants=v2"  # operations in beta want it, the others ignore it
    return Maker(client)


def each(resources: list[Resource]) -> Any:
    return pytest.mark.parametrize("resource", resources, ids=str)


def test_the_law_is_about_most_of_the_contract() -> None:
    """Guards against rows that fall out of the lists above unseen."""
    assert len(RESOURCES) >= 40
    assert len(LISTED) >= 34
    assert len(DELETED) >= 25


@each(list(RESOURCES.values()))
async def test_created_is_retrieved(maker: Maker, resource: Resource) -> None:
    path = await maker.parents_of(resource.create)
    made = await maker.new(resource, path)
    id = str(made[resource.create.id_field])
    assert id.startswith(resource.create.id_prefix)
    if resource.answers_object("retrieve"):
        got = await maker.ask(resource, "retrieve", path, id)
        assert {name: got.get(name) for name in made} == made
        assert got == await maker.ask(resource, "retrieve", path, id)


@each(LISTED)
async def test_created_are_listed_page_by_page(maker: Maker, resource: Resource) -> None:
    path = await maker.parents_of(resource.create)
    key = resource.create.id_field
    made = [str((await maker.new(resource, path))[key]) for _ in range(3)]
    operation = resource.operations["list"]
    orders = _orders(operation)
    for order in orders or [""]:
        expected = made if order.startswith("asc") else made[::-1]
        query = {"order": order} if order else {}
        assert await _page_through(maker.client, operation, path, query) == expected


def _orders(operation: Operation) -> list[str]:
    parameters = {p["name"]: p["schema"] for p in definition(operation).get("parameters", [])}
    return ["asc", "desc"] if "order" in parameters else []


async def _page_through(
    client: httpx.AsyncClient, operation: Operation, path: dict[str, str], query: dict[str, str]
) -> list[str]:
    """Ids in the order of pages of one object, following the cursor that the page names."""
    url = f"/v1{operation.path.format_map(path)}"
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(10):
        page = (await client.get(url, params={"limit": "1"} | query | cursor)).json()
        assert len(page["data"]) == 1, page
        item = page["data"][0]
        found.append(str(item[operation.id_field] if operation.id_field in item else item["id"]))
        assert page.get("first_id", found[-1]) == page.get("last_id", found[-1]) == found[-1]
        if not page["has_more"]:
            break
        cursor = {"after": page.get("next") or found[-1]}
    return found


@each([resource for resource in LISTED if "before" in str(definition(resource.operations["list"])["parameters"])])
async def test_before_names_the_end_of_a_page(maker: Maker, resource: Resource) -> None:
    path = await maker.parents_of(resource.create)
    made = [str((await maker.new(resource, path))["id"]) for _ in range(3)]
    url = f"/v1{resource.operations['list'].path.format_map(path)}"
    page = (await maker.client.get(url, params={"order": "asc", "before": made[2], "limit": "1"})).json()
    assert [item["id"] for item in page["data"]] == [made[1]]
    assert page["has_more"] is True


@each(LISTED)
async def test_a_cursor_that_names_nothing(maker: Maker, resource: Resource) -> None:
    operation = resource.operations["list"]
    path = await maker.parents_of(resource.create)
    await maker.new(resource, path)
    answer = await maker.client.get(f"/v1{operation.path.format_map(path)}", params={"after": "nothing"})
    if resource.collection == "files":
        assert answer.json() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    else:
        assert answer.status_code == 404
        error = answer.json()["error"]
        assert (error["param"], "nothing" in error["message"]) == ("after", True)


@each(LISTED)
async def test_an_empty_list_has_no_ends(maker: Maker, resource: Resource) -> None:
    path = await maker.parents_of(resource.create)
    answer = await maker.client.get(f"/v1{resource.operations['list'].path.format_map(path)}")
    page = answer.json()
    assert page["data"] == []
    assert page["has_more"] is False
    assert [page.get(name) for name in ("first_id", "last_id", "next")] == [None] * 3


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1e3", "many"])
async def test_a_page_size_outside_of_the_bounds_is_refused(client: httpx.AsyncClient, limit: str) -> None:
    answer = await client.get("/v1/vector_stores", params={"limit": limit})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "limit")
    codes = {"0": "integer_below_min_value", "-1": "integer_below_min_value", "101": "integer_above_max_value"}
    assert error["code"] == codes.get(limit, "invalid_type")


@each(UPDATED)
async def test_updates_are_kept(maker: Maker, resource: Resource) -> None:
    path = await maker.parents_of(resource.create)
    made = await maker.new(resource, path)
    id = str(made[resource.create.id_field])
    update = resource.operations["update"]
    sent = request_for(update, "new facts", **path | ({update.id_param: id} if update.id_param else {}))
    if update.id in BODIES:
        sent.content = {"json": BODIES[update.id]}
    answer = await sent.by(maker.client)
    assert answer.status_code == 200, (sent, answer.text)
    changed = answer.json()
    if resource.answers_object("update"):
        said = {
            name: value for name, value in sent.content["json"].items() if name in update.echo and value is not None
        }
        assert {name: changed[name] for name in said} == said
        if resource.answers_object("retrieve"):
            assert await maker.ask(resource, "retrieve", path, id) == changed
            untouched = set(made) - set(update.echo)
            assert {name: changed[name] for name in untouched} == {name: made[name] for name in untouched}


@each(DELETED)
async def test_deleted_are_gone(maker: Maker, resource: Resource) -> None:
    path = await maker.parents_of(resource.create)
    kept, gone = [str((await maker.new(resource, path))[resource.create.id_field]) for _ in range(2)]
    deletion = await maker.ask(resource, "delete", path, gone)
    is_of_parent = deletion.get("id") in path.values()
    assert deletion == {} or gone in _texts(deletion) or "id" not in deletion or is_of_parent
    assert deletion.get("deleted", True) is True
    for kind in {"retrieve", "update", "delete"} & set(resource.operations):
        answer = await maker.request(resource.operations[kind], path, gone)
        assert answer.status_code == 404, (kind, answer.text)
        assert gone in answer.json()["error"]["message"]
    if "list" in resource.operations:
        listed = (await maker.client.get(f"/v1{resource.operations['list'].path.format_map(path)}")).json()["data"]
        assert gone not in str(listed)
        assert kept in str(listed)


def _texts(document: Document) -> set[str]:
    return {value for value in document.values() if isinstance(value, str)}


@pytest.mark.parametrize("operation", [o for o in OPERATIONS.values() if o.parents], ids=lambda operation: operation.id)
async def test_nothing_is_below_an_object_that_does_not_exist(client: httpx.AsyncClient, operation: Operation) -> None:
    answer = await request_for(operation, "orphan").by(client)
    assert answer.status_code == 404, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("operation", [o for o in OPERATIONS.values() if o.beta], ids=lambda operation: operation.id)
async def test_an_operation_in_beta_wants_its_header(client: httpx.AsyncClient, operation: Operation) -> None:
    sent = request_for(operation, "beta")
    for headers in ({}, {"openai-beta": "assistants=v1"}, {"openai-beta": "realtime=v1, assistants=v2"}):
        sent.content["headers"] = headers
        answer = await sent.by(client)
        error = answer.json().get("error") or {}
        assert (error.get("code") == "invalid_beta") == ("assistants=v2" not in str(headers)), answer.text
        assert answer.status_code == 400 or "v2" in str(headers)


@each(AGEING)
async def test_status_advances_with_time(maker: Maker, clock: VirtualClock, resource: Resource) -> None:
    path = await maker.parents_of(resource.create)
    made = await maker.new(resource, path)
    course = resource.create.lifecycle
    assert course is not None
    created_s = clock.now()
    for state in course.states:
        await clock.sleep_until(created_s + state.after_s)
        seen = await maker.ask(resource, "retrieve", path, str(made[resource.create.id_field]))
        assert seen[course.status_field] == state.value
        assert [seen[name] for name in state.clear if name in seen] == [None for name in state.clear if name in seen]
        if state.set_time in seen:
            assert seen[state.set_time] == int(created_s + state.after_s)


@pytest.mark.parametrize(("resource", "action"), ACTIONS, ids=lambda value: getattr(value, "id", str(value)))
async def test_an_action_sets_the_status_for_good(
    maker: Maker, clock: VirtualClock, resource: Resource, action: Operation
) -> None:
    path = await maker.parents_of(resource.create)
    made = await maker.new(resource, path)
    id = str(made[resource.create.id_field])
    answer = await maker.request(action, path, id)
    assert answer.status_code == 200, answer.text
    course = resource.create.lifecycle
    assert course is not None
    wanted = course.actions[action.id].value
    for _ in range(2):
        assert (await maker.ask(resource, "retrieve", path, id))[course.status_field] == wanted
        await clock.sleep_until(clock.now() + 1e6)


@pytest.mark.parametrize(("resource", "action"), ACTIONS, ids=lambda value: getattr(value, "id", str(value)))
async def test_an_action_comes_too_late_for_a_finished_object(
    maker: Maker, clock: VirtualClock, resource: Resource, action: Operation
) -> None:
    course = resource.create.lifecycle
    assert course is not None
    path = await maker.parents_of(resource.create)
    id = str((await maker.new(resource, path))[resource.create.id_field])
    await clock.sleep_until(clock.now() + 1e6)
    answer = await maker.request(action, path, id)
    assert answer.status_code == (400 if _ends_elsewhere(course, action) else 200)


def _ends_elsewhere(course: Lifecycle, action: Operation) -> bool:
    return len(course.states) > 1 and course.states[-1].value != course.actions[action.id].value


async def test_a_namespace_is_named_by_key_path_or_header(client: httpx.AsyncClient) -> None:
    ours = {"authorization": "Bearer sk-fake-team.a-1"}
    id = (await client.post("/v1/vector_stores", json={}, headers=ours)).json()["id"]
    for url, headers in (
        ("/v1/vector_stores", ours),
        ("/ns/team.a/v1/vector_stores", {}),
        ("/v1/vector_stores", {"x-fakeai-namespace": "team.a"}),
    ):
        assert (await client.get(f"{url}/{id}", headers=headers)).json()["id"] == id
        assert [item["id"] for item in (await client.get(url, headers=headers)).json()["data"]] == [id]


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("/v1/vector_stores", {}),
        ("/ns/team.b/v1/vector_stores", {}),
        ("/v1/vector_stores", {"authorization": "Bearer sk-fake-team.b-1"}),
        ("/ns/team.a/v1/vector_stores", {"openai-project": "proj_other"}),
        ("/ns/team.a/v1/vector_stores", {"openai-organization": "org-other"}),
    ],
)
async def test_namespaces_and_projects_do_not_see_each_other(
    client: httpx.AsyncClient, url: str, headers: dict[str, str]
) -> None:
    made = await client.post("/ns/team.a/v1/vector_stores", json={})
    assert (await client.get(f"{url}/{made.json()['id']}", headers=headers)).status_code == 404
    assert (await client.get(url, headers=headers)).json()["data"] == []


async def test_unknown_ids_are_404_or_made_up_as_the_header_wishes(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/vector_stores/vs_x")).status_code == 404
    made_up = await client.get("/v1/vector_stores/vs_x", headers={"x-fakeai-unknown-ids": "fabricate"})
    assert made_up.json()["id"] == "vs_x"
    assert (await client.get("/v1/vector_stores/vs_x")).status_code == 404


async def test_the_header_can_take_back_fabrication() -> None:
    app = App(AppConfig(core={"epoch": EPOCH_S}, server={"unknown_ids": "fabricate"}))
    async with in_process(app) as client:
        assert (await client.get("/v1/vector_stores/vs_x")).json()["id"] == "vs_x"
        answer = await client.get("/v1/vector_stores/vs_x", headers={"x-fakeai-unknown-ids": "404"})
        assert answer.status_code == 404
