import io
import zipfile

import pytest

from fakeai.core.binaries import fake_bytes
from fakeai.core.seeds import draws

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("media_type", ["application/zip", "video/mp4", "application/sdp", "text/plain"])
def test_equal_seeds_give_equal_bytes(media_type: str) -> None:
    assert fake_bytes(media_type, draws(1)) == fake_bytes(media_type, draws(1))
    assert fake_bytes(media_type, draws(1)) != fake_bytes(media_type, draws(2))


def test_a_zip_archive_opens() -> None:
    with zipfile.ZipFile(io.BytesIO(fake_bytes("application/zip", draws(1)))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["README.txt"]
        assert b"FakeAI" in archive.read("README.txt")


def test_a_video_is_a_row_of_boxes() -> None:
    data = fake_bytes("video/mp4", draws(1))
    kinds = []
    while data:
        size = int.from_bytes(data[:4], "big")
        kinds.append((data[4:8], size))
        assert len(data) >= size >= 8
        data = data[size:]
    assert [kind for kind, _ in kinds] == [b"ftyp", b"moov", b"free"]
    assert kinds[1][1] == 8 + 108
