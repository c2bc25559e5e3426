"""Image sizes are read from real files' headers, and counts are those OpenAI documents."""

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.image_headers import image_size
from fakeai.content.images import REMOTE_SIZE, image_tokens, url_size
from fakeai.core.errors import ApiError
from fakeai.core.specs import ImageTokens

GPT_4O = ImageTokens(kind="tile", base=85, per_tile=170)
GPT_41_MINI = ImageTokens(kind="patch", multiplier=1.62)


def png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def jpeg(width: int, height: int, profile_bytes: int = 0, sof: int = 0xC0) -> bytes:
    data = b"\xff\xd8" + b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    while profile_bytes > 0:
        length = min(profile_bytes, 65_000)
        data += b"\xff\xff\xe2" + struct.pack(">H", length + 2) + bytes(length)
        profile_bytes -= length
    data += b"\xff\xc4" + struct.pack(">H", 4) + b"\0\0"
    return data + bytes([0xFF, sof]) + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(3)


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


def webp_lossy(width: int, height: int) -> bytes:
    return webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height))


def webp_lossless(width: int, height: int) -> bytes:
    return webp(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14))


def webp_extended(width: int, height: int) -> bytes:
    return webp(b"VP8X", bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"))


def data_url(data: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("write", [png, jpeg, gif, webp_lossy, webp_lossless, webp_extended])
@pytest.mark.parametrize("size", [(1, 1), (640, 480), (16_383, 7)])
def test_size_from_header(write: object, size: tuple[int, int]) -> None:
    assert image_size(write(*size)) == size  # type: ignore[operator]


def test_jpeg_size_behind_long_profiles_and_in_progressive_frames() -> None:
    assert url_size(data_url(jpeg(31, 17, profile_bytes=200_000)), "p") == (31, 17)
    assert image_size(jpeg(31, 17, sof=0xC2)) == (31, 17)


@given(st.sampled_from([png, jpeg, gif, webp_lossy, webp_lossless, webp_extended]), st.data())
def test_cut_or_broken_headers_never_raise(write: object, data: st.DataObject) -> None:
    image = bytearray(write(64, 32))  # type: ignore[operator]
    image[data.draw(st.integers(2, len(image) - 1))] = data.draw(st.integers(0, 255))
    size = image_size(bytes(image[: data.draw(st.integers(0, len(image)))]))
    assert size is None or min(size) > 0


@pytest.mark.parametrize("data", [png(0, 5), b"", b"BM" + bytes(60), b"RIFF1234WAVEfmt ", jpeg(9, 9)[:30]])
def test_no_size(data: bytes) -> None:
    assert image_size(data) is None


@pytest.mark.parametrize(
    ("size", "detail", "tokens"),
    [
        ((1024, 1024), "high", 765),
        ((2048, 4096), "high", 1105),
        ((4096, 8192), "low", 85),
        ((1024, 1024), "auto", 765),
        ((512, 512), "high", 255),
        ((1, 1), None, 255),
        ((768, 1537), "high", 85 + 170 * 8),
    ],
)
def test_tile_tokens(size: tuple[int, int], detail: str | None, tokens: int) -> None:
    assert image_tokens(data_url(png(*size)), detail, GPT_4O, "p") == tokens


@pytest.mark.parametrize(
    ("size", "patches"),
    [((1024, 1024), 1024), ((1800, 2400), 1452), ((33, 32), 2), ((100_000, 10), 1536), ((1248, 1248), 1521)],
)
def test_patch_tokens(size: tuple[int, int], patches: int) -> None:
    tokens = image_tokens(data_url(png(*size)), "low", GPT_41_MINI, "p")
    assert tokens == round(patches * 1.62)


@given(st.integers(1, 70_000), st.integers(1, 70_000))
def test_patches_stay_within_the_limit(width: int, height: int) -> None:
    tokens = image_tokens(data_url(png(width, height)), None, ImageTokens(kind="patch"), "p")
    assert 1 <= tokens <= 1536


def test_remote_images_count_as_the_default_size() -> None:
    remote = image_tokens("https://example.com/cat.jpg", "high", GPT_4O, "p")
    assert remote == image_tokens(data_url(png(*REMOTE_SIZE)), "high", GPT_4O, "p")
    assert image_tokens("HTTP://example.com/cat", "low", None, "p") == 85


def test_base64_may_be_folded_and_the_type_may_be_wrong() -> None:
    folded = base64.encodebytes(jpeg(20, 30, profile_bytes=90_000)).decode()
    assert url_size("data:image/png;charset=x;base64," + folded, "p") == (20, 30)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("cat.png", "invalid_image_url"),
        ("", "invalid_image_url"),
        ("file:///etc/passwd", "invalid_image_url"),
        ("data:image/png,abc", "invalid_image_url"),
        ("data:;" + "a=" * 100_000, "invalid_image_url"),
        ("data:image/png;base64,", "invalid_image_format"),
        ("data:image/png;base64,äöüß", "invalid_base64_image"),
        ("data:image/png;base64,iVBO%%%%", "invalid_base64_image"),
        (data_url(png(9, 9), "text/plain"), "invalid_image_format"),
        ("data:image/png;base64,A", "invalid_image_format"),
        (data_url(b"BM" + bytes(60), "image/bmp"), "invalid_image_format"),
        (data_url(png(0, 0)), "image_parse_error"),
        (data_url(jpeg(9, 9)[:30]), "image_parse_error"),
    ],
)
def test_bad_urls_are_client_errors(url: str, code: str) -> None:
    with pytest.raises(ApiError) as error:
        url_size(url, "messages.[0].content.[1].image_url.url")
    assert (error.value.status, error.value.code) == (400, code)
    assert error.value.param == "messages.[0].content.[1].image_url.url"
