"""What an input image costs in tokens. Remote images are never fetched: they count as REMOTE_SIZE."""

import re
from binascii import a2b_base64
from math import ceil, floor, sqrt

from fakeai.content.image_headers import Size, image_format, image_size
from fakeai.core.errors import ApiError
from fakeai.core.specs import ImageTokens

REMOTE_SIZE: Size = (1024, 1024)
DEFAULT_RULE = ImageTokens(kind="tile", base=85, per_tile=170)
"""GPT-4o's, for models whose row names none."""

_HEADER_CHARS = 65_536
_PREFIX_CHARS = 512
_SIGNATURE_CHARS = 32
_REMOTE = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(;[^,;]+=[^,;]*)*;base64,", re.IGNORECASE)


def image_tokens(url: str, detail: str | None, rule: ImageTokens | None, param: str) -> int:
    """`detail` is low, high, auto or original; `param` names the URL's place in the ApiError 400 for a bad one."""
    size = url_size(url, param)
    rule = rule or DEFAULT_RULE
    return _tile_tokens(size, detail, rule) if rule.kind == "tile" else _patch_tokens(size, rule)


def url_size(url: str, param: str) -> Size:
    """Size of the image in a data URL; REMOTE_SIZE for http and https. Raises ApiError 400 for what is neither."""
    if is_remote(url):
        return REMOTE_SIZE
    header = _DATA_URL.match(url, 0, _PREFIX_CHARS)
    if header is None:
        message = "Invalid image URL. Expected an http(s) URL or a base64-encoded data URL with an image MIME type."
        raise ApiError(400, message, code="invalid_image_url", param=param)
    if not (header[1] or "image/").lower().startswith("image/"):
        message = "Invalid MIME type. Only image types are supported."
        raise ApiError(400, message, code="invalid_image_format", param=param)
    try:
        return _data_size(url, header.end(), param)
    except ValueError:  # binascii.Error is one
        raise ApiError(400, "Invalid base64 image_url.", code="invalid_base64_image", param=param) from None


def is_remote(url: str) -> bool:
    return _REMOTE.match(url) is not None


def url_format(url: str) -> str | None:
    """Of a data URL that url_size() takes."""
    start = url.index(",") + 1
    return image_format(_decode(url[start : start + _SIGNATURE_CHARS]))


def _data_size(url: str, start: int, param: str) -> Size:
    """Decodes the beginning only; all of it if the size is not there, as in a JPEG with a long colour profile."""
    data = _decode(url[start : start + _HEADER_CHARS])
    size = image_size(data)
    if size is None and len(url) > start + _HEADER_CHARS:
        size = image_size(_decode(url[start:]))
    if size is None:
        is_known = image_format(data) is not None
        wish = "is valid" if is_known else "has of one the following formats: ['png', 'jpeg', 'gif', 'webp']"
        message = f"You uploaded an unsupported image. Please make sure your image {wish}."
        raise ApiError(400, message, code="image_parse_error" if is_known else "invalid_image_format", param=param)
    return size


def _decode(base64: str) -> bytes:
    """Whole groups of 4 characters, line breaks allowed. Raises ValueError if it is not base64."""
    packed = "".join(base64.split())
    return a2b_base64(packed[: len(packed) // 4 * 4], strict_mode=True)


def _tile_tokens(size: Size, detail: str | None, rule: ImageTokens) -> int:
    """Fit in 2048 x 2048, shorter side to 768 at most, then tiles of 512 pixels. Source: OpenAI's vision guide."""
    if detail == "low":
        return rule.base
    scale = min(1.0, 2048 / max(size), 768 / min(size))
    across, down = (_whole_up(side * scale / 512) for side in size)
    return rule.base + rule.per_tile * across * down


def _patch_tokens(size: Size, rule: ImageTokens) -> int:
    """Patches of 32 pixels; larger images shrink to whole patches within the limit. Source: OpenAI's vision guide."""
    across, down = (side / 32 for side in size)
    if ceil(across) * ceil(down) > rule.max_patches:
        shrink = sqrt(rule.max_patches / (across * down))
        across, down = across * shrink, down * shrink
        to_whole = min(max(1, floor(side)) / side for side in (across, down))
        across, down = across * to_whole, down * to_whole
    patches = min(rule.max_patches, _whole_up(across) * _whole_up(down))
    return round(patches * rule.multiplier)


def _whole_up(value: float) -> int:
    """Rounds up, but takes what floating point left above a whole number as that number."""
    return max(1, ceil(round(value, 6)))
