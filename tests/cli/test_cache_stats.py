"""`fakeai cache-stats` against a real server."""

import json
from collections.abc import Iterator

import httpx
import pytest

from fakeai.cli import main
from tests.support.process import running

pytestmark = pytest.mark.integration
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tides " * 100}], "max_tokens": 4}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        for _ in range(2):
            assert httpx.post(f"{server.base_url}/chat/completions", json=CHAT).status_code == 200
        yield server.url


def test_json_is_what_the_server_says(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache-stats", url, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert 0 < facts["hit_tokens"] < facts["queried_tokens"]
    assert facts == httpx.get(f"{url}/v1/kv-cache/metrics").json()


def test_tables_show_models_and_workers(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache-stats", url]) == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("gpt-4o", "default", "worker-0", "prompt tokens were cached"))


def test_nobody_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache-stats", "http://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
