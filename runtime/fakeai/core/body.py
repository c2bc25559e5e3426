"""Request bytes → validated document, by media type."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from fakeai.core.call import Upload
from fakeai.core.checks import accepting
from fakeai.core.errors import ApiError
from fakeai.core.form import Form, files_of_text, parse_multipart, parse_urlencoded
from fakeai.core.invalid import invalid, unknown_parameter
from fakeai.core.json_text import parse_json
from fakeai.core.lax import arrange, convert
from fakeai.core.operation import Document, Operation
from fakeai.core.shapes import known_names

JSON = "application/json"
MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
RAW = "body"
"""Name of the upload that holds a body of another media type."""

LONG_BYTES = 100_000
"""Longer bodies may have very many faults."""
FEW_ELEMENTS = 16

Classes = Callable[[str, str], type[BaseModel]]
"""(group, class name) → the class, imported when first asked for."""
Unknown = Literal["error", "ignore"]
"""What is done about names that the request model does not have."""


@dataclass(slots=True)
class Body:
    document: Document = field(default_factory=dict)
    uploads: dict[str, list[Upload]] = field(default_factory=dict)


def read_body(
    operation: Operation, content_type: str | None, raw: bytes, classes: Classes, unknown: Unknown = "error"
) -> Body:
    """Raises ApiError 400. Bodies that the operation has no use for are ignored."""
    if not operation.body:
        return Body()
    if not raw and not operation.body_required:
        return Body()
    media_type = content_type if content_type == JSON else _media_type(content_type)
    name = dict(operation.body).get(media_type)
    if name is None:
        raise _unsupported(operation, content_type or "")
    if media_type == JSON:
        return _read_json(operation, classes(operation.group, name), raw, unknown)
    if media_type == MULTIPART:
        return _read_form(operation, classes(operation.group, name), parse_multipart(content_type or "", raw), unknown)
    if media_type == URLENCODED:
        return _read_form(operation, classes(operation.group, name), parse_urlencoded(raw), unknown)
    return Body(uploads={RAW: [Upload("", media_type, raw)]})


def _read_json(operation: Operation, model: type[BaseModel], raw: bytes, unknown: Unknown) -> Body:
    document = _known(model, parse_json(raw), operation.group, unknown)
    if len(raw) > LONG_BYTES:
        document = _up_to_fault(model, document)
    if not accepting(model).isinstance_python(document):
        try:
            model.model_validate(document)
        except ValidationError as error:
            raise invalid(error, document, operation.group) from None
    return Body(document)


def _up_to_fault(model: type[BaseModel], document: Any) -> Any:
    """The document, or if it is invalid a copy whose lists end with the first fault: to tell of each takes minutes."""
    is_valid = accepting(model).isinstance_python
    size = FEW_ELEMENTS
    while (part := _cut(document, size)) != document and is_valid(part):
        size *= 2
    if part == document and is_valid(part):
        return document
    sizes = range(size // 2, size)
    return _cut(document, sizes.start + bisect_left(sizes, True, key=lambda few: not is_valid(_cut(document, few))))


def _cut(value: Any, size: int) -> Any:
    """A copy with the first elements of each list."""
    if isinstance(value, dict):
        return {name: _cut(member, size) for name, member in value.items()}
    return [_cut(element, size) for element in value[:size]] if isinstance(value, list) else value


def _read_form(operation: Operation, model: type[BaseModel], form: Form, unknown: Unknown) -> Body:
    form.values = _known(model, form.values, operation.group, unknown)
    files_of_text(form, model)
    _, document = convert(model, arrange(model, form.values, lambda value: [value]), operation.group)
    uploads = {name: files for name, files in form.uploads.items() if name in form.values}
    for name in uploads:
        document.pop(name, None)
    return Body(document, uploads)


def _known(model: type[BaseModel], document: Any, group: str, unknown: Unknown) -> Any:
    """The document without names that the model does not have, or ApiError for the first of them."""
    known = known_names(model)
    if known is None or not isinstance(document, dict) or document.keys() <= known:
        return document
    if unknown == "error":
        raise unknown_parameter(next(name for name in document if name not in known), group)
    return {name: value for name, value in document.items() if name in known}


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _unsupported(operation: Operation, content_type: str) -> ApiError:
    accepted = " or ".join(f"'{media_type}'" for media_type, _ in operation.body)
    sent = f"you specified the header 'Content-Type: {content_type}'" if content_type else "there is no such header"
    message = (
        f"Unsupported content type: '{_media_type(content_type)}'. This API method only accepts {accepted} requests, "
        f"but {sent}. Please try again with a supported content type."
    )
    return ApiError(400, message, code="unsupported_content_type")
