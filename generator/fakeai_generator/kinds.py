"""What an operation does to which resource, read from its path, its schemas and overlay rows.

A collection is a path under which objects have an id: /threads/{thread_id}/messages. Rules, in this order:
x-fakeai-kind on the operation; item paths (GET retrieve, DELETE delete, POST/PUT/PATCH update); item path + verb by
POST (action); POST on a collection (create); GET whose answer has a data array (list); GET and POST of one schema at a
path without id (a singleton: retrieve, update); everything else is compute.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from fakeai_generator.echo import echoes
from fakeai_generator.merge import Merger, properties_of
from fakeai_generator.tree import Lifted, Row

PAGE_FIELDS = ("object", "data", "first_id", "last_id", "has_more", "next", "next_page", "total")
OWN = ("retrieve", "update", "delete", "action")
"""Kinds that address one object by its id."""
PAGING = ("after", "before", "limit", "order", "page")
_ITEM = re.compile(r"(.+)/\{(\w+)\}$")
_ACTION = re.compile(r"(.+)/\{\w+\}/[^{]+$")


@dataclass
class Fact:
    """The resource half of runtime's Operation; names are as there."""

    kind: str
    collection: str | None = None
    object_schema: str | None = None
    parents: tuple[tuple[str, str], ...] = ()
    id_param: str | None = None
    id_prefix: str = ""
    id_field: str = "id"
    id_from: str | None = None
    echo: tuple[str, ...] = ()
    defaults: dict[str, Any] = field(default_factory=dict)
    given: bool = False
    filters: tuple[str, ...] = ()
    lenient_cursor: bool = False
    page: tuple[str, ...] = ()
    lifecycle: dict[str, Any] = field(default_factory=dict)


def facts(rows: list[Row], lifted: Lifted) -> dict[str, Fact]:
    """operationId → Fact."""
    return _Resources(rows, lifted).facts()


class _Resources:
    def __init__(self, rows: list[Row], lifted: Lifted) -> None:
        self.rows = rows
        self.components = lifted.components
        self.items = {match[1]: match[2] for row in rows if (match := _ITEM.match(row.path))}
        self.with_actions = {match[1] for row in rows if (match := _ACTION.match(row.path))}
        for row in rows:
            if row.definition.get("x-fakeai-kind") == "create" and "x-fakeai-collection" not in row.definition:
                self.items.setdefault(row.path, self._item_below(row.path))
        made = [(self.collection_of(row), row) for row in rows if self.kind(row) == "create"]
        self.creators = {collection: row for collection, row in made if collection}
        self.objects = {path: self._object_schema(path) for path in {*self.items, *self.creators}}

    def _item_below(self, path: str) -> str:
        """The parameter right below path in a longer path, as {upload_id} in /uploads/{upload_id}/cancel."""
        below = re.compile(re.escape(path) + r"/\{(\w+)\}(/|$)")
        return next((m[1] for row in self.rows if (m := below.match(row.path))), "id")

    def facts(self) -> dict[str, Fact]:
        return {row.id: self.fact(row) for row in self.rows}

    def properties(self, schema: str | None) -> dict[str, Any]:
        return properties_of(self.components[schema], self.components) if schema else {}

    def kind(self, row: Row) -> str:
        given = row.definition.get("x-fakeai-kind")
        if given:
            return str(given)
        if _ITEM.match(row.path):
            return {"GET": "retrieve", "DELETE": "delete"}.get(row.method, "update")
        if row.method == "POST" and self._is_action(row):
            return "action"
        if row.method == "POST" and (row.path in self.items or row.path in self.with_actions):
            return "create"
        if row.method == "GET" and "data" in self.properties(row.response):
            return "list"
        return self._singleton(row)

    def _is_action(self, row: Row) -> bool:
        parent = _ITEM.match(row.path.rpartition("/")[0])
        if parent is None or row.path in self.items:
            return False
        return parent[1] in self.items or parent[1] in self.with_actions

    def _singleton(self, row: Row) -> str:
        same = [r for r in self.rows if r.path == row.path and r.response and r.response == row.response]
        if {r.method for r in same} >= {"GET", "POST"}:
            return "retrieve" if row.method == "GET" else "update"
        return "compute"

    def collection_of(self, row: Row) -> str | None:
        given = row.definition.get("x-fakeai-collection")
        if given:
            return str(given)
        kind, item = self.kind(row), self._item(row)
        if kind in OWN and item:
            return item[1]
        return row.path if kind in ("create", "list", "retrieve", "update") else None

    def _item(self, row: Row) -> re.Match[str] | None:
        """The path up to the addressed object's id; an action's verb may follow it."""
        return _ITEM.match(row.path) or (
            _ITEM.match(row.path.rpartition("/")[0]) if self.kind(row) == "action" else None
        )

    def _object_schema(self, collection: str) -> str | None:
        """The schema of a stored object: what retrieve answers, else what create or update answers."""
        wanted = ("retrieve", "create", "update")
        found = {
            self.kind(row): row.response for row in self.rows if self.collection_of(row) == collection and row.response
        }
        return next((found[kind] for kind in wanted if kind in found), None)

    def _parents(self, row: Row, own: str | None) -> tuple[tuple[str, str], ...]:
        """Objects on the path that some operation creates, the addressed one left out."""
        prefixes = [row.path[: m.start()] + "/" + m[0][1:] for m in re.finditer(r"/\{\w+\}", row.path)]
        pairs = [(m[1], m[2]) for prefix in prefixes if (m := _ITEM.match(prefix))]
        return tuple((store_name(path), param) for path, param in pairs if path in self.creators and path != own)

    def fact(self, row: Row) -> Fact:
        kind, collection = self.kind(row), self.collection_of(row)
        own = collection if kind in OWN else None
        fact = Fact(kind, parents=self._parents(row, own))
        if collection is None:
            return fact
        creator = self.creators.get(collection)
        fact.collection = store_name(collection)
        fact.given = creator is None
        fact.object_schema = self.objects.get(collection) or self._item_schema(row)
        item = self._item(row)
        fact.id_param = item[2] if own and item else None
        fact.id_prefix = creator.definition.get("x-fakeai-id-prefix", "") if creator else ""
        fact.id_field = self._id_field(collection, fact.object_schema)
        fact.lifecycle = creator.definition.get("x-fakeai-lifecycle", {}) if creator else {}
        self._add_shapes(fact, row, collection)
        return fact

    def _item_schema(self, row: Row) -> str | None:
        return None if self.kind(row) == "list" else row.response

    def _id_field(self, collection: str, schema: str | None) -> str:
        names = self.properties(schema)
        param = self.items.get(collection, "id")
        return param if param in names else "id"

    def _add_shapes(self, fact: Fact, row: Row, collection: str) -> None:
        kept = self.properties(fact.object_schema)
        if fact.kind in ("create", "update") and row.bodies and fact.object_schema:
            request = self.components[row.bodies[0][1]]
            fact.echo = echoes(request, self.components[fact.object_schema], self.components)
            fact.defaults = self._defaults(fact.echo, request, kept)
            fact.id_from = self._id_from(row, self.items.get(collection), request) if fact.kind == "create" else None
        if fact.kind == "list":
            fact.lenient_cursor = row.definition.get("x-fakeai-lenient-cursor", False)
            fact.page = tuple(name for name in PAGE_FIELDS if name in self.properties(row.response))
            names = [p["name"].removesuffix("[]") for p in row.query_params]
            fact.filters = tuple(name for name in names if name in kept and name not in PAGING)

    def _id_from(self, row: Row, param: str | None, request: dict[str, Any]) -> str | None:
        """x-fakeai-id-from: false says that the property names another object."""
        names_it = row.definition.get("x-fakeai-id-from", True) and param in properties_of(request, self.components)
        return param if names_it else None

    def _defaults(self, names: tuple[str, ...], request: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
        """What an object says of an echoed property that the request leaves out; see runtime's Operation."""
        asked = properties_of(request, self.components)
        found: dict[str, Any] = {}
        for name in names:
            schema = Merger(self.components).target(kept[name])
            default = asked[name].get("default")
            if default is not None or {"type": "null"} in schema.get("anyOf", [schema]):
                found[name] = default
        return found


def store_name(path: str) -> str:
    return path.strip("/")
