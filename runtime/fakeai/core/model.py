"""What the generated request and response models are made of."""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator, RootModel, WithJsonSchema
from pydantic_core import PydanticCustomError

from fakeai.core.call import Upload

T = TypeVar("T")

# Schemas are built on first use: a group has hundreds of models, and a process uses few of them.
_CONFIG = ConfigDict(strict=True, defer_build=True, allow_inf_nan=False, protected_namespaces=())


class ApiModel(BaseModel):
    """An object of the contract. Fields are None when they were left out; model_fields_set tells them from null."""

    model_config = _CONFIG


class ApiRoot(RootModel[Any]):
    """A body of the contract that is no object, or one of several."""

    model_config = _CONFIG


if TYPE_CHECKING:
    Omittable: TypeAlias = T | None
else:

    class Omittable:
        """A field that may be left out but not be null."""

        def __class_getitem__(cls, annotation: Any) -> Any:
            return annotation


def _file(value: Any) -> Any:
    if isinstance(value, (str, bytes, Upload)):
        return value
    raise PydanticCustomError("file_type", "Input should be a file")


File = Annotated[bytes, PlainValidator(_file), WithJsonSchema({"type": "string", "format": "binary"})]
"""Content of a file: an Upload from a form, bytes, or text."""
