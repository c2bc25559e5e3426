"""Rule-based repairs of constructs that OpenAPI 3.1 forbids, leaves unclear, or has a clearer word for.

Each rule edits the document in place and returns how often it applied; a second run finds nothing to do.
Repairs of one named place are not rules but overlay actions.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import jsonschema_rs

from fakeai_generator.discriminators import complete_discriminators, infer_discriminators
from fakeai_generator.schemas import Json, SpecError, operations, schemas

Rule = Callable[[Json], int]
SchemaRule = Callable[[Json], bool]

_NULL: Json = {"type": "null"}
_ANNOTATIONS = ("default", "deprecated", "readOnly", "writeOnly")
_TYPOS = {"min_items": "minItems", "max_items": "maxItems"}
_DOCUMENT_URI = "urn:document"


def normalise(doc: Json) -> tuple[Json, dict[str, int]]:
    """A repaired copy, and how often each rule applied."""
    out = deepcopy(doc)
    return out, {name: rule(out) for name, rule in RULES.items()}


def _each(rule: SchemaRule) -> Rule:
    return lambda doc: sum(rule(schema) for _, schema in list(schemas(doc)))


def _drop_query_paths(doc: Json) -> int:
    """OpenAPI cannot route by query: a path key with one is a second meaning of a path that exists without it."""
    keys = [path for path in doc.get("paths", {}) if "?" in path]
    for key in keys:
        del doc["paths"][key]
    return len(keys)


def _tag_operations(doc: Json) -> int:
    """The first path segment names the untagged."""
    untagged = [(path, op) for path, _, op in operations(doc) if not op.get("tags")]
    for path, op in untagged:
        op["tags"] = [path.strip("/").split("/")[0].replace("_", " ").replace("-", " ").capitalize()]
    return len(untagged)


def _declare_tags(doc: Json) -> int:
    declared = doc.setdefault("tags", [])
    names = {tag["name"] for tag in declared}
    used = dict.fromkeys(tag for _, _, op in operations(doc) for tag in op["tags"])
    missing = [{"name": name} for name in used if name not in names]
    declared.extend(missing)
    return len(missing)


def _fix_recursive_refs(doc: Json) -> int:
    """Draft 2019's `$recursiveRef: '#'` means the anchored component that encloses it."""
    count = 0
    for at, schema in list(schemas(doc)):
        count += schema.pop("$recursiveAnchor", None) is not None
        if "$recursiveRef" in schema:
            if at[:2] != ("components", "schemas"):
                raise SpecError(f"$recursiveRef outside a component: {'/'.join(at)}")
            del schema["$recursiveRef"]
            schema["$ref"] = f"#/components/schemas/{at[2]}"
            count += 1
    return count


def _fix_typos(schema: Json) -> bool:
    found = [key for key in (*_TYPOS, "optional") if key in schema]
    for key in found:
        value = schema.pop(key)
        if key in _TYPOS and schema.get("type") == "array":
            schema[_TYPOS[key]] = value
    return bool(found)


def _dedupe_required(schema: Json) -> bool:
    required = schema.get("required", [])
    unique = list(dict.fromkeys(required))
    if unique == required:
        return False
    schema["required"] = unique
    return True


def _fix_exclusive_bounds(schema: Json) -> bool:
    """Draft 4 had booleans beside the bound; since draft 6 the exclusive bound is a number itself."""
    changed = False
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool):
            if schema.pop(exclusive) and inclusive in schema:
                schema[exclusive] = schema.pop(inclusive)
            changed = True
    return changed


def _imply_type(schema: Json) -> bool:
    """`properties` alone means an object, `items` alone an array; JSON Schema would accept anything else too."""
    if {"type", "allOf", "$ref"} & schema.keys():
        return False
    implied = "object" if "properties" in schema else "array" if "items" in schema else None
    if implied:
        _replace(schema, {"type": implied, **schema})
    return implied is not None


def _free_number_times(schema: Json) -> bool:
    """Readers of `unixtime` take whole seconds; on a `number` fractions are allowed."""
    if schema.get("type") != "number" or schema.get("format") != "unixtime":
        return False
    del schema["format"]
    return True


def _lift_null_in_all_of(schema: Json) -> bool:
    members = schema.get("allOf", [])
    if {"nullable": True} not in members:
        return False
    schema["allOf"] = [member for member in members if member != {"nullable": True}]
    schema["nullable"] = True
    return True


def _collapse_all_of(schema: Json) -> bool:
    """`allOf: [X, {}]` and `allOf: [X]` are X, unless the siblings say more than an annotation."""
    members = [member for member in schema.get("allOf", []) if member != {}]
    siblings = schema.keys() - {"allOf", "nullable", *_ANNOTATIONS}
    if len(members) != 1 or siblings:
        return False
    rest = {key: value for key, value in schema.items() if key != "allOf"}
    _replace(schema, {**members[0], **rest})
    return True


def _spell_out_null(schema: Json) -> bool:
    """`nullable` → a union with null, the form the rest of the document uses."""
    if "nullable" not in schema:
        return False
    if schema.pop("nullable"):
        notes = {key: schema.pop(key) for key in _ANNOTATIONS if key in schema}
        _replace(schema, {**_with_null(dict(schema)), **notes})
    return True


def _split_type_list(schema: Json) -> bool:
    """`type: [T, "null"]` → the same union with null."""
    types = schema.get("type")
    if not isinstance(types, list):
        return False
    notes = {key: schema.pop(key) for key in _ANNOTATIONS if key in schema}
    named = [name for name in types if name != "null"]
    variants: list[Json] = [_of_type(schema, name) for name in named] + [dict(_NULL)] * ("null" in types)
    _replace(schema, {**(variants[0] if len(variants) == 1 else {"anyOf": variants}), **notes})
    return True


def _of_type(schema: Json, name: str) -> Json:
    out = {**deepcopy(schema), "type": name}
    if "enum" in out:
        out["enum"] = [value for value in out["enum"] if value is not None]
    return out


def _with_null(schema: Json) -> Json:
    for union in ("anyOf", "oneOf"):
        if schema.keys() == {union}:
            return {union: schema[union] + ([] if _NULL in schema[union] else [dict(_NULL)])}
    return {"anyOf": [schema, dict(_NULL)]}


def _open_one_of(schema: Json) -> bool:
    """Without a discriminator nothing makes the variants exclusive, and upstream's often overlap."""
    if "oneOf" not in schema or "discriminator" in schema or "anyOf" in schema:
        return False
    _replace(schema, {("anyOf" if key == "oneOf" else key): value for key, value in schema.items()})
    return True


def _drop_invalid_defaults(doc: Json) -> int:
    registry = jsonschema_rs.Registry([(_DOCUMENT_URI, {"components": doc.get("components", {})})])
    bad = [(at, schema) for at, schema in schemas(doc) if "default" in schema and not _default_valid(schema, registry)]
    for _, schema in bad:
        del schema["default"]
    return len(bad)


def _default_valid(schema: Json, registry: jsonschema_rs.Registry) -> bool:
    bare = {key: value for key, value in schema.items() if key != "default"}
    schema_id = f"{_DOCUMENT_URI}:default"
    validator = jsonschema_rs.Draft202012Validator({"$id": schema_id, **_absolute(bare)}, registry=registry)
    return bool(validator.is_valid(schema["default"]))


def _absolute(node: Any) -> Any:
    """Local references made to point into the registered document."""
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"{_DOCUMENT_URI}{value}" if key == "$ref" and isinstance(value, str) else _absolute(value)
        for key, value in node.items()
    }


def _replace(schema: Json, new: Json) -> None:
    schema.clear()
    schema.update(new)


RULES: dict[str, Rule] = {
    "query_path_dropped": _drop_query_paths,
    "operation_tagged": _tag_operations,
    "tag_declared": _declare_tags,
    "recursive_ref": _fix_recursive_refs,
    "typo": _each(_fix_typos),
    "required_deduped": _each(_dedupe_required),
    "exclusive_bound": _each(_fix_exclusive_bounds),
    "type_implied": _each(_imply_type),
    "number_time_freed": _each(_free_number_times),
    "null_in_all_of": _each(_lift_null_in_all_of),
    "all_of_collapsed": _each(_collapse_all_of),
    "nullable": _each(_spell_out_null),
    "type_list": _each(_split_type_list),
    "discriminator": complete_discriminators,
    "one_of_opened": _each(_open_one_of),
    "discriminator_inferred": infer_discriminators,
    "default_dropped": _drop_invalid_defaults,
}
