"""What can be told of images, recordings and files without understanding them: their formats, sizes and names."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fakeai.content.attachments import audio_seconds, pdf_pages
from fakeai.content.images import is_remote, url_format, url_size

STORED_FILE = "stored_file"
"""Type of a part that stands for a file part with an id: {id, filename, bytes} are the stored file's."""
MOST_TOLD = 3
NAME_CHARS = 60

Part = Mapping[str, Any]


def described(content: Sequence[Part]) -> str:
    """Words for the first parts of a message that are no text, and how many more there are; "" if there are none."""
    parts = [part for part in content if part.get("type") in KINDS]
    told = [KINDS[part["type"]](part) for part in parts[:MOST_TOLD]]
    if len(parts) > MOST_TOLD:
        told.append(f"{len(parts) - MOST_TOLD} more")
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def _image(part: Part) -> str:
    url = part["image_url"]["url"]
    if is_remote(url):
        host = re.split(r"[/?#]", url)[2].rpartition("@")[2]
        return f"an image at {host[:NAME_CHARS]}"
    width, height = url_size(url, "")
    return f"a {url_format(url)} image of {width}×{height} pixels"


def _audio(part: Part) -> str:
    audio = part["input_audio"]
    article = "a WAV" if audio["format"] == "wav" else "an MP3"
    return f"{article} recording of {audio_seconds(audio):.1f} seconds"


def _file(part: Part) -> str:
    file = part["file"]
    pages = pdf_pages(file)
    length = f" of {pages} page{'s' if pages > 1 else ''}" if pages else ""
    return _named(file.get("filename"), length)


def _stored_file(part: Part) -> str:
    return _named(part["filename"], f" of {part['bytes']:,} bytes")


def _named(name: str | None, length: str) -> str:
    return f"the file {name[:NAME_CHARS]}{length}" if name else f"a file{length}"


KINDS: dict[str, Callable[[Part], str]] = {
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
    STORED_FILE: _stored_file,
}
