"""The official SDK against a real server process; every answer and stream it sees is checked (tests/support)."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest

from tests.support.assistants import HOSTED, WEATHER
from tests.support.clients import async_sdk, sdk
from tests.support.process import Server


@pytest.fixture
def api(server: Server, request: pytest.FixtureRequest) -> Iterator[openai.OpenAI]:
    """A client with a namespace of the test's own."""
    with sdk(server.base_url, default_headers={"x-fakeai-namespace": namespace(request)}) as client:
        yield client


@pytest.fixture
async def async_api(server: Server, request: pytest.FixtureRequest) -> AsyncIterator[openai.AsyncOpenAI]:
    async with async_sdk(server.base_url, default_headers={"x-fakeai-namespace": namespace(request)}) as client:
        yield client


def namespace(request: pytest.FixtureRequest) -> str:
    return "".join(character for character in request.node.name.lower() if character.isalnum())[:60]


@pytest.fixture
def beta(api: openai.OpenAI) -> Any:
    return api.beta


@pytest.fixture
def helper(beta: Any) -> str:
    """Id of an assistant with a tool of each kind."""
    return str(beta.assistants.create(model="gpt-4o-mini", instructions="Be brief.", tools=[WEATHER, *HOSTED]).id)
