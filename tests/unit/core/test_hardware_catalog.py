import dataclasses

import pytest

from fakeai.core.efficiency import Profile
from fakeai.core.hardware_catalog import Hardware, UnknownHardware
from fakeai_api.hardware import CHIPS, ENGINES, GPUS, LINKS


def hardware(*more: object, profiles: tuple[Profile, ...] = ()) -> Hardware:
    return Hardware([*GPUS.values(), *more], LINKS.values(), CHIPS.values(), ENGINES.values(), profiles)  # type: ignore[list-item]


@pytest.mark.parametrize("name", ["h100-sxm", "H100-SXM", " h100_sxm ", "H100", "H100 SXM5"])
def test_ids_and_aliases_are_matched_however_they_are_written(name: str) -> None:
    assert hardware().gpu(name).id == "h100-sxm"


def test_an_unknown_chip_is_answered_with_the_nearest_names() -> None:
    with pytest.raises(UnknownHardware, match=r"^gpu 'h10-sxm' is not known; the nearest are h100-sxm"):
        hardware().gpu("h10-sxm")
    with pytest.raises(UnknownHardware, match=r"^link 'nvlink9'"):
        hardware().link("nvlink9")


def test_of_two_rows_of_one_id_the_later_wins() -> None:
    mine = dataclasses.replace(GPUS["h100-sxm"], mem_gb=1.0)
    assert hardware(mine).gpu("H100-SXM").mem_gb == 1.0
    assert hardware(mine).gpu("h100").mem_gb == 1.0


def test_an_architecture_without_a_row_has_the_default() -> None:
    assert hardware().chip("martian") == CHIPS["default"]


def test_profiles_are_found_by_their_whole_key_only() -> None:
    profile = Profile("vllm", "m", "g", "fp8", 2, memory=1.1)
    found = hardware(profiles=(profile,))
    assert found.profile("vllm", "m", "g", "fp8", 2) is profile
    assert found.profile("vllm", "m", "g", "fp8", 4) is None
