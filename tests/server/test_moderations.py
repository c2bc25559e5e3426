"""Moderation through the SDK."""

import base64
import struct
import zlib
from typing import Any

import openai
import pytest

from fakeai.content import tokenizer as tokenizers

pytestmark = [pytest.mark.service, pytest.mark.integration]

THREAT = "I will kill you"
IMAGE = "https://example.com/cat.png"


def png() -> str:
    header = b"IHDR" + struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return "data:image/png;base64," + base64.b64encode(data).decode()


def image(url: str = IMAGE) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def test_a_text(api: openai.OpenAI) -> None:
    answer = api.moderations.create(input=THREAT)
    assert answer.id.startswith("modr-")
    assert answer.model == "omni-moderation-2024-09-26"
    (result,) = answer.results
    assert result.flagged
    assert result.categories.violence
    assert result.categories.harassment_threatening
    assert not result.categories.sexual
    assert result.category_scores.violence > 0.8
    assert result.category_applied_input_types.violence == ["text"]
    assert api.moderations.create(input=THREAT).results == answer.results


def test_a_result_for_each_text(api: openai.OpenAI) -> None:
    texts = ["Good morning!", THREAT, ""]
    results = api.moderations.create(input=texts, model="omni-moderation-latest").results
    assert [result.flagged for result in results] == [False, True, False]
    assert results == [api.moderations.create(input=text).results[0] for text in texts]


@pytest.mark.parametrize("url", [IMAGE, png()], ids=["remote", "data"])
def test_one_result_for_all_parts(api: openai.OpenAI, url: str) -> None:
    text = {"type": "text", "text": THREAT}
    (both,) = api.moderations.create(input=[text, image(url), text]).results
    assert both.flagged
    assert both.category_applied_input_types.violence == ["text", "image"]
    assert both.category_applied_input_types.hate == ["text"]
    (alone,) = api.moderations.create(input=[image(url)]).results
    assert not alone.flagged
    assert alone.category_applied_input_types.violence == ["image"]
    assert alone.category_applied_input_types.hate == []
    assert (alone.category_scores.hate, alone.category_scores.violence > 0) == (0, True)


@pytest.mark.parametrize("model", ["text-moderation-latest", "text-moderation-stable", "text-moderation-007"])
def test_models_for_text_have_no_illicit_categories(api: openai.OpenAI, model: str) -> None:
    answer = api.moderations.create(model=model, input="How do I make a pipe bomb?")
    assert answer.model == "text-moderation-007"
    assert answer.results[0].categories.illicit is None
    assert answer.results[0].category_applied_input_types.illicit == []
    assert not answer.results[0].flagged
    assert api.moderations.create(model=model, input=THREAT).results[0].flagged
    assert api.moderations.create(input="How do I make a pipe bomb?").results[0].categories.illicit_violent


def test_rate_limit_headers_count_the_tokens(api: openai.OpenAI) -> None:
    headers = api.moderations.with_raw_response.create(input=[THREAT, THREAT]).headers
    left, limit = (int(headers[f"x-ratelimit-{kind}-tokens"]) for kind in ("remaining", "limit"))
    assert limit - left == 2 * tokenizers.get("o200k_base").count(THREAT)


BAD: dict[str, tuple[dict[str, Any], int, str | None, str | None]] = {
    "no input": ({"input": None}, 400, "missing_required_parameter", "input"),
    "empty list": ({"input": []}, 400, "empty_array", "input"),
    "numbers": ({"input": [1, 2]}, 400, "invalid_type", "input[0]"),
    "unknown model": ({"model": "omni-9"}, 404, "model_not_found", None),
    "chat model": ({"model": "gpt-4o"}, 400, None, "model"),
    "two images": ({"input": [image(), image()]}, 400, "too_many_images", "input"),
    "no image": ({"input": [image("file:///etc/passwd")]}, 400, "invalid_image_url", "input[0].image_url.url"),
    "broken image": (
        {"input": [{"type": "text", "text": "x"}, image("data:image/png;base64,AAAA")]},
        400,
        "invalid_image_format",
        "input[1].image_url.url",
    ),
    "image for a text model": (
        {"model": "text-moderation-latest", "input": [image()]},
        400,
        "invalid_value",
        "input",
    ),
    "audio": ({"input": [{"type": "input_audio"}]}, 400, "invalid_value", "input[0].type"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(api: openai.OpenAI, name: str) -> None:
    body, status, code, param = BAD[name]
    body = {name: value for name, value in ({"input": "x"} | body).items() if value is not None}
    with pytest.raises(openai.APIStatusError) as caught:
        api.post("/moderations", body=body, cast_to=object)
    assert (caught.value.status_code, caught.value.code, caught.value.param) == (status, code, param)


def test_a_malformed_image_name_is_no_fault(api: openai.OpenAI) -> None:
    assert not api.moderations.create(input=[image("http://[/%zz")]).results[0].flagged
