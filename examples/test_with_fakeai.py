"""A server for one's own tests, one process for the whole session: pytest examples/test_with_fakeai.py"""

import re
import subprocess
from collections.abc import Iterator

import pytest
from openai import OpenAI


@pytest.fixture(scope="session")
def fakeai_url() -> Iterator[str]:
    command = ["fakeai", "server", "--port", "0", "--fixed-text", "It is sunny."]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield re.search(r"http://\S+", process.stdout.readline())[0]
        process.terminate()


@pytest.fixture
def client(fakeai_url: str, request: pytest.FixtureRequest) -> OpenAI:
    """Each test has a namespace of its own."""
    namespace = re.sub(r"[^a-z0-9_.]", "_", request.node.name.lower())[:63]
    return OpenAI(base_url=f"{fakeai_url}/ns/{namespace}/v1", api_key="sk-fake")


def test_it_is_sunny(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Weather?"}])
    assert answer.choices[0].message.content == "It is sunny."


@pytest.mark.parametrize("count", [0, 2])
def test_files_are_this_tests_own(client: OpenAI, count: int) -> None:
    for _ in range(count):
        client.files.create(file=("a.txt", b"text"), purpose="user_data")
    assert len(client.files.list().data) == count
