"""Discriminators: the mapping from tag values to variants, or none at all where the variants cannot be told apart.

Without `mapping` OpenAPI reads a tag as the schema's name, but upstream means the constant in the variant.
"""

from fakeai_generator.schemas import Json, resolve, schemas

Tags = frozenset[str]


def complete_discriminators(doc: Json) -> int:
    return sum(_complete(doc, schema) for _, schema in list(schemas(doc)) if "discriminator" in schema)


def _complete(doc: Json, schema: Json) -> bool:
    before = schema["discriminator"]
    mapping = mapping_of(doc, schema)
    if mapping is None:
        del schema["discriminator"]
        return True
    schema["discriminator"] = {"propertyName": before["propertyName"], "mapping": mapping}
    return bool(before != schema["discriminator"])


def mapping_of(doc: Json, schema: Json) -> dict[str, str] | None:
    """Tag value → reference of its variant; None if a variant is inline, untagged, or shares a tag with another."""
    name = schema["discriminator"]["propertyName"]
    mapping: dict[str, str] = {}
    for variant in schema.get("oneOf") or schema.get("anyOf") or [{}]:
        tags = tags_of(doc, variant, name)
        if "$ref" not in variant or not tags or tags & mapping.keys():
            return None
        mapping.update(dict.fromkeys(sorted(tags), variant["$ref"]))
    return mapping


def tags_of(doc: Json, schema: Json, name: str) -> Tags | None:
    """The values that property `name` may have, if every value of the schema must carry it; else None."""
    found, required = _declared(doc, schema, name)
    return found if required else None


def _declared(doc: Json, schema: Json, name: str) -> tuple[Tags | None, bool]:
    if "$ref" in schema:
        return _declared(doc, resolve(doc, schema["$ref"]), name)
    if union := schema.get("oneOf") or schema.get("anyOf"):
        parts = [tags_of(doc, variant, name) for variant in union]
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
