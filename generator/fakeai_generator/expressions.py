"""The small expressions of spec/metrics: names, numbers, + - * / and a few functions, turned into Python."""

import ast

FUNCTIONS = ("ratio", "floor", "count")
"""Of fakeai.core.metrics."""
_ALLOWED = (ast.Expression, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Constant, ast.Name, ast.Load, ast.Call)


def reading(text: str | int) -> str:
    """Source of a function of what is counted, whose fields the names are. Raises ValueError."""
    return f"lambda s: {_code(str(text))}"


def label(text: str) -> str:
    """Source of a label's value: "=text", "stats.field", or a field of the key."""
    if text.startswith("="):
        return repr(text[1:])
    owner, _, name = text.rpartition(".")
    if owner not in ("", "stats") or not name.isidentifier():
        raise ValueError(f"label value {text!r}: expected =text, stats.field or a field of the key")
    return f"s.{name}" if owner else f"k.{name}"


def _code(text: str) -> str:
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        raise ValueError(f"{text!r} is no expression") from None
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED) or (isinstance(node, ast.Call) and _is_unknown(node)):
            raise ValueError(f"{text!r}: only names, numbers, + - * / and {', '.join(FUNCTIONS)}")
    return ast.unparse(_Fields().visit(tree))


def _is_unknown(call: ast.Call) -> bool:
    return not isinstance(call.func, ast.Name) or call.func.id not in FUNCTIONS or bool(call.keywords)


class _Fields(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.Call:
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Attribute(ast.Name("s", ast.Load()), node.id, ast.Load())
