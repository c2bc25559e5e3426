"""What the stored level does to faked documents: carry over, distribute ids, fill pages. All in place."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from fakeai.core.call import Call, PageQuery, Upload
from fakeai.core.errors import ApiError
from fakeai.core.nouns import noun
from fakeai.core.operation import Document, Operation

DEFAULT_LIMIT = 20
"""Where the contract has no default of its own."""


def carry_created(operation: Operation, request: Document, target: Document) -> None:
    """Sets what the request says, and defaults for what it leaves out. Nested objects are replaced as a whole."""
    target.update(operation.defaults)
    carry_updated(operation, request, target)


def carry_updated(operation: Operation, request: Document, target: Document) -> None:
    """Null stands for the default; where there is none, nothing changes."""
    for name in operation.echo:
        if name in request:
            value = request[name]
            if value is not None:
                target[name] = value
            elif name in operation.defaults:
                target[name] = operation.defaults[name]


def distribute(names: Mapping[str, str], target: Document) -> None:
    """Ids into properties that are there: {"thread_id": …} into "thread_id", else into "thread": {"id": …}."""
    for name, value in names.items():
        if isinstance(target.get(name, 0), str | None):
            target[name] = value
        nested = target.get(name.removesuffix("_id")) if name.endswith("_id") else None
        if isinstance(nested, dict) and "id" in nested:
            nested["id"] = value


def describe(upload: Upload, target: Document) -> None:
    """File facts, where the object has them."""
    facts = {"filename": upload.filename, "bytes": len(upload.data)}
    target.update({name: value for name, value in facts.items() if name in target})


def project(source: Document, target: Document) -> None:
    """Shared scalars of the same type, so that an answer in another form tells the same facts as the object."""
    for name, value in source.items():
        is_scalar = not isinstance(value, dict | list)
        if is_scalar and name != "object" and name in target and type(target[name]) is type(value):
            target[name] = value


def mark_deleted(operation: Operation, id: str, target: Document) -> None:
    name = operation.id_field if operation.id_field in target else "id"
    if name in target:
        target[name] = id
    if "deleted" in target:
        target["deleted"] = True


def page_query(operation: Operation, query: Mapping[str, Any]) -> PageQuery:
    return PageQuery(
        limit=int(query.get("limit", DEFAULT_LIMIT)),
        ascending=str(query.get("order", "desc")).startswith("asc"),
        after=query.get("after") or None,
        before=query.get("before") or None,
        where={name: query[name] for name in operation.filters if query.get(name) is not None},
    )


def as_listed(item: Document, samples: Sequence[Document]) -> Document:
    """A stored object as a list shows it: some lists call the same thing by another `object` name, with more facts.

    samples: a faked page's data.
    """
    sample = samples[0] if samples else item
    if not isinstance(sample, dict) or sample.get("object") == item.get("object"):
        return item
    return sample | item | {"object": sample["object"]}


def fill_page(target: Document, data: Sequence[Document], id_field: str, *, has_more: bool) -> None:
    ids = [str(item[id_field]) for item in data if id_field in item]
    last = ids[-1] if ids else None
    following = last if has_more else None
    facts = {
        "data": data,
        "first_id": ids[0] if ids else None,
        "last_id": last,
        "has_more": has_more,
        "next": following,
        "next_page": following,
    }
    target.update({name: value for name, value in facts.items() if name in target})


def end_page(target: Document) -> None:
    """Makes a faked page the only one, so that clients that follow pages come to an end."""
    facts = {"has_more": False, "next": None, "next_page": None}
    target.update({name: value for name, value in facts.items() if name in target})


def items(page: Document, id_field: str) -> list[Document]:
    """The objects of a faked page; none if they have no ids, as usage buckets."""
    data = page.get("data", [])
    return [item for item in data if isinstance(item, dict) and isinstance(item.get(id_field), str)]


def check_open(operation: Operation, document: Document) -> None:
    """Refuses an action on an object whose life cycle has come to its end."""
    course = operation.lifecycle
    if course is None or len(course.states) < 2 or operation.id not in course.actions:
        return
    status = document.get(course.status_field)
    if status == course.states[-1].value != course.actions[operation.id].value:
        verb = operation.name.partition("_")[0]
        raise ApiError(400, f"Cannot {verb} {noun(operation.collection or '')} with status '{status}'.")


def wants_stream(call: Call) -> bool:
    asks = call.document.get("stream") is True or call.query.get("stream") is True
    return call.operation.event is not None and (asks or call.document.get("stream_format") == "sse")


def server_sent(event: Document) -> bytes:
    """Assistants' events carry name and data apart; the others, if they have a type, name it in both places."""
    name, data = (event["event"], event["data"]) if "data" in event else (event.get("type"), event)
    head = b"event: " + name.encode() + b"\n" if name else b""
    return head + b"data: " + (data.encode() if isinstance(data, str) else orjson.dumps(data)) + b"\n\n"
