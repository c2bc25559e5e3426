"""Stored resources over the wire: pages, uploads, multipart, content."""

from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.support.process import Server

pytestmark = [pytest.mark.service, pytest.mark.integration]


def test_file_content_round_trip(api: openai.OpenAI) -> None:
    data = bytes(range(256)) * 300
    file = api.files.create(file=("bytes.bin", data), purpose="user_data")
    assert (file.filename, file.bytes, file.purpose, file.object) == ("bytes.bin", len(data), "user_data", "file")
    assert file.id.startswith("file-")
    answer = api.files.content(file.id)
    assert answer.read() == data
    assert answer.response.headers["content-type"] == "application/octet-stream"
    assert api.files.retrieve(file.id) == file
    assert api.files.delete(file.id).deleted is True
    for ask in (api.files.retrieve, api.files.content, api.files.delete):
        with pytest.raises(openai.NotFoundError):
            ask(file.id)


def test_large_file(api: openai.OpenAI) -> None:
    data = b"0123456789abcdef" * 262_144
    file = api.files.create(file=("large.txt", data), purpose="user_data")
    assert api.files.content(file.id).read() == data


def test_nested_form_fields(api: openai.OpenAI) -> None:
    """expires_after[anchor] and expires_after[seconds] are one object."""
    file = api.files.create(
        file=("a.jsonl", b"{}"), purpose="batch", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert file.purpose == "batch"
    with pytest.raises(openai.BadRequestError) as caught:
        api.files.create(file=b"{}", purpose="batch", expires_after={"anchor": "created_at", "seconds": 1})
    assert caught.value.param == "expires_after.seconds"
    with pytest.raises(openai.BadRequestError) as caught:
        api.files.create(file=b"{}", purpose="batch", expires_after={"anchor": "never", "seconds": 3600})  # type: ignore[typeddict-item]
    assert caught.value.param == "expires_after.anchor"


def test_missing_file_part(api: openai.OpenAI, server: Server) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        api.post("/files", body={"purpose": "batch"}, cast_to=object, options={"headers": FORM})
    assert (caught.value.code, caught.value.param) == ("missing_required_parameter", "file")


FORM = {"content-type": "multipart/form-data"}


@pytest.mark.parametrize("images", [b"one", [b"one", b"two"]], ids=["image", "image[]"])
def test_one_file_or_a_list(api: openai.OpenAI, images: Any) -> None:
    """The SDK names the part image for one, and image[] for a list."""
    named = [("a.png", image) for image in images] if isinstance(images, list) else ("a.png", images)
    answer = api.images.edit(image=named, prompt="Add a hat", n=2, model="gpt-image-1")
    assert answer.data


def test_arrays_in_forms(api: openai.OpenAI) -> None:
    answer = api.audio.transcriptions.create(
        file=("speech.wav", b"RIFF"),
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert answer.text
    with pytest.raises(openai.BadRequestError) as caught:
        api.audio.transcriptions.create(file=("speech.wav", b"RIFF"), model="whisper-1", include=["thoughts"])  # type: ignore[list-item]
    assert str(caught.value.param).startswith("include")


def test_upload_in_parts(api: openai.OpenAI) -> None:
    upload = api.uploads.create(bytes=6, filename="a.txt", mime_type="text/plain", purpose="assistants")
    assert (upload.status, upload.bytes, upload.filename) == ("pending", 6, "a.txt")
    parts = [api.uploads.parts.create(upload.id, data=data) for data in (b"abc", b"def")]
    assert all(part.upload_id == upload.id and part.id.startswith("part_") for part in parts)
    done = api.uploads.complete(upload.id, part_ids=[part.id for part in reversed(parts)])
    assert done.status == "completed"
    assert done.file
    file = api.files.retrieve(done.file.id)
    assert (file.filename, file.bytes, file.purpose) == ("a.txt", 6, "assistants")
    assert api.files.content(file.id).read() == b"defabc"
    other = api.uploads.create(bytes=6, filename="a.txt", mime_type="text/plain", purpose="assistants")
    assert api.uploads.cancel(other.id).status == "cancelled"


def test_an_upload_refuses_what_does_not_fit(api: openai.OpenAI) -> None:
    upload = api.uploads.create(bytes=4, filename="a.txt", mime_type="text/plain", purpose="assistants")
    part = api.uploads.parts.create(upload.id, data=b"abc")
    with pytest.raises(openai.BadRequestError, match=r"4 bytes, but its parts have 3"):
        api.uploads.complete(upload.id, part_ids=[part.id])
    with pytest.raises(openai.BadRequestError) as caught:
        api.uploads.complete(upload.id, part_ids=[part.id, "part_none"])
    assert caught.value.param == "part_ids[1]"
    api.uploads.complete(upload.id, part_ids=[part.id, api.uploads.parts.create(upload.id, data=b"d").id])
    for late in (api.uploads.cancel, lambda id: api.uploads.parts.create(id, data=b"e")):
        with pytest.raises(openai.BadRequestError, match="status 'completed'"):
            late(upload.id)
    with pytest.raises(openai.NotFoundError):
        api.uploads.complete("upload_none", part_ids=[])


def test_upload_helper(api: openai.OpenAI, tmp_path: Path) -> None:
    """The SDK cuts the file, sends the parts and completes the upload."""
    path = tmp_path / "long.txt"
    path.write_bytes(b"0123456789" * 1000)
    done = api.uploads.upload_file_chunked(file=path, mime_type="text/plain", purpose="assistants", part_size=4000)
    assert (done.status, done.bytes, done.filename) == ("completed", 10_000, "long.txt")


def test_pages_are_followed(api: openai.OpenAI) -> None:
    ids = [api.vector_stores.create(name=f"store {number}").id for number in range(7)]
    newest_first = ids[::-1]
    for limit in (1, 2, 3, 7, 100):
        assert [store.id for store in api.vector_stores.list(limit=limit)] == newest_first
    assert [store.id for store in api.vector_stores.list(limit=3, order="asc")] == ids


async def test_pages_are_followed_asynchronously(async_api: openai.AsyncOpenAI) -> None:
    ids = [(await async_api.files.create(file=(f"{n}.txt", b"x"), purpose="user_data")).id for n in range(5)]
    assert [file.id async for file in async_api.files.list(limit=2, order="asc")] == ids


def test_one_page(api: openai.OpenAI) -> None:
    ids = [api.files.create(file=(f"{n}.txt", b"x"), purpose="user_data").id for n in range(4)]
    page = api.files.list(limit=2, order="asc")
    assert [file.id for file in page.data] == ids[:2]
    raw = page.to_dict()
    assert (raw["object"], raw["first_id"], raw["last_id"], raw["has_more"]) == ("list", ids[0], ids[1], True)
    last = api.files.list(limit=2, order="asc", after=ids[1])
    assert [file.id for file in last.data] == ids[2:]
    assert last.has_more is False
    assert last.has_next_page() is False


def test_before(api: openai.OpenAI) -> None:
    ids = [api.vector_stores.create().id for _ in range(4)]
    assert [store.id for store in api.vector_stores.list(order="asc", before=ids[2]).data] == ids[:2]


def test_empty_page(api: openai.OpenAI) -> None:
    raw = api.files.list().to_dict()
    assert (raw["data"], raw["first_id"], raw["last_id"], raw["has_more"]) == ([], None, None, False)


def test_filters(api: openai.OpenAI) -> None:
    kept = api.files.create(file=b"{}", purpose="batch").id
    api.files.create(file=b"{}", purpose="user_data")
    assert [file.id for file in api.files.list(purpose="batch")] == [kept]


def test_children_follow_their_parent(api: openai.OpenAI) -> None:
    store = api.vector_stores.create()
    file = api.files.create(file=b"text", purpose="assistants")
    api.vector_stores.files.create(vector_store_id=store.id, file_id=file.id)
    assert [one.id for one in api.vector_stores.files.list(store.id)] == [file.id]
    api.vector_stores.delete(store.id)
    with pytest.raises(openai.NotFoundError):
        api.vector_stores.files.list(store.id)
    assert api.files.retrieve(file.id).id == file.id


def test_unknown_ids_can_be_fabricated_by_header(server: Server) -> None:
    url, headers = f"{server.base_url}/files/file-anything", {"x-fakeai-unknown-ids": "fabricate"}
    assert httpx.get(url, headers=headers).json()["id"] == "file-anything"
    assert httpx.get(url).status_code == 404


def test_brackets_in_queries(api: openai.OpenAI, server: Server) -> None:
    """All spellings of an array mean the same."""
    namespace = {"x-fakeai-namespace": "brackets"}
    for query in ("include[]=a&include[]=b", "include=a&include=b", "include=a,b", "include%5B%5D=a"):
        answer = httpx.get(f"{server.base_url}/responses/none/input_items?{query}", headers=namespace)
        assert answer.status_code == 400
        assert answer.json()["error"]["param"].startswith("include")


def test_a_bad_wish_for_unknown_ids_is_told(server: Server) -> None:
    answer = httpx.get(f"{server.base_url}/files", headers={"x-fakeai-unknown-ids": "invent"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "x-fakeai-unknown-ids"


@pytest.mark.parametrize("session", [{}, {"session": {"type": "realtime"}}], ids=["bare", "with a session"])
def test_a_realtime_call_is_located(api: openai.OpenAI, session: dict[str, Any]) -> None:
    places = [api.realtime.calls.create(sdp="v=0", **session).response.headers["location"] for _ in range(2)]
    assert len(set(places)) == 2
    path, _, id = places[0].rpartition("/")
    assert path == "/v1/realtime/calls"
    assert id.startswith("rtc_")
    api.realtime.calls.hangup(id)
