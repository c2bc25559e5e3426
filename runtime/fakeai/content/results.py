"""What tools have answered, in a sentence: the facts that a model would tell of them."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

NOTHING = "There was no result."
MAX_FACTS = 4
MAX_CHARS = 200


def told(results: Sequence[str]) -> str:
    """A sentence for each of the latest results."""
    return " ".join(filter(None, map(_sentence, results[-MAX_FACTS:]))) or NOTHING


def _sentence(result: str) -> str:
    facts = _facts(result.strip())
    if not facts:
        return ""
    sentence = facts[0].upper() + facts[1:]
    return sentence if sentence[-1] in ".!?…" else f"{sentence}."


def _facts(result: str) -> str:
    try:
        value = orjson.loads(result)
    except orjson.JSONDecodeError:
        return _short(" ".join(result.split()))
    facts = list(_walk(value, ""))
    said = facts[:MAX_FACTS]
    return _short(" and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said))


def _walk(value: Any, name: str) -> Iterator[str]:
    """ "the name is value" for each scalar; of a list of scalars the list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, str(key).replace("_", " "))
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for inner in value:
            yield from _walk(inner, name)
    elif value is not None and value != "" and value != []:
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield f"the {name} is {shown}" if name else f"the result is {shown}"


def _short(text: str) -> str:
    return text if len(text) <= MAX_CHARS else text[:MAX_CHARS].rsplit(" ", 1)[0] + " …"
