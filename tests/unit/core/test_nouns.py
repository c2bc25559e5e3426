import pytest

from fakeai.core.nouns import not_found, noun

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("collection", "words"),
    [
        ("vector_stores", "vector store"),
        ("vector_stores/vs_1/file_batches", "file batch"),
        ("responses", "response"),
        ("batches", "batch"),
        ("policies", "policy"),
        ("threads/thread_1/messages", "message"),
        ("data_retention", "data retention"),
    ],
)
def test_noun(collection: str, words: str) -> None:
    assert noun(collection) == words


@pytest.mark.parametrize(
    ("collection", "id", "message", "param"),
    [
        ("files", "file-x", "No such File object: file-x", "id"),
        ("vector_stores", "vs_x", "No vector store found with id 'vs_x'.", None),
        ("threads", "thread_x", "No thread found with id 'thread_x'.", None),
        ("responses", "resp_x", "Response with id 'resp_x' not found.", None),
        ("assistants", "{0}", "No assistant found with id '{0}'.", None),
    ],
)
def test_messages(collection: str, id: str, message: str, param: str | None) -> None:
    error = not_found(collection, id)
    assert (error.status, error.message, error.param, error.code) == (404, message, param, None)


def test_the_request_names_its_own_parameter() -> None:
    assert not_found("files", "file-x", param="after").param == "after"
