"""The code generator's text, class by class, with what it could not know put right.

It was told that every property is required: here the others get their default. The root models that it made for
constrained parts of unions are put in line. Only slices of its text are moved: ast.unparse differs between Pythons.
"""

import ast
from dataclasses import dataclass
from itertools import accumulate

from fakeai_generator.hoist import Scalar, Shapes
from fakeai_generator.schemas import SpecError
from fakeai_generator.tree import Schema


@dataclass(frozen=True)
class Block:
    text: str
    uses: frozenset[str]
    """Every name that it refers to."""


def read_imports(text: str) -> dict[str, tuple[str, str]]:
    """Name → (module, what is imported from it)."""
    found = [part for part in ast.parse(text).body if isinstance(part, ast.ImportFrom)]
    names = [(part.module or "", name) for part in found if part.module != "__future__" for name in part.names]
    return {name.asname or name.name: (module, name.name) for module, name in names}


def read_blocks(text: str, schemas: dict[str, Schema], shapes: Shapes) -> dict[str, Block]:
    """Class → its definition, for every schema. Raises SpecError if the text lacks one."""
    body = ast.parse(text).body
    nodes = {node.name: node for node in body if isinstance(node, ast.ClassDef) and node.name in schemas}
    if missing := schemas.keys() - nodes.keys():
        raise SpecError(f"datamodel-code-generator made no class of {sorted(missing)[0]}")
    found = (_wrapped(node) for node in body)
    editor = _Editor(_Source(text), {name: root for name, root in found if root is not None and name not in schemas})
    return {name: editor.block(node, schemas[name], shapes) for name, node in nodes.items()}


def _wrapped(node: ast.stmt) -> tuple[str, ast.expr | None]:
    """(name, type) of a definition that only names a type: a root model, or `X = TypeAliasType("X", type)`."""
    if isinstance(node, ast.ClassDef):
        return node.name, _root(node)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call):
        return node.targets[0].id, node.value.args[1] if len(node.value.args) == 2 else None
    return "", None


class _Source:
    """Text by the positions of its syntax tree, which count bytes."""

    def __init__(self, text: str) -> None:
        self.text = text.encode()
        self.starts = [0, *accumulate(len(line) for line in self.text.splitlines(keepends=True))]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[end_line - 1] + end_column

    def slice(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.text[start:end].decode()


@dataclass(frozen=True)
class _Fields:
    """Of a record, by their names on the wire."""

    properties: dict[str, Schema]
    required: frozenset[str]
    defaults: dict[str, Scalar]


class _Editor:
    """wrapped: class that is to be put in line → its annotation."""

    def __init__(self, source: _Source, wrapped: dict[str, ast.expr]) -> None:
        self.source = source
        self.wrapped = wrapped

    def block(self, node: ast.ClassDef, schema: Schema, shapes: Shapes) -> Block:
        root = _root(node)
        if root is not None:
            lines = [f"class {node.name}(ApiRoot):", f"    root: {self.annotation(root)}"]
        else:
            fields = _Fields(schema["properties"], shapes.required[node.name], shapes.defaults[node.name])
            lines = [f"class {node.name}(ApiModel):", *(self._line(part, fields) for part in node.body)]
        text = "\n".join(lines) + "\n"
        names = (part for part in ast.walk(ast.parse(text)) if isinstance(part, ast.Name))
        return Block(text, frozenset(name.id for name in names if isinstance(name.ctx, ast.Load)))

    def _line(self, part: ast.stmt, fields: _Fields) -> str:
        if extra := _extra_type(part):
            return f"    __pydantic_extra__: dict[str, {self.annotation(extra)}]"
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            return f"    {self.source.slice(part)}"
        wire = _alias(part.annotation) or part.target.id
        annotation = self.annotation(part.annotation)
        if wire in fields.required:
            return f"    {part.target.id}: {annotation}"
        if not _takes_null(fields.properties[wire]):
            annotation = f"Omittable[{annotation}]"
        return f"    {part.target.id}: {annotation} = {fields.defaults.get(wire)!r}"

    def annotation(self, node: ast.expr) -> str:
        """Its text with wrapped classes put in line."""
        names = [part for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in self.wrapped]
        pieces: list[str] = []
        at, end = self.source.span(node)
        for name in sorted(names, key=self.source.span):
            start, after = self.source.span(name)
            pieces += [self.source.text[at:start].decode(), self.annotation(self.wrapped[name.id])]
            at = after
        return "".join([*pieces, self.source.text[at:end].decode()])


def _root(node: ast.ClassDef) -> ast.expr | None:
    """The annotation of a root model."""
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.target.id == "root":
            return part.annotation if any(isinstance(base, ast.Subscript) for base in node.bases) else None
    return None


def _extra_type(part: ast.stmt) -> ast.expr | None:
    """Of `__annotations__ = {'__pydantic_extra__': Dict[str, T]}`: T, which may be defined later."""
    if (
        isinstance(part, ast.Assign)
        and isinstance(part.value, ast.Dict)
        and isinstance(part.value.values[0], ast.Subscript)
    ):
        types = part.value.values[0].slice
        return types.elts[1] if isinstance(types, ast.Tuple) else None
    return None


def _alias(annotation: ast.expr) -> str | None:
    """Of Annotated[..., Field(alias='...')]."""
    if not isinstance(annotation, ast.Subscript) or not isinstance(annotation.slice, ast.Tuple):
        return None
    calls = [part for part in annotation.slice.elts[1:] if isinstance(part, ast.Call)]
    found = [word.value for call in calls for word in call.keywords if word.arg == "alias"]
    return found[0].value if found and isinstance(found[0], ast.Constant) else None  # type: ignore[return-value]


def _takes_null(schema: Schema) -> bool:
    return schema == {} or schema.get("type") == "null" or {"type": "null"} in schema.get("anyOf", ())
