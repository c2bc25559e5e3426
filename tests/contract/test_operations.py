"""Every operation answers a valid request with what the contract says, the same bytes for the same seed."""

import hashlib

import httpx
import pytest

from fakeai.config import AppConfig
from fakeai.core.operation import Operation
from fakeai.server.app import App
from fakeai_api.operations import OPERATIONS
from tests.conftest import EPOCH_S
from tests.contract.requests import CONTRACT_MODE, request_for
from tests.support.clients import in_process
from tests.support.process import running

STREAMING = [operation for operation in OPERATIONS.values() if operation.event]
SEEDS = range(3)

pytestmark = pytest.mark.contract


def contract_app() -> App:
    return App(AppConfig(core={"epoch": EPOCH_S}, **CONTRACT_MODE))


@pytest.fixture(scope="module")
def contract_mode() -> App:
    return contract_app()


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.id)
async def test_a_valid_request_succeeds(contract_mode: App, operation: Operation) -> None:
    async with in_process(contract_mode) as client:
        for seed in SEEDS:
            sent = request_for(operation, seed)
            answer = await sent.by(client)
            assert answer.status_code == operation.status, (sent, answer.text)


@pytest.mark.parametrize("operation", STREAMING, ids=lambda operation: operation.id)
async def test_a_stream_succeeds(contract_mode: App, operation: Operation) -> None:
    async with in_process(contract_mode) as client:
        sent = request_for(operation, "stream", stream=True)
        answer = await sent.by(client)
        assert answer.status_code == 200, (sent, answer.text)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "data: " in answer.text


async def test_equal_histories_give_equal_bytes() -> None:
    async with in_process(contract_app()) as one, in_process(contract_app()) as other:
        for operation in OPERATIONS.values():
            first, second = [await request_for(operation, 0).by(client) for client in (one, other)]
            assert first.content == second.content, operation.id
            assert first.headers["x-request-id"] == second.headers["x-request-id"]


async def test_another_seed_gives_other_bytes() -> None:
    other_seed = App(AppConfig(core={"epoch": EPOCH_S, "seed": 1}, **CONTRACT_MODE))
    sent = request_for(OPERATIONS["createAssistant"], 0)
    async with in_process(contract_app()) as one, in_process(other_seed) as other:
        assert (await sent.by(one)).json()["id"] != (await sent.by(other)).json()["id"]


def test_two_processes_give_equal_bytes() -> None:
    assert _digests_of_a_process() == _digests_of_a_process()


def _digests_of_a_process() -> dict[str, str]:
    """Answer's hash of every ninth operation."""
    options = ("--contract", "--set", f"core.epoch={EPOCH_S}", "--set", "core.seed=5")
    digests = {}
    with running(*options) as server, httpx.Client(base_url=server.base_url) as client:
        for operation in list(OPERATIONS.values())[::9]:
            sent = request_for(operation, 0)
            answer = client.request(sent.method, sent.url.lstrip("/"), params=sent.params, **sent.content)
            digests[operation.id] = hashlib.sha256(answer.content).hexdigest()
    return digests
