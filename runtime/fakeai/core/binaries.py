"""Bytes for answers that are not JSON and for which nothing was uploaded: small, of the right kind, made up openly."""

import io
import struct
import zipfile
from collections.abc import Callable

from fakeai.core.ids import token
from fakeai.core.seeds import Draw

_NOTE = "Made up by FakeAI: nothing was uploaded here."


def fake_bytes(media_type: str, r: Draw) -> bytes:
    """Lines of text for a media type without a maker."""
    return _MAKERS.get(media_type, _text)(r)


def _text(r: Draw) -> bytes:
    return f"{_NOTE}\n{token(r)}\n".encode()


def _zip(r: Draw) -> bytes:
    """One text file. Its time is the format's first, so equal seeds give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("README.txt"), _text(r))
    return buffer.getvalue()


def _mp4(r: Draw) -> bytes:
    """A file with header and movie box and no track. Source of the layout: ISO/IEC 14496-12."""
    header = _box(b"ftyp", b"isom" + struct.pack(">I", 512) + b"isommp42")
    matrix = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    timing = struct.pack(">5I", 0, 0, 0, 1000, 0)
    movie = timing + struct.pack(">IHH2I", 1 << 16, 1 << 8, 0, 0, 0) + matrix + bytes(24) + struct.pack(">I", 1)
    return header + _box(b"moov", _box(b"mvhd", movie)) + _box(b"free", _text(r))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _sdp(r: Draw) -> bytes:
    """A session without media. Source of the lines: RFC 8866."""
    return f"v=0\r\no=- {r()} 1 IN IP4 127.0.0.1\r\ns=FakeAI\r\nt=0 0\r\n".encode()


_MAKERS: dict[str, Callable[[Draw], bytes]] = {
    "application/zip": _zip,
    "application/sdp": _sdp,
    "video/mp4": _mp4,
}
