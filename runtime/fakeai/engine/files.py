"""Files that a conversation names by id."""

from fakeai.content.described import STORED_FILE
from fakeai.core.call import Call
from fakeai.core.nouns import not_found
from fakeai.core.operation import Document

FILES = "files"


async def with_files(call: Call, messages: list[Document]) -> list[Document]:
    """The messages with the stored files' facts in place of their ids. Raises NotFound for files that do not exist."""
    told = messages
    for number, message in enumerate(messages):
        content = message.get("content")
        if isinstance(content, list) and any(map(_id_of, content)):
            param = f"messages.[{number}].content"
            parts = [await _part(call, part, f"{param}.[{index}]") for index, part in enumerate(content)]
            told = [*messages] if told is messages else told
            told[number] = {**message, "content": parts}
    return told


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
