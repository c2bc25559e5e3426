"""Objects that exist without being created: settings, and collections that no operation adds to.

They are made up when first asked for and remembered from then on. Marks in the store tell what was removed since.
"""

from fakeai.core import objects
from fakeai.core.call import Call
from fakeai.core.operation import Document

MARKS = ".given"
"""Collection of the marks: names of populated collections, and "collection/id" of removed objects."""


def is_setting(call: Call) -> bool:
    """One object without an id of its own."""
    return call.operation.id_param is None


async def exists(call: Call, collection: str, id: str) -> bool:
    """A removed object is gone, but a removed setting can be set again."""
    if not (call.operation.given or is_setting(call)):
        return False
    if is_setting(call) and call.operation.kind == "update":
        return True
    return await call.store.get(MARKS, f"{collection}/{id}") is None


async def remember(call: Call, collection: str, id: str, document: Document) -> None:
    await call.store.remove(MARKS, f"{collection}/{id}")
    await call.store.insert(collection, id, document)


async def mark_removed(call: Call, collection: str, id: str) -> None:
    if call.operation.given or is_setting(call):
        await call.store.insert(MARKS, f"{collection}/{id}", {})


async def populate(call: Call, collection: str, documents: list[Document]) -> None:
    """The first look at a given collection fills it."""
    if not await call.store.insert(MARKS, collection, {}):
        return
    for document in documents:
        objects.distribute(call.path, document)
        await call.store.insert(collection, str(document[call.operation.id_field]), document)
