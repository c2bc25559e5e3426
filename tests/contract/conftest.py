"""The number of schemathesis' examples, before the modules that use it are collected."""

import pytest

from tests.contract.fuzzing import Examples


def pytest_configure(config: pytest.Config) -> None:
    Examples.number = config.getoption("--contract-examples", Examples.number)
