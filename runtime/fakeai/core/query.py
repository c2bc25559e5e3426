"""The query string: text → nested text → the values of the operation's query model."""

from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel

from fakeai.core.brackets import nest
from fakeai.core.errors import ApiError
from fakeai.core.lax import arrange, convert
from fakeai.core.operation import Document, Operation
from fakeai.core.shapes import shapes

MAX_PARAMETERS = 1000
DEFAULTED = ("limit", "order")
"""Parameters whose contract default is filled in; of the others absence means something."""


def parse_query(raw: bytes) -> dict[str, Any]:
    """{"include": ["a", "b"], "metadata": {"k": "v"}} of include[]=a&include[]=b&metadata[k]=v."""
    if not raw:
        return {}
    try:
        pairs = parse_qsl(raw.decode(errors="replace"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise ApiError(400, f"The query has more than {MAX_PARAMETERS} parameters.") from None
    return nest(pairs)


def validate_query(operation: Operation, model: type[BaseModel] | None, parsed: dict[str, Any]) -> Document:
    """The parameters that were given, and the defaults of DEFAULTED. Parameters the model does not have are ignored.

    Names have no []: the contract's include[] is include."""
    if model is None:
        return {}
    values = {name: parsed[plain] for name in shapes(model) if (plain := name.removesuffix("[]")) in parsed}
    instance, document = convert(model, arrange(model, values, _split), operation.group)
    given = {name.removesuffix("[]"): value for name, value in document.items()}
    for name in DEFAULTED:
        default = getattr(instance, name, None)
        if default is not None:
            given.setdefault(name, default)
    return given


def _split(value: Any) -> list[Any]:
    return value.split(",") if isinstance(value, str) else [value]
