"""Uploads in parts: completing one makes a file of the bytes that were sent."""

from typing import Any

from fakeai.core.call import Call, Upload
from fakeai.core.errors import ApiError
from fakeai.core.ids import token
from fakeai.core.operation import Document
from fakeai.core.reply import Answer
from fakeai.engine.engine import Engine
from fakeai_api.fakers import uploads as fakers
from fakeai_api.operations import OPERATIONS
from fakeai_api.routers.uploads import UploadsApi

UPLOADS = "uploads"
MEDIA_TYPE = "application/octet-stream"


class UploadsService(UploadsApi):
    def __init__(self, engine: Engine) -> None:
        """Services are made with the engine; nothing is generated here."""

    async def add_upload_part(self, call: Call, body: Any) -> Answer:
        await _pending(call, "add a part to")
        return await super().add_upload_part(call, body)

    async def cancel_upload(self, call: Call) -> Answer:
        await _pending(call, "cancel")
        return await super().cancel_upload(call)

    async def complete_upload(self, call: Call, body: Any) -> Answer:
        upload = await _pending(call, "complete")
        if upload is not None:
            data = await _joined(call, upload)
            upload["file"] = await _make_file(call, upload, data)
            await call.store.replace(UPLOADS, upload["id"], upload)
        return await super().complete_upload(call, body)


async def _pending(call: Call, verb: str) -> Document | None:
    """The upload; None if it is not stored, which is for the generated answer to judge. Raises ApiError 400."""
    upload = await call.store.get(UPLOADS, call.path["upload_id"])
    if upload is not None and upload["status"] != "pending" and not call.contract:
        raise ApiError(400, f"Cannot {verb} upload with status '{upload['status']}'.")
    return upload


async def _joined(call: Call, upload: Document) -> bytes:
    """The parts' bytes in the order that the request names. Raises ApiError 400."""
    collection = f"{UPLOADS}/{upload['id']}/parts"
    parts = []
    for number, id in enumerate(call.document["part_ids"]):
        part = await call.store.get_blob(collection, id)
        if part is None:
            raise ApiError(400, f"No upload part found with id '{id}'.", param=f"part_ids[{number}]")
        parts.append(part.data)
    data = b"".join(parts)
    if len(data) != upload["bytes"]:
        message = f"The upload was announced with {upload['bytes']} bytes, but its parts have {len(data)}."
        raise ApiError(400, message, param="part_ids")
    return data


async def _make_file(call: Call, upload: Document, data: bytes) -> Document:
    operation = OPERATIONS["createFile"]
    file: Document = fakers.fake_OpenAIFile(call.draws("file"), int(call.clock.now()))
    file |= {"filename": upload["filename"], "purpose": upload["purpose"], "bytes": len(data)}
    file["id"] = operation.id_prefix + token(call.draws("file", "id"))
    collection = operation.collection or ""
    await call.store.insert(collection, file["id"], file, operation.lifecycle)
    await call.store.put_blob(collection, file["id"], Upload(upload["filename"], MEDIA_TYPE, data))
    return await call.store.get(collection, file["id"]) or file
