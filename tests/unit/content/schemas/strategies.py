"""Schemas with every keyword: any, which need not have a value, and such that accept a given value."""

from typing import Any

from hypothesis import strategies as st

NAMES = ["name", "city", "count", "email", "kind", "price", "tags", "child", "x", "due_date"]
FORMATS = [
    *("date-time", "date", "time", "duration", "email", "idn-email", "hostname", "ipv4", "ipv6", "uuid", "uri"),
    *("uri-reference", "iri", "json-pointer", "regex", "uri-template", "relative-json-pointer", "phone"),
]
PATTERNS = [
    *(
        r"^[a-z]+$",
        r"^[A-Z]{2,3}-\d{4}$",
        r"\d",
        r"^(foo|bar)(baz)?$",
        r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
        r"^\S+$",
        r"a.c",
    ),
    *(
        r"^(?=.*\d)(?=.*[a-z]).{6,}$",
        r"^(?!bad).+$",
        r"\bword\b",
        r"^[\w-]+$",
        r"^#[0-9a-fA-F]{6}$",
        r"^$|^x+$",
        r"ü|é",
    ),
    *(
        r"^(\d{3})-\1$",
        r"^.{0,5}$",
        r"^[^a-z]*$",
        r"^\+?[1-9]\d{1,14}$",
        r"^\p{L}+$",
        r"[.*+?^${}()|[\]\\]",
        r"^\w+\s\w+$",
    ),
]
SMALL = st.integers(0, 4)
NUMBERS = st.one_of(st.integers(-50, 50), st.integers(-500, 500).map(lambda n: n / 10))
VALUES = st.one_of(st.none(), st.booleans(), NUMBERS, st.sampled_from(["a", "red", "New York", "", "12"]))


def _some(draw: st.DrawFn, options: dict[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    keys = draw(st.lists(st.sampled_from(sorted(options)), unique=True, max_size=3))
    return {key: draw(options[key]) for key in keys}


@st.composite
def leaves(draw: st.DrawFn) -> Any:
    kind = draw(
        st.sampled_from(["string", "string", "number", "integer", "boolean", "null", "enum", "const", "any", "types"])
    )
    if kind == "string":
        options = {
            "minLength": st.integers(0, 30),
            "maxLength": st.integers(5, 60),
            "pattern": st.sampled_from(PATTERNS),
            "format": st.sampled_from(FORMATS),
            "examples": st.lists(st.sampled_from(["Ada", "x@y.com", "12"]), max_size=2),
            "description": st.sampled_from(["The city", "An email address", "Anything"]),
        }
        return {"type": "string"} | _some(draw, options)
    if kind in ("number", "integer"):
        options = {
            "minimum": NUMBERS,
            "maximum": NUMBERS,
            "exclusiveMinimum": NUMBERS,
            "exclusiveMaximum": NUMBERS,
            "multipleOf": st.sampled_from([1, 2, 3, 0.5, 0.1, 0.01, 7, 1.5]),
            "default": NUMBERS,
        }
        return {"type": kind} | _some(draw, options)
    return draw(_SIMPLE[kind])


_SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.just({"type": "boolean"}),
    "null": st.just({"type": "null"}),
    "enum": st.lists(VALUES, min_size=1, max_size=5).map(lambda values: {"enum": values}),
    "const": VALUES.map(lambda value: {"const": value}),
    "any": st.sampled_from([{}, True, {"title": "Anything"}]),
    "types": st.lists(
        st.sampled_from(["string", "integer", "null", "boolean", "array", "object"]),
        min_size=1,
        max_size=3,
        unique=True,
    ).map(lambda types: {"type": types}),
}


@st.composite
def _objects(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Any:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=5))
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    names = st.sampled_from([*properties, "x"])
    options = {
        "required": st.lists(names, unique=True),
        "additionalProperties": st.one_of(st.just(False), inner),
        "patternProperties": st.dictionaries(st.sampled_from(["^x_", "e$", r"\d"]), inner, max_size=2),
        "propertyNames": st.sampled_from([{"maxLength": 12}, {"pattern": "^[a-z_0-9]+$"}, {"minLength": 1}]),
        "minProperties": SMALL,
        "maxProperties": st.integers(2, 6),
        "dependentRequired": st.dictionaries(names, st.lists(names, max_size=2, unique=True), max_size=2),
        "dependentSchemas": st.dictionaries(names, inner, max_size=1),
        "unevaluatedProperties": st.just(False),
    }
    return schema | _some(draw, options)


@st.composite
def _arrays(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Any:
    options = {
        "items": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=3),
        "contains": inner,
        "uniqueItems": st.booleans(),
        "minItems": SMALL,
        "maxItems": st.integers(1, 6),
        "unevaluatedItems": st.just(False),
    }
    return {"type": "array"} | _some(draw, options)


@st.composite
def _combined(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Any:
    several = st.lists(inner, min_size=1, max_size=3)
    kind = draw(st.sampled_from(["anyOf", "oneOf", "allOf", "not", "if", "beside"]))
    if kind == "not":
        return {**_dict(draw(inner)), "not": draw(inner)}
    if kind == "if":
        return {"if": draw(inner), "then": draw(inner), "else": draw(inner)}
    if kind == "beside":
        return {**_dict(draw(inner)), draw(st.sampled_from(["anyOf", "oneOf", "allOf"])): draw(several)}
    return {kind: draw(several)}


def _dict(schema: Any) -> dict[str, Any]:
    return schema if isinstance(schema, dict) else {}


def _references() -> st.SearchStrategy[Any]:
    plain = st.sampled_from(["#", "#/$defs/a", "#/$defs/b"]).map(lambda to: {"$ref": to})
    return st.one_of(
        plain, plain.map(lambda ref: {"anyOf": [ref, {"type": "null"}]}), plain.map(lambda ref: ref | {"title": "T"})
    )


PARTS = st.recursive(
    st.one_of(leaves(), leaves(), _references()),
    lambda inner: st.one_of(_objects(inner), _objects(inner), _arrays(inner), _combined(inner)),
    max_leaves=10,
)


@st.composite
def schemas(draw: st.DrawFn) -> Any:
    """With recursive definitions; not each has a value."""
    root = draw(st.one_of(_objects(PARTS), PARTS))
    return {**_dict(root), "$defs": {"a": draw(PARTS), "b": draw(PARTS)}}


JSON = st.recursive(
    VALUES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def satisfiable(draw: st.DrawFn) -> Any:
    """Recursive only where null ends it."""
    value = draw(JSON)
    node = draw(_accepting(value, 0))
    tree = {
        "type": "object",
        "properties": {"value": node, "next": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]}},
        "required": ["value", "next"],
        "additionalProperties": False,
    }
    root = draw(st.sampled_from([node, {"$ref": "#/$defs/tree"}, {"type": "array", "items": {"$ref": "#/$defs/tree"}}]))
    return {**_dict(root), "$defs": {"tree": tree}}


@st.composite
def _accepting(draw: st.DrawFn, value: Any, depth: int) -> Any:
    """A schema that accepts the value."""
    plain = _plain(draw, value, depth)
    wrap = draw(st.sampled_from(["", "", "anyOf", "allOf", "oneOf", "not", "if"])) if depth < 3 else ""
    if wrap == "anyOf":
        return {"anyOf": [plain, draw(leaves())]}
    if wrap == "allOf":
        return {"allOf": [plain, _plain(draw, value, depth + 1)]}
    if wrap == "oneOf":
        return {"oneOf": [plain, {"type": ["null", "boolean"], "const": "never"}]}
    if wrap == "not":
        return {**plain, "not": {"const": "something else"}}
    if wrap == "if":
        return {"if": draw(leaves()), "then": plain, "else": plain}
    return plain


def _plain(draw: st.DrawFn, value: Any, depth: int) -> dict[str, Any]:
    if draw(st.integers(0, 9)) == 0:
        return {"enum": [value, *draw(st.lists(VALUES, max_size=3))]}
    if isinstance(value, bool) or value is None:
        return {"type": "null" if value is None else "boolean"}
    if isinstance(value, str):
        bounds = {"minLength": st.integers(0, len(value)), "maxLength": st.integers(len(value), len(value) + 9)}
        return {"type": "string"} | _some(draw, bounds)
    if isinstance(value, int | float):
        bounds = {"minimum": st.just(value), "maximum": st.just(value + 3), "exclusiveMinimum": st.just(value - 0.5)}
        return {"type": "integer" if isinstance(value, int) else "number"} | _some(draw, bounds)
    return _container(draw, value, depth)


def _container(draw: st.DrawFn, value: Any, depth: int) -> dict[str, Any]:
    if isinstance(value, list):
        items = [draw(_accepting(item, depth + 1)) for item in value]
        bounds = {"minItems": st.integers(0, len(value)), "maxItems": st.integers(len(value), 9)}
        return {"type": "array"} | ({"prefixItems": items} if items else {}) | _some(draw, bounds)
    properties = {name: draw(_accepting(item, depth + 1)) for name, item in value.items()}
    bounds = {
        "required": st.just(list(value)),
        "additionalProperties": st.just(False),
        "minProperties": st.integers(0, len(value)),
        "maxProperties": st.integers(len(value), 9),
    }
    return {"type": "object", "properties": properties} | _some(draw, bounds)
