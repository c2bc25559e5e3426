"""What tools work on: files of the code interpreter, vector stores of file search."""

from collections.abc import Sequence

from fakeai.core.call import Call
from fakeai.core.ids import token
from fakeai.core.operation import Document
from fakeai_api.fakers import vector_stores as fakers
from fakeai_api.operations import OPERATIONS

STORES = OPERATIONS["createVectorStore"]


async def stored_resources(call: Call, wanted: Document | None) -> Document:
    """As an object shows them: stores that the request describes are made."""
    shown: Document = {}
    interpreter, search = ((wanted or {}).get(name) for name in ("code_interpreter", "file_search"))
    if interpreter is not None:
        shown["code_interpreter"] = {"file_ids": interpreter.get("file_ids") or []}
    if search is not None:
        ids = list(search.get("vector_store_ids") or ())
        ids += [
            await _make_store(call, number, store) for number, store in enumerate(search.get("vector_stores") or ())
        ]
        shown["file_search"] = {"vector_store_ids": ids[:1]}
    return shown


async def attach(call: Call, resources: Document, attachments: Sequence[Document]) -> None:
    """Gives the attached files to the tools that each is meant for."""
    searched = _files_for("file_search", attachments)
    read = _files_for("code_interpreter", attachments)
    if read:
        own = resources.setdefault("code_interpreter", {}).setdefault("file_ids", [])
        own += [id for id in read if id not in own]
    if searched:
        ids = resources.setdefault("file_search", {}).setdefault("vector_store_ids", [])
        if not ids:
            ids.append(await _make_store(call, "attached", {}))
        await _add_files(call, ids[0], searched)


def _files_for(tool: str, attachments: Sequence[Document]) -> list[str]:
    meant = [one for one in attachments if tool in [wanted["type"] for wanted in one.get("tools") or ()]]
    return [one["file_id"] for one in meant if one.get("file_id")]


async def _make_store(call: Call, number: int | str, request: Document) -> str:
    store: Document = fakers.fake_VectorStoreObject(call.draws("store", number), int(call.clock.now()))
    id = STORES.id_prefix + token(call.draws("store", number, "id"))
    files = request.get("file_ids") or []
    counts = store["file_counts"] | {"completed": len(files), "total": len(files)}
    store |= {"id": id, "name": "", "file_counts": counts, "metadata": request.get("metadata") or {}}
    await call.store.insert(STORES.collection or "", id, store, STORES.lifecycle)
    await _add_files(call, id, files)
    return id


async def _add_files(call: Call, store_id: str, ids: Sequence[str]) -> None:
    for id in ids:
        file = fakers.fake_VectorStoreFileObject(call.draws("attached", id), int(call.clock.now()))
        await call.store.insert(f"vector_stores/{store_id}/files", id, file | {"id": id, "vector_store_id": store_id})
