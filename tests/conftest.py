"""An application whose clock stands still but for requests, and a real server process, each with a checked client."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.server.app import App
from tests.support.clients import in_process
from tests.support.process import Server, running

EPOCH_S = 1_700_000_000.0
TESTS = Path(__file__).parent


MARKS = {"unit": "unit", "generator": "unit", "cli": "integration", "docs": "integration", "server": "service"}
"""Folder → mark of every test in it; files add finer ones."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mark = MARKS.get(item.path.relative_to(TESTS).parts[0])
        if mark:
            item.add_marker(mark)


def pytest_addoption(parser: pytest.Parser) -> None:
    help_text = "schemathesis examples for each operation (%(default)s)"
    parser.addoption("--contract-examples", type=int, default=10, metavar="N", help=help_text)
    help_text = "random JSON schemas that a value is written for (%(default)s)"
    parser.addoption("--schema-examples", type=int, default=600, metavar="N", help=help_text)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    for name in [name for name in os.environ if name.upper().startswith("FAKEAI_")]:
        del os.environ[name]


@pytest.fixture
def app() -> App:
    return App(AppConfig(core={"epoch": EPOCH_S}))


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with in_process(app) as client:
        yield client


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """With default settings; shared by the tests of one worker, so use a namespace of your own to count things."""
    with running() as server:
        yield server
