"""Paths to operations."""

import pytest

from fakeai.server.routes import Routes
from fakeai_api.operations import OPERATIONS

pytestmark = pytest.mark.unit

ROUTES = Routes()


@pytest.mark.parametrize("prefix", ["", "/v1", "/ns/acme/v1", "/ns/acme"])
def test_every_operation_is_found(prefix: str) -> None:
    for operation in OPERATIONS.values():
        path = operation.path.format_map({name: f"{name}-value" for name in operation.path_params})
        route = ROUTES.of((prefix + path).encode())
        assert route is not None
        assert route.methods[operation.method] is operation
        assert route.values == tuple(f"{name}-value" for name in operation.path_params)
        assert route.namespace == ("acme" if "ns" in prefix else None)


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v2/models", "/v1/nothing", "/v1/files/a/b/c", "/ns", "/ns/a", "/docs"]
)
def test_other_paths_are_not(path: str) -> None:
    assert ROUTES.of(path.encode()) is None


ENCODED = {
    "models/a%2Fb": "a/b",
    "models/a/b": "a/b",
    "files/%C3%A9": "é",
    "files/a%20b": "a b",
    "files/%2e%2e": "..",
}


@pytest.mark.parametrize(("path", "id"), ENCODED.items())
def test_values_are_decoded(path: str, id: str) -> None:
    route = ROUTES.of(f"/v1/{path}".encode())
    assert route is not None
    assert route.values == (id,)


def test_paths_with_values_are_not_remembered() -> None:
    routes = Routes()
    for number in range(100):
        routes.of(f"/v1/files/file-{number}".encode())
        routes.of(f"/v1/nothing/{number}".encode())
        routes.of(f"/ns/n{number}/v1/models".encode())
    assert len(routes._known) == 0
    routes.of(b"/v1/models")
    assert len(routes._known) == 1
