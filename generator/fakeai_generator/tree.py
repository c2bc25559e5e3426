"""The operations of a document as rows, and its schemas with inline ones lifted to names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
JSON = "application/json"
SSE = "text/event-stream"
BETA_HEADER = "OpenAI-Beta"
UNROUTED = ("webhooks", "events")
REF = "#/components/schemas/"


@dataclass(frozen=True)
class Row:
    """One operation. Schemas are named by their key in Lifted.components."""

    id: str
    method: str
    path: str
    group: str
    name: str
    definition: dict[str, Any]
    path_params: tuple[str, ...]
    query_params: tuple[dict[str, Any], ...]
    beta: str | None
    """The value that a required header OpenAI-Beta has."""
    bodies: tuple[tuple[str, str], ...]
    """(media type, schema)."""
    body_required: bool
    query: str | None
    status: int
    media_type: str
    response: str | None
    event: str | None


@dataclass
class GroupSchemas:
    requests: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    responses: tuple[str, ...] = ()


@dataclass
class Lifted:
    components: dict[str, Schema]
    groups: dict[str, GroupSchemas] = field(default_factory=dict)


def snake(name: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"[^A-Za-z0-9]+", "_", name))
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words).strip("_").lower()


def pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", name))


def ref_name(schema: Schema) -> str | None:
    """The component a bare reference names."""
    target = schema.get("$ref", "")
    return target.removeprefix(REF) if target.startswith(REF) and len(schema) == 1 else None


def references(node: Any) -> Iterator[str]:
    """Every component schema named anywhere below node."""
    if isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str) and target.startswith(REF):
            yield target.removeprefix(REF)
        mapping = node.get("discriminator", {})
        if isinstance(mapping, dict) and isinstance(mapping.get("mapping"), dict):
            yield from (value.removeprefix(REF) for value in mapping["mapping"].values())
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def closure(roots: Iterator[str] | tuple[str, ...] | list[str], components: dict[str, Schema]) -> set[str]:
    seen: set[str] = set()
    pending = list(roots)
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending.extend(references(components[name]))
    return seen


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follows a reference to a parameter, body or response component."""
    while "$ref" in node:
        target: Any = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        node = target
    return node


class _Lifter:
    """Collects rows and names every schema that stands inline in an operation."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.components: dict[str, Schema] = dict(document["components"]["schemas"])

    def named(self, schema: Schema, wanted: str) -> str:
        name = ref_name(schema)
        if name:
            return name
        if wanted in self.components:
            raise ValueError(f"schema name {wanted} is taken: an inline schema cannot be lifted to it")
        self.components[wanted] = schema
        return wanted

    def query(self, parameters: list[dict[str, Any]], wanted: str) -> str | None:
        if not parameters:
            return None
        properties = {p["name"].removesuffix("[]"): p.get("schema", {}) for p in parameters}
        required = [p["name"].removesuffix("[]") for p in parameters if p.get("required")]
        schema: Schema = {"type": "object", "properties": properties}
        return self.named(schema | ({"required": required} if required else {}), wanted)

    def bodies(self, content: dict[str, Any], title: str) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        for media, entry in content.items():
            suffix = "Body" if not found else pascal(media.rpartition("/")[2]) + "Body"
            found.append((media, self.named(entry.get("schema", {}), title + suffix)))
        return tuple(found)

    def answer(self, responses: dict[str, Any], title: str) -> tuple[int, str, str | None, str | None]:
        """(status, media type, response schema, event schema) of the first success."""
        status = min(code for code in responses if code.startswith("2"))
        content = _resolve(self.document, responses[status]).get("content", {})
        plain = [media for media in content if media != SSE]
        media = JSON if JSON in plain else (plain or list(content) or [""])[0]
        response = self.named(content[JSON].get("schema", {}), title + "Response") if JSON in content else None
        event = self.named(content[SSE].get("schema", {}), title + "Event") if SSE in content else None
        return int(status), media, response, event

    def row(self, path: str, method: str, item: dict[str, Any]) -> Row:
        definition = item[method]
        title = pascal(definition["operationId"])
        parameters = [_resolve(self.document, p) for p in item.get("parameters", []) + definition.get("parameters", [])]
        query_params = [p for p in parameters if p["in"] == "query"]
        body = _resolve(self.document, definition.get("requestBody", {}))
        status, media_type, response, event = self.answer(definition["responses"], title)
        return Row(
            id=definition["operationId"],
            method=method.upper(),
            path=path,
            group=snake(path.split("/")[1]),
            name=snake(definition["operationId"]),
            definition=definition,
            path_params=tuple(re.findall(r"\{(\w+)\}", path)),
            query_params=tuple(query_params),
            beta=_beta(parameters),
            bodies=self.bodies(body.get("content", {}), title),
            body_required=bool(body.get("required")),
            query=self.query(query_params, title + "Query"),
            status=status,
            media_type=media_type,
            response=response,
            event=event,
        )


def _beta(parameters: list[dict[str, Any]]) -> str | None:
    found = [p for p in parameters if (p["in"], p["name"]) == ("header", BETA_HEADER) and p.get("required")]
    return str(found[0]["schema"]["enum"][0]) if found else None


def read(document: dict[str, Any]) -> tuple[list[Row], Lifted]:
    """Rows in the document's order, and the schemas they name."""
    lifter = _Lifter(document)
    rows = [
        lifter.row(path, method, item)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]
    lifted = Lifted(lifter.components)
    for group in sorted({row.group for row in rows}):
        lifted.groups[group] = _group_schemas([row for row in rows if row.group == group])
    _add_unrouted(document, lifted)
    return rows, lifted


def _group_schemas(rows: list[Row]) -> GroupSchemas:
    return GroupSchemas(
        requests=tuple(sorted({schema for row in rows for _, schema in row.bodies})),
        queries=tuple(sorted({row.query for row in rows if row.query})),
        responses=tuple(sorted({name for row in rows for name in (row.response, row.event) if name})),
    )


def _add_unrouted(document: dict[str, Any], lifted: Lifted) -> None:
    """Webhook payloads, and what no path reaches (WebSocket events): kept for the handwritten runtime."""
    routed = [n for g in lifted.groups.values() for n in (*g.requests, *g.queries, *g.responses)]
    hooks = sorted(set(references(document.get("webhooks", {}))))
    rest = set(lifted.components) - closure([*routed, *hooks], lifted.components)
    roots = rest - {n for name in rest for n in references(lifted.components[name]) if n != name}
    orphans = rest - closure(sorted(roots), lifted.components)
    for group, names in zip(UNROUTED, (tuple(hooks), tuple(sorted(roots | orphans))), strict=True):
        if group in lifted.groups:
            raise ValueError(f"the contract has an operation group named {group}, which holds unrouted schemas")
        lifted.groups[group] = GroupSchemas(responses=names)
