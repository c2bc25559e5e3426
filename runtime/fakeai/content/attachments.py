"""What audio and file parts of a prompt cost in tokens: estimates, since their content is not understood."""

from binascii import a2b_base64
from collections.abc import Mapping
from math import ceil

from fakeai.core.errors import ApiError

AUDIO_TOKENS_PER_S = 10
"""Source: one token per 100 ms of input audio, as gpt-4o-audio models report."""
BYTES_PER_S = {"wav": 48_000, "mp3": 16_000}
"""24 kHz mono 16-bit PCM, and 128 kbit/s: used where the header does not tell."""
BYTES_PER_TOKEN = 4
"""Of a file's text; English averages a little more."""


def audio_tokens(audio: Mapping[str, str], param: str) -> int:
    """`audio` is a part's {data: base64, format}. Raises ApiError 400 for data that is not base64."""
    data = audio["data"]
    try:
        header = a2b_base64(data[:4096], strict_mode=True)
    except ValueError:
        raise ApiError(400, "The audio data is not valid base64.", code="invalid_value", param=param) from None
    size_bytes = _decoded_bytes(data)
    rate = _wav_bytes_per_s(header) or BYTES_PER_S.get(audio.get("format", ""), BYTES_PER_S["mp3"])
    return ceil(size_bytes / rate * AUDIO_TOKENS_PER_S)


def _wav_bytes_per_s(header: bytes) -> int:
    """Byte rate from the "fmt " chunk of a RIFF file, 0 if there is none."""
    at = header.find(b"fmt ")
    if header[:4] != b"RIFF" or at < 0:
        return 0
    return int.from_bytes(header[at + 16 : at + 20], "little")


def file_tokens(file: Mapping[str, str]) -> int:
    """`file` is a part's {file_data: base64 or data URL} by size; a {file_id} alone counts nothing."""
    data = file.get("file_data") or ""
    return ceil(_decoded_bytes(data.partition("base64,")[2] or data) / BYTES_PER_TOKEN)


def _decoded_bytes(data: str) -> int:
    return len(data) * 3 // 4 - data[-2:].count("=")
