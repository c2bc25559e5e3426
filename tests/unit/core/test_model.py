from typing import Any

import pytest
from pydantic import ValidationError

from fakeai.core.call import Upload
from fakeai.core.model import ApiModel, ApiRoot, File, Omittable


class Setting(ApiModel):
    count: Omittable[int] = None
    share: float | None = None
    file: Omittable[File] = None


class Settings(ApiRoot):
    root: list[Setting]


@pytest.mark.parametrize("bad", [{"count": "1"}, {"count": True}, {"count": None}, {"count": 1.0}, {"share": "0.5"}])
def test_json_types_are_strict(bad: Any) -> None:
    with pytest.raises(ValidationError):
        Setting.model_validate(bad)
    with pytest.raises(ValidationError):
        Settings.model_validate([bad])


def test_text_converts_when_asked_to() -> None:
    assert Setting.model_validate({"count": "1", "share": "0.5"}, strict=False) == Setting(count=1, share=0.5)


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity"])
def test_text_of_no_json_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Setting.model_validate({"share": text}, strict=False)


@pytest.mark.parametrize("content", ["text", b"bytes", Upload("a", "text/plain", b"a")])
def test_files_are_kept_as_they_come(content: Any) -> None:
    assert Setting.model_validate({"file": content}).file is content


def test_anything_else_is_no_file() -> None:
    with pytest.raises(ValidationError) as caught:
        Setting.model_validate({"file": {"name": "a"}})
    assert caught.value.errors()[0]["type"] == "file_type"


def test_unknown_properties_are_ignored() -> None:
    assert Setting.model_validate({"unknown": 1}).model_fields_set == set()
