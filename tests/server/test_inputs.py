"""Images, recordings and files in messages: counted, told of in the answer, and refused where they are none."""

import base64
import struct
import wave
import zlib
from io import BytesIO
from typing import Any

import openai
import pytest

pytestmark = [pytest.mark.service, pytest.mark.integration]

TEXT = {"type": "text", "text": "What do you make of this?"}
PDF = b"%PDF-1.7\n1 0 obj <</Type /Pages /Kids [2 0 R 3 0 R]>>\n" + b"2 0 obj <</Type /Page /Parent 1 0 R>>\n" * 2


def base(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def wav(seconds: float) -> bytes:
    file = BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 8000, 0, "NONE", ""))
        written.writeframes(bytes(int(seconds * 16_000) - 44))
    return file.getvalue()


def image(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def audio(data: bytes, form: str = "wav") -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": {"data": base(data), "format": form}}


def file(**more: Any) -> dict[str, Any]:
    return {"type": "file", "file": more}


def ask(api: openai.OpenAI, *parts: dict[str, Any], model: str = "gpt-4o", **more: Any) -> Any:
    messages: Any = [{"role": "user", "content": [TEXT, *parts]}]
    return api.chat.completions.create(model=model, messages=messages, **more)


def cost(api: openai.OpenAI, *parts: dict[str, Any], **more: Any) -> int:
    tokens: int = ask(api, *parts, **more).usage.prompt_tokens - ask(api, **more).usage.prompt_tokens
    return tokens


def refused(api: openai.OpenAI, *parts: dict[str, Any], **more: Any) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as error:
        ask(api, *parts, **more)
    return error.value


def test_images_are_told_of_and_counted(api: openai.OpenAI) -> None:
    sent = image(f"data:image/png;base64,{base(png(640, 480))}")
    answer = ask(api, sent)
    assert answer.choices[0].message.content.startswith("You sent a PNG image of 640×480 pixels.\n\n")
    assert cost(api, sent) == 85 + 170 * 2
    remote = image("https://user:secret@pictures.example/a.png?x=1", detail="low")
    assert ask(api, remote).choices[0].message.content.startswith("You sent an image at pictures.example.\n\n")
    assert cost(api, remote) == 85
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in ask(api, sent, stream=True, seed=1))
    assert streamed == ask(api, sent, seed=1).choices[0].message.content


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "invalid_image_url"),
        ("ftp://example.com/a.png", "invalid_image_url"),
        ("https://", "invalid_image_url"),
        ("data:image/png;base64,????????", "invalid_base64_image"),
        (f"data:text/plain;base64,{base(png(4, 4))}", "invalid_image_format"),
        (f"data:image/png;base64,{base(b'BM' + bytes(60))}", "invalid_image_format"),
        (f"data:image/png;base64,{base(png(4, 4)[:18])}", "image_parse_error"),
    ],
)
def test_what_is_no_image_is_refused(api: openai.OpenAI, url: str, code: str) -> None:
    error = refused(api, image(url))
    assert (error.status_code, error.code, error.param) == (400, code, "messages.[0].content.[1].image_url.url")


def test_recordings_are_told_of_and_counted(api: openai.OpenAI) -> None:
    answer = ask(api, audio(wav(2.5)), model="gpt-audio")
    assert answer.choices[0].message.content.startswith("You sent a WAV recording of 2.5 seconds.\n\n")
    assert answer.usage.prompt_tokens_details.audio_tokens == 25
    assert cost(api, audio(wav(2.5)), model="gpt-audio") == 25
    for part in (audio(wav(1), "mp3"), audio(b"ID3" + bytes(99))):
        error = refused(api, part, model="gpt-audio")
        assert (error.status_code, error.code) == (400, "invalid_value")


def test_files_are_told_of_and_counted(api: openai.OpenAI) -> None:
    report = file(filename="report.pdf", file_data=f"data:application/pdf;base64,{base(PDF)}")
    assert cost(api, report) == -(-len(PDF) // 4)
    stored = api.files.create(file=("notes.txt", b"x" * 1000), purpose="user_data")
    assert cost(api, file(file_id=stored.id)) == 250
    answer = ask(api, report, file(file_id=stored.id), *[image("https://a.example/1.png")] * 3)
    told = answer.choices[0].message.content.partition("\n\n")[0]
    assert told == (
        "You sent the file report.pdf of 2 pages, the file notes.txt of 1,000 bytes, an image at a.example and 2 more."
    )


def test_files_that_are_none_are_refused(api: openai.OpenAI) -> None:
    for data in (f"data:application/pdf;base64,{base(b'no document')}", "data:application/pdf;base64,?", "https://a.b"):
        error = refused(api, file(filename="a.pdf", file_data=data))
        assert (error.status_code, error.code) == (400, "invalid_value")
        assert error.param == "messages.[0].content.[1].file.file_data"
    cut = base(PDF * 99)[:8193]  # no whole number of bytes
    damaged = file(filename="a.pdf", file_data=f"data:application/pdf;base64,{cut}")
    assert ask(api, damaged).choices[0].message.content.startswith("You sent the file a.pdf.\n\n")
    error = refused(api, file(file_id="file-none"))
    assert (error.status_code, error.param) == (404, "messages.[0].content.[1].file.file_id")
    assert "No such File object: file-none" in error.message
    forged = {"type": "stored_file", "id": "file-none", "filename": "x", "bytes": 10**12}
    assert refused(api, forged).status_code == 400


def test_files_of_other_namespaces_do_not_exist(api: openai.OpenAI) -> None:
    stored = api.files.create(file=("notes.txt", b"x" * 1000), purpose="user_data")
    elsewhere = api.with_options(default_headers={"x-fakeai-namespace": "elsewhere"})
    assert refused(elsewhere, file(file_id=stored.id)).status_code == 404


def test_a_file_larger_than_any_window_is_refused_as_such(api: openai.OpenAI) -> None:
    stored = api.files.create(file=("big.txt", bytes(20_000_000)), purpose="user_data")
    assert refused(api, *[file(file_id=stored.id)] * 50).code == "context_length_exceeded"


@pytest.mark.parametrize(
    ("model", "part"),
    [
        ("gpt-4", image("https://example.com/a.png")),
        ("o3-mini", file(file_id="file-none")),
        ("gpt-4o", audio(wav(1))),
        ("gpt-audio", image("https://example.com/a.png")),
    ],
)
def test_models_refuse_what_they_cannot_take(api: openai.OpenAI, model: str, part: dict[str, Any]) -> None:
    error = refused(api, part, model=model)
    assert f"Invalid content type. {part['type']} is only supported by certain models." in error.message
    assert (error.status_code, error.param) == (400, "messages.[0].content.[1].type")
