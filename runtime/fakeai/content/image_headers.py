"""Width and height of PNG, JPEG, WebP and GIF data, read from the first bytes. Layouts: the formats' specifications."""

from collections.abc import Callable

Size = tuple[int, int]
"""Width and height in pixels."""


def image_size(data: bytes) -> Size | None:
    """None if the data is none of the four formats, is cut before its size, or has a side of 0."""
    for signature, read in SIGNATURES.items():
        if data.startswith(signature):
            try:
                size = read(data)
            except IndexError:
                return None
            return size if size and min(size) > 0 else None
    return None


def image_format(data: bytes) -> str | None:
    """PNG, JPEG, WebP or GIF."""
    return next((FORMATS[read] for signature, read in SIGNATURES.items() if data.startswith(signature)), None)


def _png(data: bytes) -> Size | None:
    return (_big(data, 16, 4), _big(data, 20, 4)) if data[12:16] == b"IHDR" else None


def _gif(data: bytes) -> Size:
    return _little(data, 6, 2), _little(data, 8, 2)


def _jpeg(data: bytes) -> Size | None:
    """Walks the segments to the frame header (SOF0 to SOF15 without DHT, JPG and DAC)."""
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _big(data, at + 7, 2), _big(data, at + 5, 2)
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:  # no length follows
            at += 2
        else:
            at += 2 + max(2, _big(data, at + 2, 2))
    return None


def _webp(data: bytes) -> Size | None:
    if data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    if kind == b"VP8L":
        bits = _little(data, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    return None


def _big(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(_field(data, at, length), "big")


def _little(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(_field(data, at, length), "little")


def _field(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise IndexError(at)
    return data[at : at + length]


SIGNATURES: dict[bytes, Callable[[bytes], Size | None]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8": _jpeg,
    b"RIFF": _webp,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
}
FORMATS: dict[Callable[[bytes], Size | None], str] = {_png: "PNG", _jpeg: "JPEG", _webp: "WebP", _gif: "GIF"}
