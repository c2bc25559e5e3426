"""Text of operations.py (table and trie) and of routers/<group>.py."""

from dataclasses import dataclass
from pprint import pformat
from typing import Any

import jinja2

from fakeai_generator.fakers import faker_name
from fakeai_generator.kinds import Fact
from fakeai_generator.tree import Row, pascal

Trie = dict[str, Any]
Classes = dict[str, dict[str, str]]
"""Group → schema → class in models/<group>.py."""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("fakeai_generator"), keep_trailing_newline=True, undefined=jinja2.StrictUndefined
)


def emit_operations(rows: list[Row], facts: dict[str, Fact], classes: Classes) -> str:
    ordered = sorted(rows, key=lambda row: row.id)
    operations = [(_literal(row.id), _fields(row, facts[row.id], classes[row.group])) for row in ordered]
    return _TEMPLATES.get_template("operations.py.j2").render(operations=operations, trie=_literal(trie(rows), 110))


def emit_routers(rows: list[Row], facts: dict[str, Fact], classes: Classes) -> dict[str, str]:
    template = _TEMPLATES.get_template("router.py.j2")
    files = {"routers/__init__.py": ""}
    for group in sorted({row.group for row in rows}):
        methods = [_method(row, facts[row.id]) for row in rows if row.group == group]
        text = template.render(group=group, class_name=api_class(group), methods=methods)
        files[f"routers/{group}.py"] = text.rstrip() + "\n"
    return files


def api_class(group: str) -> str:
    return pascal(group) + "Api"


def trie(rows: list[Row]) -> Trie:
    root: Trie = {}
    for row in sorted(rows, key=lambda row: (row.path, row.method)):
        node = root
        wild = "{+}" if row.definition.get("x-fakeai-greedy") else "{}"
        for segment in row.path.strip("/").split("/"):
            node = node.setdefault(wild if segment.startswith("{") else segment, {})
        node.setdefault("", {})[row.method] = row.id
    return root


def _literal(value: Any, width: int = 10_000) -> str:
    return pformat(value, width=width, sort_dicts=True, compact=True)


def _fields(row: Row, fact: Fact, classes: dict[str, str]) -> list[tuple[str, str]]:
    """Arguments of Operation(...); what equals its default is left out."""
    values: dict[str, Any] = {
        "id": row.id,
        "method": row.method,
        "path": row.path,
        "group": row.group,
        "name": row.name,
        "kind": fact.kind,
        "security": "admin" if any("Admin" in name for s in row.definition.get("security", []) for name in s) else None,
        "beta": row.beta,
        "path_params": row.path_params,
        "body": tuple((media, classes[schema]) for media, schema in row.bodies),
        "body_required": row.body_required,
        "query": classes[row.query] if row.query else None,
        "status": row.status if row.status != 200 else None,
        "media_type": row.media_type if row.media_type != "application/json" else None,
        "faker": faker_name(row.response) if row.response else None,
        "event": faker_name(row.event) if row.event else None,
        "collection": fact.collection,
        "object_faker": faker_name(fact.object_schema) if fact.object_schema else None,
        "parents": fact.parents,
        "id_param": fact.id_param,
        "id_prefix": fact.id_prefix,
        "id_field": fact.id_field if fact.id_field != "id" else None,
        "id_from": fact.id_from,
        "echo": fact.echo,
        "defaults": fact.defaults,
        "given": fact.given,
        "filters": fact.filters,
        "lenient_cursor": fact.lenient_cursor,
        "page": fact.page,
    }
    fields = [
        (name, _literal(value)) for name, value in values.items() if value or (name == "media_type" and value == "")
    ]
    return fields + ([("lifecycle", _lifecycle(fact.lifecycle))] if fact.lifecycle else [])


def _lifecycle(row: dict[str, Any]) -> str:
    states = ", ".join(_state(state) for state in row["states"])
    actions = ", ".join(f"{_literal(id)}: {_state(state)}" for id, state in sorted(row.get("actions", {}).items()))
    return f"Lifecycle({_literal(row['field'])}, ({states},), {{{actions}}})"


def _state(row: dict[str, Any]) -> str:
    clear = tuple(row.get("clear", ()))
    return f"State({row['value']!r}, {float(row.get('after_s', 0))!r}, {row.get('set_time')!r}, {clear!r})"


@dataclass(frozen=True)
class _Method:
    name: str
    verb: str
    path: str
    kind: str
    body: str
    fakers: str


def _method(row: Row, fact: Fact) -> _Method:
    body = ", body: Document" if row.bodies else ""
    answer = f", fakers.{faker_name(row.response)}" if row.response else ", None"
    wants_object = fact.object_schema and fact.object_schema != row.response
    stored = f", fakers.{faker_name(fact.object_schema)}" if wants_object and fact.object_schema else ""
    return _Method(row.name, row.method, row.path, fact.kind, body, answer + stored)
