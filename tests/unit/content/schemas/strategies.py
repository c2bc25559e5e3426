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


def some(options: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """A few of the keywords. Strategies are slow to build, so everything is built once."""
    names = st.lists(st.sampled_from(sorted(options)), unique=True, max_size=3)

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, Any]:
        return {name: draw(options[name]) for name in draw(names)}

    return drawn()


STRINGS = some(
    {
        "minLength": st.integers(0, 30),
        "maxLength": st.integers(5, 60),
        "pattern": st.sampled_from(PATTERNS),
        "format": st.sampled_from(FORMATS),
        "examples": st.lists(st.sampled_from(["Ada", "x@y.com", "12"]), max_size=2),
        "description": st.sampled_from(["The city", "An email address", "Anything"]),
    }
).map(lambda found: {"type": "string"} | found)
BOUNDS = some(
    {
        "minimum": NUMBERS,
        "maximum": NUMBERS,
        "exclusiveMinimum": NUMBERS,
        "exclusiveMaximum": NUMBERS,
        "multipleOf": st.sampled_from([1, 2, 3, 0.5, 0.1, 0.01, 7, 1.5]),
        "default": NUMBERS,
    }
)


LEAVES = st.one_of(
    STRINGS,
    STRINGS,
    BOUNDS.map(lambda found: {"type": "number"} | found),
    BOUNDS.map(lambda found: {"type": "integer"} | found),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {}, True, {"title": "Anything"}]),
    st.lists(VALUES, min_size=1, max_size=5).map(lambda values: {"enum": values}),
    VALUES.map(lambda value: {"const": value}),
    st.lists(
        st.sampled_from(["string", "integer", "null", "boolean", "array", "object"]),
        min_size=1,
        max_size=3,
        unique=True,
    ).map(lambda types: {"type": types}),
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    names = st.lists(st.sampled_from(NAMES), unique=True, max_size=2)
    options = {
        "required": names,
        "additionalProperties": st.one_of(st.just(False), inner),
        "patternProperties": st.dictionaries(st.sampled_from(["^x_", "e$", r"\d"]), inner, max_size=2),
        "propertyNames": st.sampled_from([{"maxLength": 12}, {"pattern": "^[a-z_0-9]+$"}, {"minLength": 1}]),
        "minProperties": SMALL,
        "maxProperties": st.integers(2, 6),
        "dependentRequired": st.dictionaries(st.sampled_from(NAMES), names, max_size=2),
        "dependentSchemas": st.dictionaries(st.sampled_from(NAMES), inner, max_size=1),
        "unevaluatedProperties": st.just(False),
    }
    return st.builds(lambda named, more: {"type": "object", "properties": named} | more, properties, some(options))


def _arrays(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    options = {
        "items": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=3),
        "contains": inner,
        "minContains": st.integers(0, 3),
        "maxContains": st.integers(0, 3),
        "uniqueItems": st.booleans(),
        "minItems": SMALL,
        "maxItems": st.integers(1, 6),
        "unevaluatedItems": st.just(False),
    }
    return some(options).map(lambda found: {"type": "array"} | found)


def _combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.tuples(st.sampled_from(["anyOf", "oneOf", "allOf"]), st.lists(inner, min_size=1, max_size=3)).map(
        lambda pair: dict([pair])
    )
    return st.one_of(
        several,
        several,
        st.builds(lambda part, found: _dict(part) | found, inner, several),
        st.builds(lambda part, wrong: _dict(part) | {"not": wrong}, inner, inner),
        st.fixed_dictionaries({"if": inner, "then": inner, "else": inner}),
    )


def _dict(schema: Any) -> dict[str, Any]:
    return schema if isinstance(schema, dict) else {}


def _references() -> st.SearchStrategy[Any]:
    plain = st.sampled_from(["#", "#/$defs/a", "#/$defs/b"]).map(lambda to: {"$ref": to})
    return st.one_of(
        plain, plain.map(lambda ref: {"anyOf": [ref, {"type": "null"}]}), plain.map(lambda ref: ref | {"title": "T"})
    )


PARTS = st.recursive(
    st.one_of(LEAVES, LEAVES, _references()),
    lambda inner: st.one_of(_objects(inner), _objects(inner), _arrays(inner), _combined(inner)),
    max_leaves=10,
)


def _with_definitions(root: Any, a: Any, b: Any) -> dict[str, Any]:
    return {**_dict(root), "$defs": {"a": a, "b": b}}


SCHEMAS = st.builds(_with_definitions, st.one_of(_objects(PARTS), PARTS), PARTS, PARTS)
"""With recursive definitions; not each has a value."""

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
        return {"anyOf": [plain, draw(LEAVES)]}
    if wrap == "allOf":
        return {"allOf": [plain, _plain(draw, value, depth + 1)]}
    if wrap == "oneOf":
        return {"oneOf": [plain, {"type": ["null", "boolean"], "const": "never"}]}
    if wrap == "not":
        return {**plain, "not": {"const": "something else"}}
    if wrap == "if":
        return {"if": draw(LEAVES), "then": plain, "else": plain}
    return plain


def _plain(draw: st.DrawFn, value: Any, depth: int) -> dict[str, Any]:
    if draw(st.integers(0, 9)) == 0:
        return {"enum": [value, *draw(st.lists(VALUES, max_size=3))]}
    if isinstance(value, bool) or value is None:
        return {"type": "null" if value is None else "boolean"}
    if isinstance(value, str):
        return {"type": "string"} | _few(draw, minLength=len(value), maxLength=len(value) + 9)
    if isinstance(value, int | float):
        kind = "integer" if isinstance(value, int) else "number"
        return {"type": kind} | _few(draw, minimum=value, maximum=value + 3, exclusiveMinimum=value - 0.5)
    return _container(draw, value, depth)


def _few(draw: st.DrawFn, **keywords: Any) -> dict[str, Any]:
    chosen = draw(st.integers(0, 2 ** len(keywords) - 1))
    return {name: value for bit, (name, value) in enumerate(keywords.items()) if chosen >> bit & 1}


def _container(draw: st.DrawFn, value: Any, depth: int) -> dict[str, Any]:
    size = len(value)
    if isinstance(value, list):
        items = {"prefixItems": [draw(_accepting(item, depth + 1)) for item in value]} if value else {}
        return {"type": "array"} | items | _few(draw, minItems=size, maxItems=size + 2)
    properties = {name: draw(_accepting(item, depth + 1)) for name, item in value.items()}
    few = _few(draw, required=list(value), additionalProperties=False, minProperties=size, maxProperties=size + 1)
    return {"type": "object", "properties": properties} | few
