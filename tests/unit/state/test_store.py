from typing import Any

import pytest

from fakeai.core.call import PageQuery, Store, Tenant, Upload
from fakeai.core.clock import VirtualClock
from fakeai.core.errors import ApiError, NotFound
from fakeai.core.operation import Document, Lifecycle, Operation, State
from fakeai.state.store import Memory

pytestmark = pytest.mark.unit

PLAIN = Operation("getWidget", "GET", "/widgets/{id}", "widgets", "get_widget", "retrieve")
ADMIN = Operation("getUser", "GET", "/users/{id}", "users", "get_user", "retrieve", security="admin")
UPLOAD = Upload("a.txt", "text/plain", b"hello")
ALL = PageQuery(limit=100, ascending=True)


def view(memory: Memory, operation: Operation = PLAIN, **tenant: Any) -> Store:
    return memory.view(Tenant(**tenant), VirtualClock(1000.0), operation)


async def test_documents_are_copied_in_and_out() -> None:
    store = view(Memory())
    document: Document = {"id": "w1", "tags": ["a"]}
    assert await store.insert("widgets", "w1", document)
    document["tags"].append("b")
    got = await store.get("widgets", "w1")
    assert got == {"id": "w1", "tags": ["a"]}
    got["tags"].append("c")
    assert await store.get("widgets", "w1") == {"id": "w1", "tags": ["a"]}


async def test_a_taken_id_is_refused() -> None:
    store = view(Memory())
    assert await store.insert("widgets", "w1", {"n": 1})
    assert not await store.insert("widgets", "w1", {"n": 2})
    assert await store.get("widgets", "w1") == {"n": 1}
    assert await store.insert("gadgets", "w1", {"n": 3})


async def test_replace_keeps_the_position() -> None:
    store = view(Memory())
    for n in range(3):
        await store.insert("widgets", f"w{n}", {"n": n})
    await store.replace("widgets", "w0", {"n": 10})
    await store.replace("widgets", "unknown", {"n": 11})
    assert [d["n"] for d in (await store.page("widgets", ALL)).data] == [10, 1, 2]


async def test_life_cycle_and_action_through_the_store() -> None:
    memory, clock = Memory(lifecycle_speed=2.0), VirtualClock(1000.0)
    store = memory.view(Tenant(), clock, PLAIN)
    course = Lifecycle("status", (State("new", 0.0), State("old", 10.0)), {"stop": State("stopped", 0.0)})
    await store.insert("widgets", "w1", {"status": "?"}, course)
    await store.insert("widgets", "plain", {"status": "?"})
    assert await store.get("widgets", "w1") == {"status": "new"}
    await clock.sleep_until(1005.0)
    page = await store.page("widgets", PageQuery(5, True, where={"status": "old"}))
    assert page.data == [{"status": "old"}]
    assert await store.enter("widgets", "w1", "unknown") is None
    assert await store.enter("widgets", "plain", "stop") is None
    assert await store.enter("widgets", "none", "stop") is None
    assert await store.enter("widgets", "w1", "stop") == {"status": "stopped"}
    await store.replace("widgets", "w1", {"status": "?", "name": "n"})
    assert await store.get("widgets", "w1") == {"status": "stopped", "name": "n"}


async def test_removal_takes_everything_below_along() -> None:
    memory = Memory(spill_above_bytes=0, max_objects_per_namespace=5)
    store = view(memory)
    kept = "threads/t2/messages"
    for collection, id in [
        ("threads", "t1"),
        ("threads/t1/runs", "r1"),
        ("threads/t1/runs/r1/steps", "s1"),
        ("threads/t1/messages", "m1"),
        (kept, "m1"),
    ]:
        await store.insert(collection, id, {})
        await store.put_blob(collection, id, UPLOAD)
    blobs = [record.blob for shelf in memory.spaces["default"].shelves.values()
             for name, records in shelf.collections.items() if name != kept for record in records]  # fmt: skip
    assert await store.remove("threads", "t1")
    assert not await store.remove("threads", "t1")
    assert memory.counts("default") == {"messages": 1}
    assert len(blobs) == 4
    assert not any(blob.path.exists() for blob in blobs)  # type: ignore[union-attr]
    assert await store.get_blob(kept, "m1") == UPLOAD
    for n in range(4):
        await store.insert("threads", f"new{n}", {})


async def test_emptied_collections_take_no_memory() -> None:
    memory = Memory()
    store = view(memory)
    for n in range(10):
        await store.insert(f"threads/t{n}/messages", "m", {})
        await store.remove(f"threads/t{n}/messages", "m")
    (shelf,) = memory.spaces["default"].shelves.values()
    assert vars(shelf) == {"collections": {}, "_below": {}}


async def test_namespaces_organizations_and_projects_are_apart() -> None:
    memory = Memory()
    here = view(memory)
    await here.insert("widgets", "w1", {"of": "default"})
    others: tuple[dict[str, Any], ...] = ({"namespace": "b"}, {"organization": "org-b"}, {"project": "proj_b"})
    for tenant in others:
        there = view(memory, **tenant)
        assert await there.get("widgets", "w1") is None
        assert await there.insert("widgets", "w1", {"of": str(tenant)})
        assert (await there.page("widgets", ALL)).data == [{"of": str(tenant)}]
        assert await there.remove("widgets", "w1")
    assert await here.get("widgets", "w1") == {"of": "default"}


async def test_admin_objects_belong_to_the_whole_organization() -> None:
    memory = Memory()
    await view(memory, ADMIN, project="proj_a").insert("users", "u1", {})
    assert await view(memory, ADMIN, project="proj_b").get("users", "u1") == {}
    assert await view(memory, ADMIN, organization="org-b").get("users", "u1") is None
    assert await view(memory, PLAIN, project="proj_a").get("users", "u1") is None


async def test_reset_empties_one_namespace() -> None:
    memory = Memory(spill_above_bytes=0)
    store, other = view(memory, namespace="a"), view(memory, namespace="b")
    for each in (store, other):
        await each.insert("files", "f1", {})
        await each.put_blob("files", "f1", UPLOAD)
    (record,) = next(iter(memory.spaces["a"].shelves.values())).collections["files"]
    memory.reset("a")
    memory.reset("never seen")
    assert not record.blob.path.exists()  # type: ignore[union-attr]
    assert await store.get("files", "f1") is None
    assert await store.get_blob("files", "f1") is None
    assert await other.get_blob("files", "f1") == UPLOAD
    assert await store.insert("files", "f1", {})


async def test_a_full_namespace_refuses_in_the_error_envelope() -> None:
    memory = Memory(max_objects_per_namespace=2)
    store = view(memory)
    await store.insert("widgets", "w1", {})
    await store.insert("gadgets", "g1", {})
    with pytest.raises(ApiError) as caught:
        await store.insert("widgets", "w2", {})
    assert caught.value.status == 400
    assert caught.value.body()["error"]["code"] == "storage_limit_exceeded"
    assert "w2" not in memory.spaces["default"].shelves["org-fakeai", "proj_default"].collections["widgets"]
    assert await view(memory, namespace="other").insert("widgets", "w2", {})
    await store.remove("gadgets", "g1")
    assert await store.insert("widgets", "w2", {})


async def test_reading_an_unknown_namespace_leaves_no_trace() -> None:
    memory = Memory()
    store = view(memory, namespace="nobody")
    assert await store.get("widgets", "w") is None
    assert not await store.remove("widgets", "w")
    assert (await store.page("widgets", ALL)).data == []
    with pytest.raises(NotFound):
        await store.page("widgets", PageQuery(5, True, after="w"))
    assert memory.spaces == {}
    assert memory.counts("nobody") == {}


async def test_blobs_follow_their_object() -> None:
    memory = Memory(spill_above_bytes=0)
    store = view(memory)
    with pytest.raises(KeyError):
        await store.put_blob("files", "f1", UPLOAD)
    await store.insert("files", "f1", {})
    assert await store.get_blob("files", "f1") is None
    await store.put_blob("files", "f1", UPLOAD)
    (record,) = next(iter(memory.spaces["default"].shelves.values())).collections["files"]
    first = record.blob
    second = Upload("b.txt", "text/plain", b"other")
    await store.put_blob("files", "f1", second)
    assert not first.path.exists()  # type: ignore[union-attr]
    assert await store.get_blob("files", "f1") == second
    await store.remove("files", "f1")
    assert await store.get_blob("files", "f1") is None
