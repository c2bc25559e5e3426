"""Cursor paging over a collection."""

from collections.abc import Mapping
from typing import Any

from fakeai.core.call import Page, PageQuery
from fakeai.core.nouns import not_found
from fakeai.core.operation import Document
from fakeai.state.records import Record, Records


def select(records: Records, collection: str, query: PageQuery, now_s: float) -> Page:
    """The objects right after `after`; with `before` alone, those right before it. Always in the order asked for.

    Raises NotFound for a cursor that names no object (any more).
    """
    after = _cursor(records, collection, query.after, "after")
    before = _cursor(records, collection, query.before, "before")
    backwards = before is not None and after is None
    stop = None if backwards else before
    found: list[Document] = []
    for record in records.walk(before if backwards else after, query.ascending != backwards):
        if record is stop:
            break
        document = record.document(now_s)
        if not matches(document, query.where):
            continue
        if len(found) == query.limit:
            return _page(found, backwards, has_more=True)
        found.append(document)
    return _page(found, backwards, has_more=False)


def _cursor(records: Records, collection: str, id: str | None, param: str) -> Record | None:
    if id is None:
        return None
    record = records.get(id)
    if record is None:
        raise not_found(collection, id, param=param)
    return record


def _page(found: list[Document], backwards: bool, *, has_more: bool) -> Page:
    return Page(found[::-1] if backwards else found, has_more)


def matches(document: Document, where: Mapping[str, Any]) -> bool:
    """Equality per property; a list asks for one of its values, an object for each of its keys."""
    for name, wanted in where.items():
        value = document.get(name)
        if isinstance(wanted, Mapping):
            if not isinstance(value, Mapping) or not matches(dict(value), wanted):
                return False
        elif value not in wanted if isinstance(wanted, list | tuple) else value != wanted:
            return False
    return True
