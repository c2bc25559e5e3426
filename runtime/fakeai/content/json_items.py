"""Objects for answers in JSON: values that suit the names of their fields."""

from collections.abc import Callable

from fakeai.content.stock import phrases
from fakeai.content.theme import Theme
from fakeai.core.seeds import Draw

Value = str | int | float | bool
DEFAULT_FIELDS = ("id", "name", "description", "score")


def json_item(theme: Theme, number: int, r: Draw) -> dict[str, Value]:
    """The number-th object, counted from 0."""
    return {name: _value(name, theme, number, r) for name in theme.fields or DEFAULT_FIELDS}


def _value(name: str, theme: Theme, number: int, r: Draw) -> Value:
    parts = name.lower().split("_")
    make = next((VALUES[part] for part in reversed(parts) if part in VALUES), None)
    if parts[0] in ("is", "has"):
        return r() % 2 == 0
    return make(theme, number, r) if make else _title(theme, number, r)


def _title(theme: Theme, number: int, r: Draw) -> str:
    heads = phrases().of("list.head")
    return heads[(number + r()) % len(heads)]


def _sentence(theme: Theme, number: int, r: Draw) -> str:
    clauses = phrases().of("clause")
    text = clauses[r() % len(clauses)].replace("{t}", theme.topics[0]).replace("{u}", theme.topics[-1])
    return text[0].upper() + text[1:] + "."


def _email(theme: Theme, number: int, r: Draw) -> str:
    return f"user{number + 1}@example.com"


def _date(theme: Theme, number: int, r: Draw) -> str:
    return f"20{20 + r() % 6}-{1 + r() % 12:02}-{1 + r() % 28:02}"


def _whole(low: int, high: int) -> Callable[[Theme, int, Draw], int]:
    return lambda theme, number, r: low + r() % (high - low)


def _decimal(high: int) -> Callable[[Theme, int, Draw], float]:
    return lambda theme, number, r: (r() % (high * 100)) / 100


VALUES: dict[str, Callable[[Theme, int, Draw], Value]] = {
    "id": lambda theme, number, r: number + 1,
    "email": _email,
    "url": lambda theme, number, r: f"https://example.com/{number + 1}",
    **dict.fromkeys(("date", "at", "on", "created", "updated", "birthday"), _date),
    **dict.fromkeys(("description", "summary", "text", "content", "explanation", "reason", "answer"), _sentence),
    "age": _whole(18, 80),
    "year": _whole(1950, 2026),
    **dict.fromkeys(("count", "quantity", "number", "total", "size", "stock"), _whole(1, 500)),
    **dict.fromkeys(("price", "cost", "amount", "value", "salary"), _decimal(500)),
    **dict.fromkeys(("score", "rating", "confidence", "probability"), _decimal(1)),
    **dict.fromkeys(("active", "enabled", "done", "completed", "valid"), lambda theme, number, r: r() % 2 == 0),
}
