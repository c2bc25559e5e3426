"""Generated modules and services, imported when their group is first asked for."""

import importlib
from collections.abc import Awaitable, Callable
from functools import cache, partial
from typing import Any

from pydantic import BaseModel

from fakeai.core.api import Api
from fakeai.core.checks import accepting
from fakeai.core.operation import Operation
from fakeai.core.socket import Socket
from fakeai.engine.engine import Engine
from fakeai.services import SERVICES, SOCKETS
from fakeai_api.operations import OPERATIONS


@cache
def model_class(group: str, name: str) -> type[BaseModel]:
    """A request model by the name that the operation table gives."""
    found: type[BaseModel] = getattr(importlib.import_module(f"fakeai_api.models.{group}"), name)
    return found


def _api_class(group: str) -> type[Api]:
    module = importlib.import_module(f"fakeai_api.routers.{group}")
    return getattr(module, "".join(part.capitalize() for part in group.split("_")) + "Api")  # type: ignore[no-any-return]


class Handlers:
    """operationId → bound method of the group's Service, or of its generated Api where nobody wrote one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._services: dict[str, Api] = {}
        self._methods: dict[str, Any] = {}

    def of(self, operation: Operation) -> Any:
        method = self._methods.get(operation.id)
        if method is None:
            method = self._methods[operation.id] = getattr(self.service(operation.group), operation.name)
        return method

    def socket(self, segments: list[str]) -> Callable[[Socket], Awaitable[None]] | None:
        """What converses over WebSockets at this path."""
        place = SOCKETS.get("/".join(segments))
        if place is None:
            return None
        module, name = place.split(":")
        return partial(getattr(importlib.import_module(module), name), self.service(segments[0]))

    def service(self, group: str) -> Api:
        service = self._services.get(group)
        if service is None:
            service = self._services[group] = self._load(group)
        return service

    def warm(self, group: str) -> None:
        """Makes what the first request of each operation needs."""
        self.service(group)
        for operation in OPERATIONS.values():
            if operation.group == group and operation.body:
                accepting(model_class(group, operation.body[0][1]))

    def _load(self, group: str) -> Api:
        if group not in SERVICES:
            return _api_class(group)()
        module, name = SERVICES[group].split(":")
        made: Api = getattr(importlib.import_module(module), name)(self._engine)
        return made
