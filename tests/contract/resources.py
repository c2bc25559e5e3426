"""Stored resources of the contract, and a client's view of one."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from fakeai.core.operation import Operation
from fakeai_api.operations import OPERATIONS
from tests.contract.requests import request_for

Document = dict[str, Any]

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say something."}], "store": True}
BODIES: dict[str, Document] = {
    "createAssistant": {"model": "gpt-4o-mini", "name": "Helper", "tools": [{"type": "code_interpreter"}]},
    "createChatCompletion": CHAT,
    "createConversationItems": {
        "items": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say something."}]}]
    },
    "createMessage": {"role": "user", "content": "Say something."},
    "createThread": {},
    "modifyAssistant": {"model": "gpt-4o", "name": "Other helper"},
    "createResponse": {"model": "gpt-4o-mini", "input": "Say something."},
}
"""Where a sampled request would not do: services refuse much that the schemas allow, and a list may be empty."""


@dataclass
class Resource:
    """The operations on one collection, by kind; of several that create, the one at the collection's own path."""

    collection: str
    operations: dict[str, Operation] = field(default_factory=dict)
    actions: list[Operation] = field(default_factory=list)

    def __str__(self) -> str:
        return self.collection

    @property
    def create(self) -> Operation:
        return self.operations["create"]

    def answers_object(self, kind: str) -> bool:
        """Whether an operation of this kind answers with the stored object itself."""
        operation = self.operations.get(kind)
        return operation is not None and operation.faker is not None and operation.faker == operation.object_faker


RUNS = "threads/{thread_id}/runs"
"""They need an assistant, come one after the other and change by themselves: tests/server/test_run_times.py."""


def resources() -> dict[str, Resource]:
    """Every collection to which an operation adds, but runs."""
    found: dict[str, Resource] = {}
    for operation in OPERATIONS.values():
        if operation.collection in (None, RUNS):
            continue
        resource = found.setdefault(operation.collection, Resource(operation.collection))
        if operation.kind == "action":
            resource.actions.append(operation)
        elif operation.kind not in resource.operations or operation.path.strip("/") == operation.collection:
            resource.operations[operation.kind] = operation
    return {name: resource for name, resource in found.items() if "create" in resource.operations}


RESOURCES = resources()


@dataclass
class Maker:
    """Creates objects, with the parents they need, through the API."""

    client: httpx.AsyncClient
    made: int = 0

    async def parents_of(self, operation: Operation) -> dict[str, str]:
        """Path parameters with the ids of new objects; those that name no stored object get their own name."""
        path = {name: name for name in operation.path_params}
        for collection, param in operation.parents:
            path[param] = await self.id_of_new(RESOURCES[collection], path)
        return path

    async def id_of_new(self, resource: Resource, path: dict[str, str]) -> str:
        return str((await self.new(resource, path))[resource.create.id_field])

    async def new(self, resource: Resource, path: dict[str, str]) -> Document:
        """The created object: what retrieve answers where the creation answers otherwise."""
        self.made += 1
        create = resource.create
        sent = request_for(create, self.made, **path)
        if create.id in BODIES:
            sent.content = {"json": BODIES[create.id]}
        wanted = f"{create.id_prefix}given{self.made}"
        if create.id_from:
            sent.content["json"][create.id_from] = wanted
        answer = await sent.by(self.client)
        assert answer.status_code == create.status, (sent, answer.text)
        made: Document = answer.json()
        if made.get("object") == "list":
            made = made["data"][0]
        id = wanted if create.id_from else str(made[create.id_field])
        if "retrieve" in resource.operations and not resource.answers_object("create"):
            made = await self.ask(resource, "retrieve", path, id)
        return {create.id_field: id} | made

    async def ask(self, resource: Resource, kind: str, path: dict[str, str], id: str) -> Document:
        answer = await self.request(resource.operations[kind], path, id)
        assert answer.status_code == 200, (kind, answer.text)
        return dict(answer.json()) if answer.content else {}

    async def request(self, operation: Operation, path: dict[str, str], id: str) -> httpx.Response:
        own = {operation.id_param: id} if operation.id_param else {}
        return await request_for(operation, id, **path | own).by(self.client)
