"""Whether a model accepts a document, without an instance of it: most requests name few of many fields."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import SchemaValidator

_DROPPED = {"metadata", "serialization"}


@cache
def accepting(model: type[BaseModel]) -> SchemaValidator:
    """`isinstance_python(document)` of it is true of documents that the model accepts, in a third of the time.

    What is wrong with others the model itself tells."""
    model.model_rebuild()
    return SchemaValidator(_without_instances(model.__pydantic_core_schema__))


def _without_instances(schema: Any) -> Any:
    """The core schema with dictionaries for models, in which fields that have a default may be missing."""
    if isinstance(schema, list | tuple):
        return type(schema)(map(_without_instances, schema))
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") != "model" or schema["schema"]["type"] != "model-fields":
        return {name: _without_instances(value) for name, value in schema.items() if name not in _DROPPED}
    fields = {name: _field(field) for name, field in schema["schema"]["fields"].items()}
    kept = {name: schema[name] for name in ("config", "ref") if name in schema}
    return {"type": "typed-dict", "fields": fields, **kept}


def _field(field: dict[str, Any]) -> dict[str, Any]:
    given = field["schema"]
    is_optional = given["type"] == "default"
    alias = {"validation_alias": field["validation_alias"]} if "validation_alias" in field else {}
    schema = _without_instances(given["schema"] if is_optional else given)
    return {"type": "typed-dict-field", "schema": schema, "required": not is_optional, **alias}
