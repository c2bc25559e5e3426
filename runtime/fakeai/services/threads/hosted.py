"""What the tools that the server runs are given and answer: Python code with its output, files with their text."""

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from fakeai.core.call import PageQuery, Store
from fakeai.core.operation import Document
from fakeai.core.seeds import Draw, unit

MAX_CHARS = 2_000
"""Of the message that are looked at."""
MAX_RESULTS = 20
"""Of one search, if the tool does not say."""
MAX_EXCERPT_CHARS = 800
_TERM = re.compile(r"(?<![\d.])\d{1,15}(?:\.\d{1,15})?(?:\s*[-+*/]\s*\d{1,15}(?:\.\d{1,15})?){1,16}")
_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def run_python(said: str) -> Document:
    """Calculates what the message asks for, or counts its words."""
    found = _TERM.search(said[:MAX_CHARS])
    if found is not None and (value := _calculated(found[0])) is not None:
        code, output = f"print({found[0]})", str(value)
    else:
        sentence = " ".join(said[:MAX_CHARS].split())[:200]
        code, output = f"text = {sentence!r}\nprint(len(text.split()))", str(len(sentence.split()))
    return {"input": code, "outputs": [{"type": "logs", "logs": f"{output}\n"}]}


def _calculated(term: str) -> float | None:
    """None where Python would raise an error."""
    try:
        value: float = _value(ast.parse(term, mode="eval").body)
    except (SyntaxError, ArithmeticError):
        return None
    return value


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_value(node.left), _value(node.right))
    return node.value if isinstance(node, ast.Constant) else None


async def files_of(store: Store, *resources: Document | None) -> list[Document]:
    """The files of the vector stores that assistant and thread name."""
    ids = [
        id for one in resources for id in ((one or {}).get("file_search") or {}).get("vector_store_ids") or () if one
    ]
    found = []
    for id in ids:
        page = await store.page(f"vector_stores/{id}/files", PageQuery(MAX_RESULTS, ascending=True))
        files = [await store.get("files", entry["id"]) for entry in page.data]
        found += [file for file in files if file is not None]
    return found


async def search(store: Store, files: list[Document], tool: Document, r: Draw) -> Document:
    """The files with falling scores, and how each begins."""
    options = tool.get("file_search") or {}
    ranking = {"ranker": "auto", "score_threshold": 0.0} | (options.get("ranking_options") or {})
    results = []
    score = 0.95
    for file in files[: options.get("max_num_results") or MAX_RESULTS]:
        score *= 1 - 0.2 * unit(r)
        blob = await store.get_blob("files", file["id"])
        text = blob.data[: MAX_EXCERPT_CHARS * 4].decode("utf-8", "replace")[:MAX_EXCERPT_CHARS] if blob else ""
        content = [{"type": "text", "text": text}]
        results.append(
            {"file_id": file["id"], "file_name": file["filename"], "score": round(score, 4), "content": content}
        )
    kept = [result for result in results if result["score"] >= ranking["score_threshold"]]
    return {"ranking_options": ranking, "results": kept}
