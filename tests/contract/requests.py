"""Valid requests for any operation, made from the contract by a seeded sampler."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from fakeai.core.operation import Operation
from tests.generator.samples import Sampler
from tests.support.contract import document, escaped, validator

CONTRACT_MODE: dict[str, Any] = {
    "server": {"contract": True, "unknown_ids": "fabricate", "unknown_parameters": "ignore"},
    "models": {"unknown": "infer"},
}
"""Settings under which every valid request succeeds."""
TRIES = 60
JSON = "application/json"
STREAMED = ({"stream": True}, {"stream_format": "sse"})
"""How requests ask for a stream."""
FIXED = {"detokenizeTokens": {"tokens": [9906, 11]}}
"""Where the schema allows what means nothing: token ids of no vocabulary."""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
Pairs = list[tuple[str, str]]


@dataclass
class Sent:
    """One request, with everything that httpx wants to know about it."""

    method: str
    url: str
    params: Pairs = field(default_factory=list)
    content: dict[str, Any] = field(default_factory=dict)

    async def by(self, client: httpx.AsyncClient, base: str = "/v1", **options: Any) -> httpx.Response:
        return await client.request(self.method, base + self.url, params=self.params, **self.content, **options)


def definition(operation: Operation) -> dict[str, Any]:
    return document()["paths"][operation.path][operation.method.lower()]


def request_for(operation: Operation, seed: object, *, stream: bool = False, **path: str) -> Sent:
    """Path parameters that are not given get their own name as value."""
    values = {name: path.get(name, name) for name in operation.path_params}
    sampler = Sampler(document()["components"]["schemas"], f"{operation.id} {seed}")
    params = _query(operation, sampler)
    body = dict(_body(operation, sampler, stream))
    if stream and "stream" in {name for name, _ in _parameters(operation)}:
        params = [(name, value) for name, value in params if name != "stream"] + [("stream", "true")]
    headers = {name: sampler.sample(header["schema"]) for name, header in _parameters(operation, "header")}
    if headers:
        body["headers"] = headers | body.get("headers", {})
    return Sent(operation.method, operation.path.format_map(values), params, body)


def _parameters(operation: Operation, place: str = "query") -> list[tuple[str, dict[str, Any]]]:
    return [(p["name"], p) for p in definition(operation).get("parameters", []) if p["in"] == place]


def _query(operation: Operation, sampler: Sampler) -> Pairs:
    """Cursors are left out: they would have to name objects."""
    pairs: Pairs = []
    for name, parameter in _parameters(operation):
        if name in ("after", "before", "stream"):
            continue
        if parameter.get("required") or sampler.random.random() < 0.5:
            pairs += flat(name, sampler.sample(parameter["schema"]))
    return pairs


def flat(name: str, value: Any) -> Pairs:
    """[] and [key] notation; null cannot be said and is left out."""
    if isinstance(value, dict):
        return [pair for key, member in value.items() for pair in flat(f"{name}[{key}]", member)]
    if isinstance(value, list):
        return [pair for member in value for pair in flat(f"{name.removesuffix('[]')}[]", member)]
    if value is None:
        return []
    return [(name, value if isinstance(value, str) else json.dumps(value))]


def _body(operation: Operation, sampler: Sampler, stream: bool) -> dict[str, Any]:
    content = definition(operation).get("requestBody", {}).get("content", {})
    if not content:
        return {}
    if operation.id in FIXED:
        return {"json": FIXED[operation.id]}
    media_type = JSON if JSON in content else next(iter(content))
    pointer = (
        f"paths/{escaped(operation.path)}/{operation.method.lower()}/requestBody/content/{escaped(media_type)}/schema"
    )
    value = _valid(pointer, content[media_type]["schema"], sampler, stream)
    if media_type == JSON:
        return {"json": value}
    if media_type == "multipart/form-data":
        return _form(value, content[media_type]["schema"])
    return {"content": str(value), "headers": {"content-type": media_type}}


def _valid(pointer: str, schema: dict[str, Any], sampler: Sampler, stream: bool) -> Any:
    for _ in range(TRIES):
        for ask in STREAMED if stream else ({},):
            value = sampler.sample(schema)
            if isinstance(value, dict):
                value = {
                    name: member for name, member in value.items() if name not in ("stream", "stream_format")
                } | ask
            if validator(pointer).is_valid(value) and not _names_no_model(value):
                return value
    raise AssertionError(f"no valid value in {TRIES} tries: {pointer}")


def _names_no_model(value: Any) -> bool:
    return isinstance(value, dict) and value.get("model") == ""


def _form(value: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """httpx sends multipart only if there is a file; a plain part is a file without a name."""
    parts: list[tuple[str, Any]] = []
    binary = binaries(schema)
    for name, member in value.items():
        if name in binary:
            many = member if isinstance(member, list) else [member]
            suffix = "[]" if isinstance(member, list) else ""
            parts += [(name + suffix, (f"{name}{number}.png", PNG, "image/png")) for number, _ in enumerate(many)]
        else:
            parts += [(key, (None, text)) for key, text in flat(name, member)]
    return {"files": parts or [("unused", (None, ""))]}


def binaries(schema: dict[str, Any]) -> set[str]:
    """Properties that are files, or lists of them."""
    schemas = document()["components"]["schemas"]
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    branches = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    return {
        name
        for branch in branches
        for name, part in branch.get("properties", {}).items()
        if '"binary"' in json.dumps(part)
    }
