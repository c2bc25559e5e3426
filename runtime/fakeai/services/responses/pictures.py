"""Small PNG files of any size: one colour, one bit a pixel."""

import zlib
from base64 import b64encode
from struct import pack

from fakeai.core.seeds import Draw

DEFAULT_SIDE = 1024
MAX_SIDE = 4096


def picture_b64(size: str, r: Draw) -> str:
    """`size`: "1024x1536"; whatever else is square."""
    sides = [int(side) for side in size.split("x") if side.isdigit()]
    width, height = sides if len(sides) == 2 else (DEFAULT_SIDE, DEFAULT_SIDE)
    return b64encode(_png(_side(width), _side(height), bytes([r() % 256 for _ in range(3)]))).decode()


def _side(pixels: int) -> int:
    return min(max(pixels, 1), MAX_SIDE)


def _png(width: int, height: int, colour: bytes) -> bytes:
    header = pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    rows = zlib.compress(bytes(1 + (width + 7) // 8) * height, 1)
    chunks = ((b"IHDR", header), (b"PLTE", colour), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join([_chunk(name, data) for name, data in chunks])


def _chunk(name: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))
