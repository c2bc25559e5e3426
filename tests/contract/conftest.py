"""schemathesis' examples: how many, known before the modules that use it are collected, and the same in every run."""

from collections.abc import Iterator

import pytest
from hypothesis.internal.conjecture import providers

from tests.contract.fuzzing import Examples


def pytest_configure(config: pytest.Config) -> None:
    Examples.number = config.getoption("--contract-examples", Examples.number)


@pytest.fixture(autouse=True)
def _no_constants_of_loaded_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """hypothesis tries constants of whatever modules were imported so far, which depends on the tests run before."""
    providers.CONSTANTS_CACHE.cache.clear()
    monkeypatch.setattr(providers, "_get_local_constants", providers.Constants)
    yield
    providers.CONSTANTS_CACHE.cache.clear()
