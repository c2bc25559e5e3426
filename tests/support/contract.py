"""Checks answers against the contract, for every client that a test uses."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from fakeai.server.routes import Routes
from tests.server import grammar, response_grammar, runs_grammar

ENVELOPE = {"message", "type", "param", "code"}
DONE = "[DONE]"
URI = "urn:contract"


@cache
def document() -> dict[str, Any]:
    return json.loads((files("fakeai_api") / "openapi.json").read_bytes())


@cache
def _registry() -> Any:
    """One for all validators: each of its own would hold the whole document, 15 MB a time."""
    return jsonschema_rs.Registry([(URI, document())], draft=jsonschema_rs.Draft202012)


@cache
def validator(pointer: str) -> Any:
    return jsonschema_rs.Draft202012Validator({"$ref": f"{URI}#/{pointer}"}, registry=_registry())


def escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


@cache
def success_schema(path: str, method: str, status: int, media_type: str) -> str | None:
    """JSON pointer of the schema that the contract has for this answer."""
    response = document()["paths"][path][method]["responses"].get(str(status), {})
    if "schema" not in response.get("content", {}).get(media_type, {}):
        return None
    return f"paths/{escaped(path)}/{method}/responses/{status}/content/{escaped(media_type)}/schema"


_ROUTES = Routes()


def check(method: str, raw_path: bytes, status: int, headers: dict[str, str], body: bytes) -> None:
    """Raises AssertionError for an answer of the API that the contract does not allow; ignores other pages."""
    route = _ROUTES.of(raw_path)
    if route is None or method not in route.methods:
        return
    media_type = headers.get("content-type", "").partition(";")[0]
    assert headers.get("x-request-id", "").startswith("req_"), f"{method} {raw_path!r}: no request id"
    if status >= 400:
        check_envelope(status, body)
        return
    operation = route.methods[method]
    if media_type == "text/event-stream":
        check_stream(operation.path, method.lower(), status, body)
        return
    pointer = success_schema(operation.path, method.lower(), status, media_type)
    declared = document()["paths"][operation.path][method.lower()]["responses"]
    assert str(status) in declared, f"{operation.id}: status {status} is not in the contract"
    if pointer is not None and media_type == "application/json":
        validate(pointer, json.loads(body), operation.id)


def check_envelope(status: int, body: bytes) -> None:
    error = json.loads(body)["error"]
    assert set(error) == ENVELOPE, f"{status}: {error}"
    assert isinstance(error["message"], str)
    assert error["message"]


def check_stream(path: str, method: str, status: int, body: bytes) -> None:
    pointer = success_schema(path, method, status, "text/event-stream")
    assert pointer is not None, f"{path} streams, but the contract has no events for it"
    said = events(body)
    grammar.check(path, [data for _, data in said])
    runs_grammar.check(path, said)
    if (path, method) == ("/responses", "post"):
        response_grammar.check([data for _, data in said])
    for name, data in said:
        if data != DONE:
            event = json.loads(data)
            if "error" not in event:
                validate(pointer, _as_in_schema(name, event), f"event of {path}")


def _as_in_schema(name: str | None, data: dict[str, Any]) -> dict[str, Any]:
    """Assistants' schemas hold an event's name and data side by side; the other APIs name the type in the data."""
    return data if name is None or data.get("type") == name else {"event": name, "data": data}


def event_data(body: bytes) -> list[str]:
    return [data for _, data in events(body)]


def events(body: bytes) -> list[tuple[str | None, str]]:
    """(name, data) of each."""
    blocks = body.decode().split("\n\n")
    assert blocks[-1] == "", "the stream does not end with an empty line"
    return [_event(block.split("\n")) for block in blocks[:-1]]


def _event(lines: list[str]) -> tuple[str | None, str]:
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert len(data) == 1, "every event has one line of data"
    return (names[0] if names else None), data[0]


def validate(pointer: str, value: Any, what: str) -> None:
    error = next(validator(pointer).iter_errors(value), None)
    assert error is None, f"{what}: {error}"
