"""An invented next version of the contract: what upstream's changes have looked like, all at once."""

from copy import deepcopy
from typing import Any

Document = dict[str, Any]
JSON = "application/json"


def changed(facts: Document) -> Document:
    document = deepcopy(facts)
    document["components"]["schemas"] |= _schemas()
    document["paths"] |= _paths()
    document["paths"]["/batches"]["get"]["operationId"] = "listBatchesOfAll"
    del document["paths"]["/videos/characters"]
    return document


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: list[str], **properties: Document) -> Document:
    return {"type": "object", "properties": properties, "required": required}


def _schemas() -> Document:
    """A union with a discriminator but no mapping, as upstream writes them, and a schema that holds itself."""
    text: Document = {"type": "string"}
    disc = _object(
        ["type", "radius"], type={"type": "string", "enum": ["disc"]}, radius={"type": "number", "minimum": 0}
    )
    bar = _object(
        ["type", "length"], type={"type": "string", "enum": ["bar"]}, length={"type": "integer", "minimum": 1}
    )
    shape = {"oneOf": [_ref("GadgetDisc"), _ref("GadgetBar")], "discriminator": {"propertyName": "type"}}
    asked = {
        "name": {"type": "string", "minLength": 1, "maxLength": 20},
        "shape": _ref("GadgetShape"),
        "parts": {"type": "array", "items": _ref("GadgetPart")},
        "metadata": {"type": "object", "additionalProperties": text, "nullable": True},
    }
    kept = {"id": text, "object": {"type": "string", "enum": ["gadget"]}, "created_at": {"type": "integer"}, **asked}
    ends = {"first_id": text, "last_id": text, "has_more": {"type": "boolean"}}
    return {
        "GadgetDisc": disc,
        "GadgetBar": bar,
        "GadgetShape": shape,
        "GadgetPart": _object(["name"], name=text, parts={"type": "array", "items": _ref("GadgetPart")}),
        "CreateGadgetRequest": _object(["name", "shape"], **asked),
        "UpdateGadgetRequest": _object([], **asked),
        "Gadget": _object(["id", "object", "created_at", "name", "shape", "parts", "metadata"], **kept),
        "GadgetList": _object(
            ["object", "data", "has_more"],
            object={"type": "string", "enum": ["list"]},
            data={"type": "array", "items": _ref("Gadget")},
            **ends,
        ),
        "GadgetPicture": _object(["caption", "bytes"], caption=text, bytes={"type": "integer"}),
        "GadgetDeleted": _object(
            ["id", "object", "deleted"], id=text, object={"type": "string"}, deleted={"type": "boolean"}
        ),
    }


def _paths() -> Document:
    listed = [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20}},
        {"name": "after", "in": "query", "schema": {"type": "string"}},
    ]
    picture = _object(["file", "caption"], file={"type": "string", "format": "binary"}, caption={"type": "string"})
    return {
        "/gadgets": {
            "get": _operation("listGadgets", "GadgetList", parameters=listed),
            "post": _operation("createGadget", "Gadget", body={JSON: _ref("CreateGadgetRequest")}),
        },
        "/gadgets/{gadget_id}": {
            "get": _operation("retrieveGadget", "Gadget", parameters=[_ID]),
            "post": _operation("updateGadget", "Gadget", parameters=[_ID], body={JSON: _ref("UpdateGadgetRequest")}),
            "delete": _operation("deleteGadget", "GadgetDeleted", parameters=[_ID]),
        },
        "/gadget_pictures": {
            "post": _operation("createGadgetPicture", "GadgetPicture", body={"multipart/form-data": picture}),
        },
    }


_ID: Document = {"name": "gadget_id", "in": "path", "required": True, "schema": {"type": "string"}}


def _operation(
    id: str, answer: str, parameters: list[Document] | None = None, body: Document | None = None
) -> Document:
    responses = {"200": {"description": "", "content": {JSON: {"schema": _ref(answer)}}}}
    operation: Document = {"operationId": id, "tags": ["Gadgets"], "responses": responses}
    if parameters:
        operation["parameters"] = deepcopy(parameters)
    if body:
        operation["requestBody"] = {
            "required": True,
            "content": {media_type: {"schema": schema} for media_type, schema in body.items()},
        }
    return operation
