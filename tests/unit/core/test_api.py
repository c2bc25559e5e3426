"""The stored level on a made-up group: widgets with parts and files, users that exist from the start, a setting."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from fakeai.core.api import Api
from fakeai.core.call import Call, Tenant, Upload
from fakeai.core.clock import VirtualClock
from fakeai.core.errors import ApiError, NotFound
from fakeai.core.ids import token
from fakeai.core.operation import Document, Lifecycle, Operation, State
from fakeai.core.reply import Reply
from fakeai.core.seeds import Draw, derive
from fakeai.state.store import Memory

pytestmark = pytest.mark.unit

LIFE = Lifecycle(
    "status",
    (State("queued", 0.0), State("done", 60.0, set_time="done_at")),
    {"cancelWidget": State("cancelled", 0.0)},
)
WIDGETS: dict[str, Any] = {"collection": "widgets", "id_prefix": "wid_", "lifecycle": LIFE, "group": "widgets"}
PARTS: dict[str, Any] = {
    "collection": "widgets/{widget_id}/parts",
    "group": "widgets",
    "parents": (("widgets", "widget_id"),),
}
USERS: dict[str, Any] = {"collection": "users", "group": "users", "given": True}
LIMIT: dict[str, Any] = {"collection": "limit", "group": "limit", "given": True}
BOTH = ("widget_id", "part_id")


def operation(id: str, method: str, path: str, kind: Any, **rest: Any) -> Operation:
    return Operation(id, method, path, name=id.replace("W", "_w"), kind=kind, **rest)


def own(kind: str, verb: str = "", **rest: Any) -> Operation:
    return operation(kind + "Widget", "POST", "/widgets/{widget_id}" + verb, kind, id_param="widget_id", **rest)


CREATE = operation("createWidget", "POST", "/widgets", "create", echo=("name", "metadata", "color"), **WIDGETS)
RETRIEVE = own("retrieve", **WIDGETS)
LIST = operation(
    "listWidgets", "GET", "/widgets", "list", filters=("color", "metadata"),
    page=("object", "data", "first_id", "last_id", "has_more"), **WIDGETS,
)  # fmt: skip
UPDATE = own("update", echo=("name", "metadata"), **WIDGETS)
DELETE = own("delete", **WIDGETS)
CANCEL = replace(own("action", "/cancel", **WIDGETS), id="cancelWidget", name="cancel_widget")
CONTENT = operation("getContent", "GET", "/widgets/{widget_id}/content", "compute", group="widgets",
                    parents=(("widgets", "widget_id"),), media_type="application/octet-stream")  # fmt: skip
SEARCH = operation("search", "POST", "/widgets/{widget_id}/search", "compute", group="widgets",
                   parents=(("widgets", "widget_id"),), page=("data", "has_more", "next_page"))  # fmt: skip
ADD_PART = operation("addPart", "POST", "/widgets/{widget_id}/parts", "create", id_from="part_id", **PARTS)
GET_PART = operation("getPart", "GET", "/widgets/{widget_id}/parts/{part_id}", "retrieve", id_param="part_id", **PARTS)
LIST_USERS = operation("listUsers", "GET", "/users", "list", page=LIST.page, **USERS)
GET_USER = operation("getUser", "GET", "/users/{user_id}", "retrieve", id_param="user_id", **USERS)
SET_USER = operation("setUser", "POST", "/users/{user_id}", "update", id_param="user_id", echo=("role",), **USERS)
DELETE_USER = operation("deleteUser", "DELETE", "/users/{user_id}", "delete", id_param="user_id", **USERS)
GET_LIMIT = operation("getLimit", "GET", "/limit", "retrieve", **LIMIT)
SET_LIMIT = operation("setLimit", "POST", "/limit", "update", echo=("max",), **LIMIT)
DELETE_LIMIT = operation("deleteLimit", "DELETE", "/limit", "delete", **LIMIT)


def fake_widget(r: Draw, now: int) -> Document:
    faked = {"id": "wid_" + token(r, 8), "object": "widget", "created_at": now, "name": token(r, 5), "color": "red"}
    return faked | {"status": "failed", "done_at": 1, "metadata": {"faked": "yes"}, "filename": "x", "bytes": r()}


def fake_part(r: Draw, now: int) -> Document:
    return {"id": token(r, 8), "object": "part", "widget_id": "?", "widget": {"id": "?"}, "size": r()}


def fake_user(r: Draw, now: int) -> Document:
    return {"id": "user-" + token(r, 8), "object": "user", "role": "reader", "email": token(r, 5)}


def fake_limit(r: Draw, now: int) -> Document:
    return {"object": "limit", "max": r()}


def fake_deletion(r: Draw, now: int) -> Document:
    return {"id": token(r, 8), "object": "thing.deleted", "deleted": False, "widget_id": "?"}


def fake_page(fake: Callable[[Draw, int], Document]) -> Callable[[Draw, int], Document]:
    def page(r: Draw, now: int) -> Document:
        ids = {"first_id": "?", "last_id": "?", "has_more": True, "next_page": "?"}
        return {"object": "list", "data": [fake(r, now), fake(r, now)], **ids}

    return page


FAKERS: Mapping[str, tuple[Any, ...]] = {
    "createWidget": (fake_widget,), "retrieveWidget": (fake_widget,), "updateWidget": (fake_widget,),
    "cancelWidget": (fake_widget,), "listWidgets": (fake_page(fake_widget), fake_widget),
    "deleteWidget": (fake_deletion, fake_widget), "getContent": (None,), "search": (fake_page(fake_part),),
    "addPart": (fake_part,), "getPart": (fake_part,),
    "listUsers": (fake_page(fake_user), fake_user), "getUser": (fake_user,), "setUser": (fake_user,),
    "deleteUser": (fake_deletion, fake_user), "getLimit": (fake_limit,), "setLimit": (fake_limit,),
    "deleteLimit": (fake_deletion, fake_limit),
}  # fmt: skip


class Client:
    """Calls the Api as the server would; `seed` counts requests, so that repeated ones differ."""

    def __init__(self, **call: Any) -> None:
        self.memory = Memory()
        self.clock = VirtualClock(1000.0)
        self.call = call
        self.seed = 0

    async def reply(self, operation: Operation, document: Document | None = None, **parts: Any) -> Reply:
        self.seed += 1
        path = {name: parts.pop(name) for name in (*BOTH, "user_id") if name in parts}
        tenant, fakers = parts.pop("tenant", Tenant()), parts.pop("fakers", FAKERS[operation.id])
        store = self.memory.view(tenant, self.clock, operation)
        parts = {"seed": derive(self.seed), "request_id": "req_1", "base_seed": 7, **self.call, **parts}
        call = Call(operation, tenant, self.clock, store, path=path, document=document or {}, **parts)
        method: Callable[..., Awaitable[Any]] = getattr(Api(), operation.kind)
        answer = await method(call, *fakers)
        assert isinstance(answer, Reply)
        return answer

    async def __call__(self, operation: Operation, document: Document | None = None, **parts: Any) -> Document:
        body = (await self.reply(operation, document, **parts)).body
        assert isinstance(body, dict)
        return body


async def test_create_retrieve_list_update_delete_404() -> None:
    client = Client()
    made = await client(CREATE, {"name": "n", "metadata": {"a": "b"}})
    assert made["id"].startswith("wid_")
    assert len(made["id"]) == len("wid_") + 24
    shown = {key: made[key] for key in ("name", "metadata", "color", "created_at", "status", "done_at")}
    assert shown == {
        "name": "n", "metadata": {"a": "b"}, "color": "red", "created_at": 1000, "status": "queued", "done_at": None,
    }  # fmt: skip
    assert await client(RETRIEVE, widget_id=made["id"]) == made
    page = await client(LIST)
    ids = {"first_id": made["id"], "last_id": made["id"]}
    assert page == {"object": "list", "data": [made], **ids, "has_more": False, "next_page": None}
    changed = await client(UPDATE, {"metadata": {"c": "d"}, "color": "blue"}, widget_id=made["id"])
    assert changed == made | {"metadata": {"c": "d"}}
    assert await client(RETRIEVE, widget_id=made["id"]) == changed
    deletion = await client(DELETE, widget_id=made["id"])
    assert deletion == {"id": made["id"], "object": "thing.deleted", "deleted": True, "widget_id": made["id"]}
    for operation in (RETRIEVE, UPDATE, DELETE, CANCEL):
        with pytest.raises(NotFound, match=f"No widget found with id '{made['id']}'"):
            await client(operation, widget_id=made["id"])
    assert (await client(LIST))["data"] == []


async def test_defaults_stand_in_for_what_is_left_out_or_null() -> None:
    client = Client()
    create = replace(CREATE, defaults={"metadata": {}, "color": "green"})
    made = await client(create, {"name": None, "color": None})
    assert (made["metadata"], made["color"]) == ({}, "green")
    assert isinstance(made["name"], str)
    update = replace(UPDATE, defaults={"metadata": {}})
    changed = await client(update, {"metadata": {"a": "b"}}, widget_id=made["id"])
    assert changed["metadata"] == {"a": "b"}
    assert await client(update, {"name": None}, widget_id=made["id"]) == changed
    assert (await client(update, {"metadata": None}, widget_id=made["id"]))["metadata"] == {}


async def test_a_taken_id_is_drawn_again() -> None:
    client = Client(seed=5)
    first, second = await client(CREATE), await client(CREATE)
    assert first["id"] != second["id"]
    assert len((await client(LIST))["data"]) == 2


async def test_lists_page_and_filter() -> None:
    client = Client()
    made = [await client(CREATE, {"name": str(n), "metadata": {"odd": str(n % 2)}}) for n in range(25)]
    page = await client(LIST)
    assert page["data"] == made[:4:-1]
    assert page["has_more"] is True
    rest = await client(LIST, query={"after": page["last_id"]})
    assert await client(LIST, query={"after": "", "before": ""}) == await client(LIST)
    assert rest["data"] == made[4::-1]
    assert rest["has_more"] is False
    odd = {"metadata": {"odd": "1"}, "limit": 3, "order": "ascending"}
    assert (await client(LIST, query=odd))["data"] == [made[1], made[3], made[5]]
    empty = await client(LIST, query={"color": "blue"})
    assert (empty["data"], empty["first_id"], empty["has_more"]) == ([], None, False)
    with pytest.raises(NotFound) as caught:
        await client(LIST, query={"after": "wid_unknown"})
    assert caught.value.param == "after"


async def test_next_cursors_are_filled_only_while_there_is_more() -> None:
    client = Client()
    made = [await client(CREATE) for _ in range(2)]
    assert (await client(LIST, query={"limit": 1}))["next_page"] == made[1]["id"]
    assert (await client(LIST, query={"limit": 2}))["next_page"] is None


async def test_life_cycle_advances_and_an_action_ends_it() -> None:
    client = Client()
    made, other = await client(CREATE), await client(CREATE)
    cancelled = await client(CANCEL, widget_id=other["id"])
    assert cancelled == other | {"status": "cancelled"} == await client(RETRIEVE, widget_id=other["id"])
    assert await client(CANCEL, widget_id=other["id"]) == cancelled
    await client.clock.sleep_until(1060.0)
    assert await client(RETRIEVE, widget_id=made["id"]) == made | {"status": "done", "done_at": 1060}
    assert await client(RETRIEVE, widget_id=other["id"]) == cancelled
    with pytest.raises(ApiError, match=r"Cannot cancel widget with status 'done'\.") as caught:
        await client(CANCEL, widget_id=made["id"])
    assert caught.value.status == 400
    assert (await client(CANCEL, widget_id=made["id"], contract=True))["status"] == "cancelled"


async def test_parents_must_exist_and_take_their_parts_along() -> None:
    client = Client()
    for operation in (ADD_PART, GET_PART, SEARCH, CONTENT):
        with pytest.raises(NotFound, match="No widget found with id 'wid_x'"):
            await client.reply(operation, {"part_id": "p"}, widget_id="wid_x", part_id="p")
    widget = (await client(CREATE))["id"]
    with pytest.raises(NotFound, match="No part found with id 'p'"):
        await client(GET_PART, widget_id=widget, part_id="p")
    part = await client(ADD_PART, {"part_id": "p"}, widget_id=widget)
    assert (part["id"], part["widget_id"], part["widget"]) == ("p", widget, {"id": widget})
    assert await client(GET_PART, widget_id=widget, part_id="p") == part
    again = await client(ADD_PART, {"part_id": "p"}, widget_id=widget)
    assert again["size"] != part["size"]
    assert await client(GET_PART, widget_id=widget, part_id="p") == again
    await client(DELETE, widget_id=widget)
    with pytest.raises(NotFound, match="No widget found"):
        await client(GET_PART, widget_id=widget, part_id="p")


async def test_an_upload_is_described_kept_and_given_back() -> None:
    client = Client()
    upload = Upload("a.jsonl", "application/jsonl", b"{}\n")
    made = await client(CREATE, uploads={"file": [upload]})
    assert (made["filename"], made["bytes"]) == ("a.jsonl", 3)
    assert await client.reply(CONTENT, widget_id=made["id"]) == Reply(b"{}\n")
    bare = await client(CREATE)
    body = (await client.reply(CONTENT, widget_id=bare["id"])).body
    assert isinstance(body, bytes)
    assert body.startswith(b"Made up by FakeAI")
    assert (await client.reply(CONTENT, widget_id=bare["id"])).body == body


async def test_an_answer_of_another_schema_tells_the_same_facts() -> None:
    def fake_receipt(r: Draw, now: int) -> Document:
        return {"id": "?", "object": "receipt", "color": "?", "name": 1, "secret": token(r, 8), "metadata": {"x": "y"}}

    client = Client()
    answer = await client(CREATE, {"color": "blue"}, fakers=(fake_receipt, fake_widget))
    (stored,) = (await client(LIST))["data"]
    expected = {"object": "receipt", "name": 1, "secret": answer["secret"], "metadata": {"x": "y"}}
    assert answer == {"id": stored["id"], "color": "blue", **expected}


async def test_a_list_in_the_request_makes_several_objects() -> None:
    client = Client()
    answer = await client(CREATE, {"items": ["a", "b", "c"]}, fakers=(fake_page(fake_widget), fake_widget))
    assert answer["data"] == (await client(LIST, query={"order": "asc"}))["data"]
    assert len(answer["data"]) == 3
    assert answer["first_id"] == answer["data"][0]["id"]


async def test_answers_without_a_body() -> None:
    client = Client()
    made = await client(CREATE)
    empty = replace(CANCEL, media_type="")
    assert await client.reply(empty, widget_id=made["id"], fakers=(None, fake_widget)) == Reply(None)
    assert (await client(RETRIEVE, widget_id=made["id"]))["status"] == "cancelled"
    assert await client.reply(DELETE, widget_id=made["id"], fakers=(None, fake_widget)) == Reply(None)
    assert (await client(LIST))["data"] == []


async def test_compute_answers_equal_requests_equally() -> None:
    client = Client()
    widget = (await client(CREATE))["id"]
    first = await client(SEARCH, {"query": "a"}, widget_id=widget)
    assert first == await client(SEARCH, {"query": "a"}, widget_id=widget)
    assert first != await client(SEARCH, {"query": "b"}, widget_id=widget)
    assert (first["has_more"], first["next_page"]) == (False, None)


async def test_given_objects_exist_until_deleted() -> None:
    client = Client()
    listed = await client(LIST_USERS)
    assert len(listed["data"]) == 2
    assert await client(LIST_USERS) == listed
    user = listed["data"][0]
    assert await client(GET_USER, user_id=user["id"]) == user
    changed = await client(SET_USER, {"role": "owner"}, user_id=user["id"])
    assert changed == user | {"role": "owner"}
    assert changed in (await client(LIST_USERS))["data"]
    touched = await client(GET_USER, user_id="user-new")
    assert touched["id"] == "user-new"
    assert (await client(LIST_USERS))["data"][0] == touched
    for id in ("user-new", user["id"], "user-never-seen"):
        assert (await client(DELETE_USER, user_id=id))["deleted"] is True
        for operation in (GET_USER, SET_USER, DELETE_USER):
            with pytest.raises(NotFound):
                await client(operation, {"role": "owner"}, user_id=id)
    assert (await client(LIST_USERS))["data"] == [d for d in listed["data"] if d["id"] != user["id"]]


async def test_a_setting_is_there_changes_goes_and_can_be_set_again() -> None:
    client = Client()
    before = await client(GET_LIMIT)
    assert await client(GET_LIMIT) == before
    assert await client(SET_LIMIT, {"max": 5}) == {"object": "limit", "max": 5} == await client(GET_LIMIT)
    await client(DELETE_LIMIT)
    with pytest.raises(NotFound):
        await client(GET_LIMIT)
    assert (await client(SET_LIMIT, {"max": 6}))["max"] == 6
    assert (await client(GET_LIMIT))["max"] == 6


async def test_fabricate_answers_any_id_and_stores_nothing() -> None:
    client = Client(fabricate=True)
    faked = await client(RETRIEVE, widget_id="w")
    assert faked["id"] == "w"
    assert await client(RETRIEVE, widget_id="w") == faked
    assert (await client(RETRIEVE, widget_id="v"))["name"] != faked["name"]
    assert await client(UPDATE, {"name": "n"}, widget_id="w") == faked | {"name": "n"}
    assert await client(CANCEL, widget_id="w") == faked
    assert (await client(GET_USER, user_id="u"))["id"] == "u"
    deletion = await client(DELETE, widget_id="w")
    assert (deletion["id"], deletion["deleted"]) == ("w", True)
    assert (await client(DELETE_USER, user_id="u"))["deleted"] is True
    page = await client(LIST, query={"after": "anything"})
    assert len(page["data"]) == 2
    assert (await client.reply(CONTENT, widget_id="w")).body
    assert client.memory.spaces == {}
    part = await client(ADD_PART, {"part_id": "p"}, widget_id="w")
    assert (part["id"], part["widget_id"]) == ("p", "w")


async def test_equal_histories_give_equal_answers() -> None:
    async def history(base_seed: int) -> list[Document]:
        client = Client(base_seed=base_seed)
        return [await client(CREATE), await client(CREATE), await client(GET_USER, user_id="u"), await client(LIST)]

    assert await history(1) == await history(1)
    assert (await history(1))[2] != (await history(2))[2]


async def test_namespaces_do_not_see_each_other() -> None:
    client = Client()
    made = await client(CREATE, tenant=Tenant("a"))
    with pytest.raises(NotFound):
        await client(RETRIEVE, widget_id=made["id"], tenant=Tenant("b"))
    assert (await client(LIST, tenant=Tenant("b")))["data"] == []
