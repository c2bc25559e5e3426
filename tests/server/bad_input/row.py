"""A malformed request and the error that it gets."""

from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    body: Body | bytes | None
    """Bytes are sent as they are."""
    code: str | None
    param: str | None
    says: str
    """Of the message, enough to name the culprit."""
    status: int = 400
    path: str = ""
    """Without it, the family's."""
    method: str = "POST"
    content_type: str = "application/json"
    type: str = "invalid_request_error"
