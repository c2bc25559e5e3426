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
    for id, param in _file_ids(items):
        upload = await call.store.get_blob(FILES, id)
        if upload is not None:
            found[id] = f"data:image/png;base64,{b64encode(upload.data).decode()}"
        elif not call.fabricate and await call.store.get(FILES, id) is None:
            raise not_found(FILES, id, param=param)
    return found


def _file_ids(items: Sequence[Document]) -> Iterator[tuple[str, str]]:
    """With the parameters that name them."""
    for number, item in enumerate(items):
        for field in ("content", "output"):
            parts = item.get(field)
            for index, part in enumerate(parts if isinstance(parts, list) else ()):
                if part.get("type") == "input_image" and part.get("file_id"):
                    yield part["file_id"], f"input[{number}].{field}[{index}].file_id"
