"""The parts of an OpenAPI document that carry contract facts, and how to walk them.

SHAPES is the allow-list of the whole generator: for each kind of object, its keys and the kind of their values.
A key that is absent here is either prose (PROSE, `x-…`) or something the generator does not understand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Pointer = tuple[str, ...]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PROSE = {"description", "summary", "title", "example", "examples", "externalDocs", "contact", "termsOfService"}
PROSE |= {"xml", "$comment", "links", "callbacks"}


class SpecError(Exception):
    """The spec or an overlay cannot be used as it is; the message names the place."""


@dataclass(frozen=True)
class Slot:
    """What a key holds: one object of `shape`, a list of them ("list"), or a map of names to them ("map")."""

    shape: str
    many: str = "one"


def pointer(at: Pointer) -> str:
    """RFC 6901 text form, as a URI fragment without percent-encoding."""
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in at)


def resolve(doc: Json, ref: str) -> Json:
    """The object a local reference points to. Raises SpecError if it leads nowhere."""
    node: Any = doc
    for part in ref.removeprefix("#/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            raise SpecError(f"reference {ref} leads nowhere")
        node = node[key]
    if not isinstance(node, dict):
        raise SpecError(f"reference {ref} does not lead to an object")
    return node


def dangling(doc: Json) -> list[str]:
    """One line for each distinct local reference that leads nowhere, with its first place."""
    first = {ref: pointer(at) for at, ref in reversed(list(_references(doc, ())))}
    return [f"{at}: refers to {ref}, which is not there" for ref, at in first.items() if not _leads(doc, ref)]


def _references(node: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        if key == "$ref" and isinstance(child, str) and child.startswith("#/"):
            yield at, child
        yield from _references(child, (*at, str(key)))


def _leads(doc: Json, ref: str) -> bool:
    try:
        resolve(doc, ref)
    except SpecError:
        return False
    return True


def places(value: Any, shape: str = "document", at: Pointer = ()) -> Iterator[tuple[Pointer, str, Json]]:
    """Every object of the document as (pointer, shape, object), children before their parents."""
    if not isinstance(value, dict):
        return
    for key, slot in SHAPES[shape].items():
        if slot is not None and key in value:
            yield from _children(value[key], slot, (*at, key))
    yield at, shape, value


def _children(value: Any, slot: Slot, at: Pointer) -> Iterator[tuple[Pointer, str, Json]]:
    if slot.many == "one":
        yield from places(value, slot.shape, at)
    elif slot.many == "map":
        for name in list(value):
            yield from places(value[name], slot.shape, (*at, name))
    else:
        for index, item in enumerate(value):
            yield from places(item, slot.shape, (*at, str(index)))


def schemas(doc: Json) -> Iterator[tuple[Pointer, Json]]:
    """Every schema object of the document, nested ones before those that hold them."""
    return ((at, value) for at, shape, value in places(doc) if shape == "schema")


def operations(doc: Json) -> Iterator[tuple[str, str, Json]]:
    """(path, method, operation) in document order; webhooks are not operations of ours."""
    for path, item in doc.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _facts(values: str, **slots: Slot) -> dict[str, Slot | None]:
    """`values` are the keys kept as they are; a slot is a key whose value has a shape of its own."""
    return {**dict.fromkeys(values.split()), **slots}


_SCHEMA = {
    **_facts("$ref type enum const format default deprecated nullable readOnly writeOnly required"),
    **_facts("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern"),
    **_facts("minItems maxItems uniqueItems minProperties maxProperties contentEncoding contentMediaType"),
    **_facts("$recursiveAnchor $recursiveRef min_items max_items optional", discriminator=Slot("discriminator")),
    **{key: Slot("schema") for key in ("items", "additionalProperties", "propertyNames", "not")},
    **{key: Slot("schema", "list") for key in ("allOf", "anyOf", "oneOf", "prefixItems")},
    **{key: Slot("schema", "map") for key in ("properties", "patternProperties")},
}

_DOCUMENT = _facts(
    "openapi jsonSchemaDialect security",
    info=Slot("info"),
    servers=Slot("server", "list"),
    tags=Slot("tag", "list"),
    paths=Slot("pathItem", "map"),
    webhooks=Slot("pathItem", "map"),
    components=Slot("components"),
)

_OPERATION = _facts(
    "operationId tags deprecated security",
    parameters=Slot("parameter", "list"),
    requestBody=Slot("body"),
    responses=Slot("response", "map"),
)

_COMPONENTS = _facts(
    "",
    schemas=Slot("schema", "map"),
    responses=Slot("response", "map"),
    parameters=Slot("parameter", "map"),
    requestBodies=Slot("body", "map"),
    headers=Slot("header", "map"),
    securitySchemes=Slot("securityScheme", "map"),
)

_VALUE = {"schema": Slot("schema"), "content": Slot("media", "map")}

SHAPES: dict[str, dict[str, Slot | None]] = {
    "document": _DOCUMENT,
    "info": _facts("title version", license=Slot("license")),
    "license": _facts("name url identifier"),
    "server": _facts("url variables"),
    "tag": _facts("name"),
    "pathItem": _facts("$ref", parameters=Slot("parameter", "list"), **dict.fromkeys(METHODS, Slot("operation"))),
    "operation": _OPERATION,
    "parameter": _facts("$ref name in required deprecated allowEmptyValue style explode allowReserved", **_VALUE),
    "body": _facts("$ref required", content=Slot("media", "map")),
    "media": _facts("", schema=Slot("schema"), encoding=Slot("encoding", "map")),
    "encoding": _facts("contentType style explode allowReserved", headers=Slot("header", "map")),
    "response": _facts("$ref", headers=Slot("header", "map"), content=Slot("media", "map")),
    "header": _facts("$ref required deprecated style explode", **_VALUE),
    "securityScheme": _facts("$ref type scheme bearerFormat name in flows openIdConnectUrl"),
    "components": _COMPONENTS,
    "discriminator": _facts("propertyName mapping"),
    "schema": _SCHEMA,
}
