"""Files that a conversation names by id."""

from fakeai.content.described import STORED_FILE
from fakeai.core.call import Call
from fakeai.core.nouns import not_found
from fakeai.core.operation import Document

FILES = "files"


async def with_files(call: Call, messages: list[Document]) -> list[Document]:
    """The messages with the stored files' facts in place of their ids. Raises NotFound for files that do not exist."""
    if not any(isinstance(message.get("content"), list) for message in messages):
        return messages
    return [await _with_files(call, message, f"messages.[{n}].content") for n, message in enumerate(messages)]


async def _with_files(call: Call, message: Document, param: str) -> Document:
    content = message.get("content")
    if not isinstance(content, list) or not any(_id_of(part) for part in content):
        return message
    return {**message, "content": [await _part(call, part, f"{param}.[{n}]") for n, part in enumerate(content)]}


async def _part(call: Call, part: Document, param: str) -> Document:
    id = _id_of(part)
    if id is None:
        return part
    file = await call.store.get(FILES, id)
    if file is None and (call.fabricate or call.contract):
        return part
    if file is None:
        raise not_found(FILES, id, param=f"{param}.file.file_id")
    return {"type": STORED_FILE, "id": id, "filename": file["filename"], "bytes": file["bytes"]}


def _id_of(part: Document) -> str | None:
    """A file's id, unless its data is there too."""
    file = part["file"] if part["type"] == "file" else {}
    return None if file.get("file_data") else file.get("file_id")
