import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.call import Upload
from fakeai.core.errors import ApiError
from fakeai.core.form import MAX_FIELDS, parse_multipart, parse_urlencoded
from tests.support.outcome import check_value_or_refusal

pytestmark = pytest.mark.unit

TYPE = "multipart/form-data; boundary=xyz"


def part(name: str, value: str | bytes, *headers: str, filename: str | None = None) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    disposition = f'Content-Disposition: form-data; name="{name}"'
    disposition += f'; filename="{filename}"' if filename is not None else ""
    return "\r\n".join(["--xyz", disposition, *headers, "", ""]).encode() + data + b"\r\n"


def multipart(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--xyz--\r\n"


def test_names_are_nested_and_scalars_are_text() -> None:
    form = parse_multipart(
        TYPE,
        multipart(
            part("model", "whisper-1"),
            part("include[]", "a"),
            part("include[]", "b"),
            part("expires_after[seconds]", "3600"),
            part("chunking_strategy[static][sizes][]", "1"),
        ),
    )
    assert form.values == {
        "model": "whisper-1",
        "include": ["a", "b"],
        "expires_after": {"seconds": "3600"},
        "chunking_strategy": {"static": {"sizes": ["1"]}},
    }
    assert form.uploads == {}


def test_files() -> None:
    data = bytes(range(256)) * 40 + b"\r\n--xy"
    form = parse_multipart(
        TYPE,
        multipart(
            part("image[]", data, "Content-Type: image/png", filename="a.png"),
            part("image[]", b"", filename="dir/ä.txt"),
            part("mask", b"\xff", "Content-Type: image/png; x=y"),
            part("nameless", b"\xff"),
        ),
    )
    assert form.uploads == {
        "nameless": [Upload("", "application/octet-stream", b"\xff")],
        "image": [Upload("a.png", "image/png", data), Upload("dir/ä.txt", "application/octet-stream", b"")],
        "mask": [Upload("", "image/png", b"\xff")],
    }
    single = {name: form.uploads[name][0] for name in ("mask", "nameless")}
    assert form.values == {"image": form.uploads["image"], **single}


def test_json_part_is_parsed_and_a_json_file_is_not() -> None:
    form = parse_multipart(
        TYPE,
        multipart(
            part("sdp", "v=0\r\n", "Content-Type: application/sdp"),
            part("session", '{"type": "realtime", "n": 1}', "content-type: application/json; charset=utf-8"),
            part("file", "{", "Content-Type: application/json", filename="a.json"),
        ),
    )
    assert form.values == {
        "sdp": "v=0\r\n",
        "session": {"type": "realtime", "n": 1},
        "file": Upload("a.json", "application/json", b"{"),
    }


def test_quoted_boundary_and_text_around_the_parts() -> None:
    body = multipart(part("a", "1")) + b"\r\nepilogue"
    assert parse_multipart('multipart/form-data; boundary="xyz"', body).values == {"a": "1"}


def test_empty_form() -> None:
    assert parse_multipart(TYPE, b"--xyz--\r\n").values == {}


@pytest.mark.parametrize(
    ("content_type", "raw", "why"),
    [
        ("multipart/form-data", multipart(part("a", "1")), "no boundary"),
        ("multipart/form-data; boundary=", multipart(part("a", "1")), "no boundary"),
        ("multipart/form-data; boundary=" + "x" * 300, b"--x", "Boundary"),
        (TYPE, b"", "ends before"),
        (TYPE, part("a", "1"), "ends before"),
        (TYPE, multipart(part("a", "1"))[:-6], "ends before"),
        (TYPE, b"garbage", "form"),
        (TYPE, b"--abc\r\n\r\n--abc--", "form"),
        (TYPE, b"--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--\r\n", "no name"),
        (TYPE, b"--xyz\r\n\r\n1\r\n--xyz--\r\n", "no name"),
        (TYPE, multipart(part("a", "{", "Content-Type: application/json")), "JSON"),
        (TYPE, multipart(part("a", "1", "X: " + "y" * 100_000)), "header size"),
        (TYPE, multipart(part("a", "") * (MAX_FIELDS + 1)), "more than"),
    ],
)
def test_bad_multipart_is_400(content_type: str, raw: bytes, why: str) -> None:
    with pytest.raises(ApiError, match=why) as caught:
        parse_multipart(content_type, raw)
    assert caught.value.status == 400


def test_urlencoded() -> None:
    assert parse_urlencoded(b"a=1&b[]=x+y&b[]=%C3%A9&c[d]=").values == {"a": "1", "b": ["x y", "é"], "c": {"d": ""}}
    with pytest.raises(ApiError, match="more than"):
        parse_urlencoded(b"a&" * (MAX_FIELDS + 1))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_form_or_an_api_error(raw: bytes) -> None:
    check_value_or_refusal(lambda: parse_urlencoded(raw).values)
    for body in (raw, b"--xyz\r\n" + raw, multipart(part("a", raw)), part("a", "1") + raw):
        check_value_or_refusal(lambda body=body: parse_multipart(TYPE, body).values)


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_content_type_gives_a_form_or_an_api_error(text: str) -> None:
    for content_type in (text, "multipart/form-data; boundary=" + text):
        check_value_or_refusal(lambda kind=content_type: parse_multipart(kind, multipart(part("a", "1"))).values)


@given(st.dictionaries(st.from_regex(r"\A[a-z]{1,5}\Z"), st.text(max_size=30), max_size=5))
def test_text_fields_come_back(fields: dict[str, str]) -> None:
    body = multipart(*(part(name, value) for name, value in fields.items()))
    assert parse_multipart(TYPE, body).values == fields
