"""What the tools that the server runs are given and answer: Python code with its output, files with their text."""

import re

from fakeai.core.call import PageQuery, Store
from fakeai.core.operation import Document
from fakeai.core.seeds import Draw, unit

MAX_CHARS = 2_000
"""Of the message that are looked at."""
MAX_RESULTS = 20
"""Of one search, if the tool does not say."""
MAX_EXCERPT_CHARS = 800
_TERM = re.compile(r"(?<![\d.])\d{1,15}(?:\.\d{1,15})?(?:\s*[-+*/]\s*\d{1,15}(?:\.\d{1,15})?){1,16}")
_OPERATIONS = {
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
}


def run_python(said: str) -> Document:
    """Calculates what the message asks for, or counts its words."""
    found = _TERM.search(said[:MAX_CHARS])
    if found is not None and (value := _value(found[0])) is not None:
        code, output = f"print({found[0]})", str(value)
    else:
        sentence = " ".join(said[:MAX_CHARS].split())[:200]
        code, output = f"text = {sentence!r}\nprint(len(text.split()))", str(len(sentence.split()))
    return {"input": code, "outputs": [{"type": "logs", "logs": f"{output}\n"}]}


def _value(term: str) -> int | float | None:
    """As Python has it; None for a division by zero."""
    tokens = re.findall(r"[-+*/]|[\d.]+", term)
    values: list[int | float | str] = [float(t) if "." in t else int(t) if t[0].isdigit() else t for t in tokens]
    try:
        for operators in ("*/", "+-"):
            at = 1
            while at < len(values):
                if values[at] in tuple(operators):
                    values[at - 1 : at + 2] = [_OPERATIONS[str(values[at])](values[at - 1], values[at + 1])]
                else:
                    at += 2
    except (ZeroDivisionError, OverflowError):
        return None
    return values[0] if isinstance(values[0], int | float) else None


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
