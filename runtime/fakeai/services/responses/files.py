"""Images that a request gives by the ids of uploaded files."""

from base64 import b64encode
from collections.abc import Iterator, Sequence

from fakeai.core.call import Call
from fakeai.core.nouns import not_found
from fakeai.core.operation import Document

FILES = "files"


async def images_of(call: Call, items: Sequence[Document]) -> dict[str, str]:
    """File id → data URL. Raises NotFound for a file that was never uploaded."""
    found: dict[str, str] = {}
    for id in _file_ids(items):
        upload = await call.store.get_blob(FILES, id)
        if upload is not None:
            found[id] = f"data:image/png;base64,{b64encode(upload.data).decode()}"
        elif not call.fabricate and await call.store.get(FILES, id) is None:
            raise not_found(FILES, id)
    return found


def _file_ids(items: Sequence[Document]) -> Iterator[str]:
    for item in items:
        for field in ("content", "output"):
            parts = item.get(field)
            for part in parts if isinstance(parts, list) else ():
                if part.get("type") == "input_image" and part.get("file_id"):
                    yield part["file_id"]
