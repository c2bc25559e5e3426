import pytest

from fakeai.core.call import Upload
from fakeai.state.blobs import Blobs, Spilled

pytestmark = pytest.mark.unit

SMALL = Upload("a.txt", "text/plain", b"1234")
LARGE = Upload("b.bin", "application/octet-stream", b"12345")


def test_only_blobs_above_the_bound_go_to_disk() -> None:
    blobs = Blobs(spill_above_bytes=4)
    assert blobs.put(SMALL) is SMALL
    spilled = blobs.put(LARGE)
    assert isinstance(spilled, Spilled)
    assert spilled.path.read_bytes() == b"12345"
    assert blobs.get(spilled) == LARGE
    assert blobs.get(SMALL) == SMALL


def test_nothing_is_written_without_a_bound() -> None:
    assert Blobs(spill_above_bytes=None).put(LARGE) is LARGE


def test_dropping_leaves_no_file_and_the_folder_goes_with_its_owner() -> None:
    blobs = Blobs(spill_above_bytes=0)
    first, second = blobs.put(SMALL), blobs.put(LARGE)
    assert isinstance(first, Spilled)
    assert isinstance(second, Spilled)
    blobs.drop(first)
    assert not first.path.exists()
    assert second.path.exists()
    del blobs
    assert not second.path.parent.exists()
