"""A Service makes operations of the contract true, and nothing else."""

import importlib
import inspect
from typing import Any

import pytest

from fakeai.core.api import Api
from fakeai.services import SERVICES
from fakeai_api.operations import OPERATIONS
from tests.coverage import overridden

GROUPS = {operation.group for operation in OPERATIONS.values()}


def service(group: str) -> Any:
    module, name = SERVICES[group].split(":")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("group", SERVICES)
def test_a_service_extends_its_generated_api(group: str) -> None:
    assert group in GROUPS
    router = importlib.import_module(f"fakeai_api.routers.{group}")
    bases = [base for base in service(group).__mro__[1:] if base.__module__ == router.__name__]
    assert len(bases) == 1
    assert issubclass(bases[0], Api)


@pytest.mark.parametrize("group", SERVICES)
def test_public_methods_are_operations_with_the_generated_signature(group: str) -> None:
    names = {operation.name for operation in OPERATIONS.values() if operation.group == group}
    made = overridden(service(group))
    assert made, "a service without an override has no use"
    assert made <= names
    generated = next(base for base in service(group).__mro__ if base.__module__.startswith("fakeai_api.routers."))
    for name in made:
        wanted = list(inspect.signature(getattr(generated, name)).parameters)
        assert list(inspect.signature(getattr(service(group), name)).parameters) == wanted, name


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_the_generated_api_answers_every_operation(group: str) -> None:
    router = importlib.import_module(f"fakeai_api.routers.{group}")
    api = next(
        member for member in vars(router).values() if inspect.isclass(member) and member.__module__ == router.__name__
    )
    names = {operation.name for operation in OPERATIONS.values() if operation.group == group}
    assert {name for name in vars(api) if not name.startswith("_") and name != "fakers"} == names
