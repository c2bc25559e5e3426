"""Opaque texts that clients hand back: reasoning, compacted conversations. What was changed on the way is refused."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from zlib import compress, decompress, error

import orjson

from fakeai.core.errors import ApiError
from fakeai.core.operation import Document

MARK_BYTES = 16


class Sealer:
    """Of one namespace: others cannot open what it has sealed."""

    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(8, "little")

    def seal(self, content: Document) -> str:
        data = compress(orjson.dumps(content))
        return urlsafe_b64encode(self._mark(data) + data).decode()

    def open(self, text: str, param: str) -> Document:
        """Raises ApiError 400."""
        try:
            data = urlsafe_b64decode(text)
            if data[:MARK_BYTES] == self._mark(data[MARK_BYTES:]):
                content: Document = orjson.loads(decompress(data[MARK_BYTES:]))
                return content
        except (ValueError, error):
            pass
        message = "The encrypted content could not be verified. Reason: it is not content that this API has encrypted."
        raise ApiError(400, message, code="invalid_encrypted_content", param=param)

    def _mark(self, data: bytes) -> bytes:
        return blake2b(data, digest_size=MARK_BYTES, key=self._key).digest()
