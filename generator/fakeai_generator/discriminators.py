"""Discriminators: the mapping from tag values to variants, or none at all where the variants cannot be told apart.

Without `mapping` OpenAPI reads a tag as the schema's name, but upstream means the constant in the variant.
"""

from collections.abc import Sequence

from fakeai_generator.schemas import Json, resolve, schemas

Tags = frozenset[str]


def complete_discriminators(doc: Json) -> int:
    return sum(_complete(doc, schema) for _, schema in list(schemas(doc)) if "discriminator" in schema)


def infer_discriminators(doc: Json) -> int:
    """Adds what upstream left out, so that a wrong value is refused for one variant and not for all of them."""
    return sum(_infer(doc, schema) for _, schema in list(schemas(doc)) if "discriminator" not in schema)


def _infer(doc: Json, schema: Json) -> bool:
    variants = schema.get("oneOf") or schema.get("anyOf", ())
    if len(variants) < 2:
        return False
    for name in _tag_names(doc, variants[0]):
        if mapping := _mapping(doc, variants, name):
            schema["discriminator"] = {"propertyName": name, "mapping": mapping}
            return True
    return False


def _tag_names(doc: Json, schema: Json) -> list[str]:
    """Properties that a variant must have, in its order; of a union, those of its first variant."""
    if "$ref" in schema:
        return _tag_names(doc, resolve(doc, schema["$ref"]))
    parts = [*schema.get("allOf", ()), *(schema.get("oneOf") or schema.get("anyOf", ()))[:1]]
    return [*schema.get("required", ()), *(name for part in parts for name in _tag_names(doc, part))]


def _complete(doc: Json, schema: Json) -> bool:
    before = schema["discriminator"]
    mapping = _mapping(doc, schema.get("oneOf") or schema.get("anyOf", ()), before["propertyName"])
    if not mapping:
        del schema["discriminator"]
        return True
    schema["discriminator"] = {"propertyName": before["propertyName"], "mapping": mapping}
    return bool(before != schema["discriminator"])


def _mapping(doc: Json, variants: Sequence[Json], name: str) -> dict[str, str]:
    """Tag value → reference of its variant; empty if a variant is inline, untagged, or shares a tag with another."""
    mapping: dict[str, str] = {}
    for variant in variants:
        tags = _tags(doc, variant, name)
        if "$ref" not in variant or not tags or tags & mapping.keys():
            return {}
        mapping |= dict.fromkeys(sorted(tags), str(variant["$ref"]))
    return mapping


def _tags(doc: Json, schema: Json, name: str) -> Tags | None:
    """The values that property `name` may have, if every value of the schema must carry it; else None."""
    found, required = _declared(doc, schema, name)
    return found if required else None


def _declared(doc: Json, schema: Json, name: str) -> tuple[Tags | None, bool]:
    if "$ref" in schema:
        return _declared(doc, resolve(doc, schema["$ref"]), name)
    if union := schema.get("oneOf") or schema.get("anyOf"):
        parts = [_tags(doc, variant, name) for variant in union]
        return (frozenset().union(*(part or () for part in parts)), True) if all(parts) else (None, False)
    found = _constants(doc, schema.get("properties", {}).get(name, {}))
    required = name in schema.get("required", ())
    for member in schema.get("allOf", ()):
        inner, inner_required = _declared(doc, member, name)
        found = inner if found is None else found if inner is None else found & inner
        required = required or inner_required
    return found, required


def _constants(doc: Json, schema: Json) -> Tags | None:
    if "$ref" in schema:
        return _constants(doc, resolve(doc, schema["$ref"]))
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    return frozenset(values) if values and all(isinstance(value, str) for value in values) else None
