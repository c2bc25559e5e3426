"""What audio and file parts of a prompt cost in tokens: estimates, since their content is not understood."""

import re
from binascii import a2b_base64
from collections.abc import Mapping
from math import ceil
from typing import Any

from fakeai.core.errors import ApiError

AUDIO_TOKENS_PER_S = 10
"""Source: one token per 100 ms of input audio, as gpt-4o-audio models report."""
BYTES_PER_S = {"wav": 48_000, "mp3": 16_000}
"""24 kHz mono 16-bit PCM, and 128 kbit/s: used where the header does not tell."""
BYTES_PER_TOKEN = 4
"""Of a file's text; English averages a little more."""
PDF = "application/pdf"
PAGED_BYTES = 4_000_000
"""Of larger documents the pages are not counted."""
_HEADER_CHARS = 4096
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(;[^,;]+)*;base64,", re.IGNORECASE)
_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")


def audio_tokens(audio: Mapping[str, str], param: str) -> int:
    """`audio` is a part's {data: base64, format}. Raises ApiError 400 for data that is not base64 of that format."""
    try:
        header = a2b_base64(audio["data"][:_HEADER_CHARS], strict_mode=True)
    except ValueError:
        raise ApiError(400, "The audio data is not valid base64.", code="invalid_value", param=param) from None
    if not _is_audio(header, audio["format"]):
        message = "The audio file could not be decoded or its format is not supported."
        raise ApiError(400, message, code="invalid_value", param=param)
    return ceil(audio_seconds(audio) * AUDIO_TOKENS_PER_S)


def _is_audio(header: bytes, form: str) -> bool:
    if form == "wav":
        return header[:4] == b"RIFF" and header[8:12] == b"WAVE"
    return header[:3] == b"ID3" or (header[:1] == b"\xff" and header[1:2] >= b"\xe0")


def audio_seconds(audio: Mapping[str, str]) -> float:
    header = a2b_base64(audio["data"][:_HEADER_CHARS])
    rate = _wav_bytes_per_s(header) or BYTES_PER_S[audio["format"]]
    return _decoded_bytes(audio["data"]) / rate


def _wav_bytes_per_s(header: bytes) -> int:
    """Byte rate from the "fmt " chunk of a RIFF file, 0 if there is none."""
    at = header.find(b"fmt ")
    if header[:4] != b"RIFF" or at < 0:
        return 0
    return int.from_bytes(header[at + 16 : at + 20], "little")


def file_tokens(file: Mapping[str, str], param: str) -> int:
    """`file` is a part's {file_data: base64 or a data URL of it} by size; a {file_id} alone counts nothing.

    Raises ApiError 400 for data that is neither, and for a PDF that is none."""
    given = file.get("file_data") or ""
    kind, data = _split(given)
    try:
        header = a2b_base64(data[:_HEADER_CHARS], strict_mode=True)
    except ValueError:
        raise _bad_file(param, "an invalid base64-encoded value") from None
    if kind == PDF and not header.startswith(b"%PDF-"):
        raise _bad_file(param, "data that is not a PDF document")
    return size_tokens(_decoded_bytes(data))


def size_tokens(size_bytes: int) -> int:
    return ceil(size_bytes / BYTES_PER_TOKEN)


def pdf_pages(file: Mapping[str, Any]) -> int:
    """Of the document in `file_data`; 0 if that cannot be told."""
    kind, data = _split(file.get("file_data") or "")
    if kind != PDF or _decoded_bytes(data) > PAGED_BYTES:
        return 0
    try:
        return len(_PAGE.findall(a2b_base64(data)))
    except ValueError:
        return 0


def _split(given: str) -> tuple[str, str]:
    """Media type, if it is a data URL, and base64."""
    header = _DATA_URL.match(given, 0, 512)
    return ((header[1] or "").lower(), given[header.end() :]) if header else ("", given)


def _bad_file(param: str, what: str) -> ApiError:
    message = (
        f"Invalid file data: '{param}'. Expected a base64-encoded data URL with an application/pdf MIME type "
        f"(e.g. 'data:application/pdf;base64,SGVsbG8sIFdvcmxkIQ=='), but got {what}."
    )
    return ApiError(400, message, code="invalid_value", param=param)


def _decoded_bytes(data: str) -> int:
    return len(data) * 3 // 4 - data[-2:].count("=")
