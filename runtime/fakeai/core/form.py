"""multipart/form-data and urlencoded bodies: fields and files, nested by their names."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from fakeai.core.brackets import nest, split_name
from fakeai.core.call import Upload
from fakeai.core.errors import ApiError
from fakeai.core.json_text import parse_json
from fakeai.core.shapes import shapes

MAX_FIELDS = 10_000

_FILE_TYPES = ("application/octet-stream", "audio/", "image/", "video/")


@dataclass(slots=True)
class Part:
    headers: dict[str, str] = field(default_factory=dict)
    chunks: list[bytes] = field(default_factory=list)
    name: str = ""
    filename: str | None = None
    media_type: str = ""

    @property
    def data(self) -> bytes:
        return b"".join(self.chunks)


@dataclass(slots=True)
class Form:
    values: dict[str, Any]
    """Nested by names; scalars are text, files are Uploads."""
    uploads: dict[str, list[Upload]]
    """The files by their name's first part: image and image[] are both under "image"."""


def parse_urlencoded(raw: bytes) -> Form:
    try:
        pairs = parse_qsl(raw.decode(errors="replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise _bad(f"more than {MAX_FIELDS} fields") from None
    return Form(nest(pairs), {})


def parse_multipart(content_type: str, raw: bytes) -> Form:
    """Raises ApiError 400 for a body that is broken or not complete."""
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise _bad("the Content-Type header has no boundary")
    parser = _Parts(boundary)
    parser.read(raw)
    pairs = [(part.name, _value(part)) for part in parser.parts]
    uploads: dict[str, list[Upload]] = {}
    for name, value in pairs:
        if isinstance(value, Upload):
            uploads.setdefault(split_name(name)[0], []).append(value)
    return Form(nest(pairs), uploads)


def without_boundary(content_type: str, raw: bytes) -> bytes:
    """A body without what clients draw at random for each request."""
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    return raw.replace(boundary, b"") if boundary else raw


def files_of_text(form: Form, model: type[BaseModel]) -> None:
    """Turns text fields into uploads where the model has a file: a part need not have a file name."""
    for name, kinds in shapes(model).items():
        value = form.values.get(name)
        if "file" in kinds and isinstance(value, str):
            form.values[name] = Upload("", "text/plain", value.encode())
            form.uploads[name] = [form.values[name]]


class _Parts:
    """Collects what the streaming parser reports."""

    def __init__(self, boundary: bytes) -> None:
        self.parts: list[Part] = []
        self._boundary = boundary
        self._header = self._header_value = b""
        self._is_complete = False

    def read(self, raw: bytes) -> None:
        callbacks = {name: getattr(self, name) for name in dir(self) if name.startswith("on_")}
        try:
            MultipartParser(self._boundary, callbacks).write(raw)  # type: ignore[arg-type]
        except FormParserError as error:
            raise _bad(str(error)) from None
        if not self._is_complete:
            raise _bad("it ends before its last boundary")

    def on_part_begin(self) -> None:
        if len(self.parts) >= MAX_FIELDS:
            raise _bad(f"more than {MAX_FIELDS} fields")
        self.parts.append(Part())

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def on_header_end(self) -> None:
        name = self._header.decode("latin-1").lower()
        self.parts[-1].headers[name] = self._header_value.decode("latin-1")
        self._header = self._header_value = b""

    def on_headers_finished(self) -> None:
        part = self.parts[-1]
        options = parse_options_header(part.headers.get("content-disposition"))[1]
        if b"name" not in options:
            raise _bad("a part has no name")
        part.name = _text(options[b"name"])
        part.filename = _text(options[b"filename"]) if b"filename" in options else None
        part.media_type = part.headers.get("content-type", "").partition(";")[0].strip().lower()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].chunks.append(data[start:end])

    def on_end(self) -> None:
        self._is_complete = True


def _value(part: Part) -> Any:
    """The text, the value of a JSON part, or the Upload: a file need not have a name, but text is UTF-8."""
    if part.filename is None and part.media_type == "application/json":
        return parse_json(part.data)
    if part.filename is not None or part.media_type.startswith(_FILE_TYPES):
        return Upload(part.filename or "", part.media_type or "application/octet-stream", part.data)
    try:
        return part.data.decode()
    except UnicodeDecodeError:
        return Upload("", "application/octet-stream", part.data)


def _text(option: bytes) -> str:
    return option.decode(errors="replace")


def _bad(why: str) -> ApiError:
    return ApiError(400, f"We could not parse the form of your request: {why}.")
