from dataclasses import replace
from importlib import import_module
from typing import Annotated, Any, Literal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel

from fakeai.core.body import JSON, MULTIPART, RAW, URLENCODED, Body, read_body
from fakeai.core.call import Upload
from fakeai.core.errors import ApiError
from fakeai.core.json_text import MAX_DEPTH, parse_json
from fakeai.core.model import File
from fakeai.core.operation import Operation
from fakeai_api.operations import OPERATIONS
from tests.support.outcome import check_value_or_refusal

pytestmark = pytest.mark.unit


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, protected_namespaces=(), defer_build=True)


class Chat(Strict):
    model: str
    n: Annotated[int | None, Field(ge=1, le=8)] = 1
    metadata: dict[str, Any] | None = None
    dashed: Annotated[str | None, Field(alias="with-dash")] = None


class Expiry(Strict):
    anchor: Literal["created_at"]
    seconds: int


class Transcribe(Strict):
    file: File
    model: str
    temperature: float | None = None
    stream: bool | None = None
    include: list[Literal["logprobs"]] | None = None
    expires_after: Expiry | None = None
    session: dict[str, Any] | None = None
    image: File | list[File] | None = None
    purpose: Literal["a", "b"] | None = None


class One(Strict):
    type: Literal["one"]
    one: int


class Two(Strict):
    type: Literal["two"]
    two: int | None = None


class Either(RootModel[Annotated[One | Two, Field(discriminator="type")]]):
    model_config = ConfigDict(strict=True)


class Open(Strict):
    model_config = ConfigDict(extra="allow")
    a: int | None = None


class Anything(RootModel[dict[str, Any]]):
    pass


class Optional(Strict):
    a: int | None = None


MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model for model in (Chat, Transcribe, Either, Open, Anything, Optional)
}
CHAT = Operation(
    "chat", "POST", "/chat/completions", "chat", "chat", "create", body=((JSON, "Chat"),), body_required=True
)
FORM = replace(CHAT, group="audio", body=((MULTIPART, "Transcribe"), (URLENCODED, "Transcribe")))
OPTIONAL = replace(CHAT, body=((JSON, "Optional"),), body_required=False)


def classes(group: str, name: str) -> type[BaseModel]:
    return MODELS[name]


def model_class(group: str, name: str) -> type[BaseModel]:
    found: type[BaseModel] = getattr(import_module(f"fakeai_api.models.{group}"), name)
    return found


def read(raw: bytes, operation: Operation = CHAT, content_type: str | None = JSON) -> Body:
    return read_body(operation, content_type, raw, classes)


def error_of(raw: bytes, operation: Operation = CHAT, content_type: str | None = JSON) -> ApiError:
    with pytest.raises(ApiError) as caught:
        read(raw, operation, content_type)
    assert caught.value.status == 400
    return caught.value


def form(**fields: str) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\nsound\r\n'
    return "".join([*parts, file, "--x--\r\n"]).encode()


FORM_TYPE = "multipart/form-data; boundary=x"


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "Application/JSON ;x=y"])
def test_json(content_type: str) -> None:
    body = read(b'{"model": "m", "n": 2}', content_type=content_type)
    assert body.document == {"model": "m", "n": 2}
    assert body.uploads == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"model": NaN}',
        b'{"n": 1e999}',
        b'{"model": "\\ud800"}',
        b'{"model": "\xff"}',
        b'\xef\xbb\xbf{"model": "m"}',
        '{"model": "m"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 300 + b"1" + b"}" * 300,
    ],
)
def test_bad_json_is_400(raw: bytes) -> None:
    error = error_of(raw)
    assert (error.code, error.param) == (None, None)
    assert error.message.startswith("We could not parse the JSON body of your request.")


def test_the_deepest_document_can_be_written_again() -> None:
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert orjson.dumps(parse_json(deepest)) == deepest
    with pytest.raises(ApiError, match="nested deeper"):
        parse_json(b"[" + deepest + b"]")
    assert len(parse_json(b"[" + b"[]," * 500 + b"1]")) == 501


def test_of_duplicate_names_the_last_counts() -> None:
    assert read(b'{"model": "a", "model": "b"}').document == {"model": "b"}


def test_json_types_are_strict() -> None:
    assert error_of(b'{"model": "m", "n": "2"}').code == "invalid_type"
    assert error_of(b"[]").code == "invalid_type"
    assert error_of(b"{}").param == "model"


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", FORM_TYPE, ";"])
def test_other_content_types_are_refused(content_type: str | None) -> None:
    error = error_of(b'{"model": "m"}', content_type=content_type)
    assert error.code == "unsupported_content_type"
    assert "only accepts 'application/json' requests" in error.message


def test_message_names_the_content_type() -> None:
    message = error_of(b"x", content_type="text/plain; charset=utf-8").message
    assert message.startswith("Unsupported content type: 'text/plain'. ")
    assert "'Content-Type: text/plain; charset=utf-8'" in message


def test_unknown_names_in_the_words_of_the_group() -> None:
    raw = b'{"model": "m", "with-dash": "x", "dashed": 1, "foo": 2}'
    error = error_of(raw)
    assert (error.message, error.code, error.param) == ("Unrecognized request argument supplied: dashed", None, None)
    error = error_of(raw, replace(CHAT, group="responses"))
    assert (error.message, error.code, error.param) == ("Unknown parameter: 'dashed'.", "unknown_parameter", "dashed")
    assert read_body(CHAT, JSON, raw, classes, "ignore").document == {"model": "m", "with-dash": "x"}


def test_unknown_names_of_unions_and_open_models() -> None:
    either = replace(CHAT, body=((JSON, "Either"),))
    assert read(b'{"type": "two", "one": 1}', either).document == {"type": "two", "one": 1}
    assert error_of(b'{"type": "two", "three": 1}', either).message.endswith("three")
    for name in ("Open", "Anything"):
        assert read(b'{"x": 1}', replace(CHAT, body=((JSON, name),))).document == {"x": 1}


def test_multipart_scalars_are_converted() -> None:
    fields = {
        "model": "5",
        "temperature": "0.5",
        "stream": "true",
        "include": "logprobs",
        "expires_after[anchor]": "created_at",
        "expires_after[seconds]": "3600",
    }
    body = read(form(**fields), FORM, FORM_TYPE)
    assert body.document == {
        "model": "5",
        "temperature": 0.5,
        "stream": True,
        "include": ["logprobs"],
        "expires_after": {"anchor": "created_at", "seconds": 3600},
    }
    assert body.uploads == {"file": [Upload("a.mp3", "application/octet-stream", b"sound")]}


def test_file_without_a_file_name() -> None:
    raw = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello\r\n--x\r\nContent-Disposition: form-data; '
    body = read(raw + b'name="model"\r\n\r\nm\r\n--x--\r\n', FORM, FORM_TYPE)
    assert body.uploads == {"file": [Upload("", "text/plain", b"hello")]}
    assert body.document == {"model": "m"}


def test_several_files_under_one_name() -> None:
    raw = form(model="m").replace(b'name="file"; filename="a.mp3"', b'name="image[]"; filename="1.png"')
    more = b'--x\r\nContent-Disposition: form-data; name="image[]"; filename="2.png"\r\n\r\n2\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n\r\n'
    body = read(file + more + raw, FORM, FORM_TYPE)
    assert [upload.filename for upload in body.uploads["image"]] == ["2.png", "1.png"]
    assert body.document == {"model": "m"}


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({}, "missing_required_parameter", "model"),
        ({"model": "m", "temperature": "hot"}, "invalid_type", "temperature"),
        ({"model": "m", "temperature": "nan"}, "invalid_value", "temperature"),
        ({"model": "m", "stream": "maybe"}, "invalid_type", "stream"),
        ({"model": "m", "expires_after[anchor]": "x"}, "invalid_value", "expires_after.anchor"),
        ({"model": "m", "expires_after": "x"}, "invalid_type", "expires_after"),
        ({"model": "m", "include[]": "x"}, "invalid_value", "include[0]"),
        ({"model": "m", "foo": "x"}, None, None),
    ],
)
def test_multipart_errors(fields: dict[str, str], code: str | None, param: str | None) -> None:
    error = error_of(form(**fields), FORM, FORM_TYPE)
    assert (error.code, error.param) == (code, param)


def test_a_file_where_text_is_wanted() -> None:
    file = b'--x\r\nContent-Disposition: form-data; name="purpose"; filename="p"\r\n\r\na\r\n'
    error = error_of(file + form(model="m"), FORM, FORM_TYPE)
    assert (error.code, error.param) == ("invalid_type", "purpose")
    assert error.message == "Invalid type for 'purpose': expected a string, but got a file instead."


def test_broken_multipart() -> None:
    assert error_of(form(model="m")[:-8], FORM, FORM_TYPE).code is None
    assert error_of(b"", FORM, FORM_TYPE).code is None
    assert error_of(b"", FORM, MULTIPART).code is None


def test_urlencoded() -> None:
    body = read(b"model=m&file=x&expires_after[seconds]=5&expires_after[anchor]=created_at", FORM, URLENCODED)
    assert body.document["expires_after"] == {"seconds": 5, "anchor": "created_at"}


def test_raw_body() -> None:
    body = read(b"v=0\xff", replace(CHAT, body=(("application/sdp", "Sdp"),)), "application/sdp")
    assert body.document == {}
    assert body.uploads == {RAW: [Upload("", "application/sdp", b"v=0\xff")]}


def test_no_body() -> None:
    assert read(b"ignored", replace(CHAT, body=()), None).document == {}
    assert read(b"", OPTIONAL, None).document == {}
    assert read(b"", replace(CHAT, body_required=False), None).document == {}
    assert error_of(b"x", OPTIONAL, None).code == "unsupported_content_type"


REAL_CASES = [
    ({"messages": [{"role": "user"}]}, "missing_required_parameter", "messages[0].content"),
    ({"messages": [{"role": "robot", "content": ""}]}, "invalid_value", "messages[0].role"),
    ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "missing_required_parameter",
     "messages[0].content[0].text"),
    ({"messages": "hi"}, "invalid_type", "messages"),
    ({"messages": []}, "empty_array", "messages"),
    ({"temperature": "0.5"}, "invalid_type", "temperature"),
    ({"temperature": 2.1}, "decimal_above_max_value", "temperature"),
    ({"n": 0}, "integer_below_min_value", "n"),
    ({"stop": list("abcde")}, "array_above_max_length", "stop"),
    ({"response_format": {"type": "object"}}, "invalid_value", "response_format.type"),
    ({"tools": [{"type": "x"}]}, "invalid_value", "tools[0].type"),
    ({"tool_choice": "x"}, "invalid_value", "tool_choice"),
    ({"tool_choice": {"type": "function"}}, "missing_required_parameter", "tool_choice.function"),
    ({"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
    ({"frob": 1}, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "param"), REAL_CASES)
def test_the_chat_request_of_the_contract(change: dict[str, Any], code: str | None, param: str | None) -> None:
    operation = OPERATIONS["createChatCompletion"]
    good = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    assert read_body(operation, JSON, orjson.dumps(good), model_class).document == good
    with pytest.raises(ApiError) as caught:
        read_body(operation, JSON, orjson.dumps(good | change), model_class)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_the_upload_of_the_contract() -> None:
    fields = {"purpose": "batch", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    body = read_body(OPERATIONS["createFile"], FORM_TYPE, form(**fields), model_class)
    assert body.document == {"purpose": "batch", "expires_after": {"anchor": "created_at", "seconds": 3600}}
    assert body.uploads["file"][0].data == b"sound"
    with pytest.raises(ApiError, match="Missing required parameter: 'purpose'"):
        read_body(OPERATIONS["createFile"], FORM_TYPE, form(), model_class)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["model", "n", "metadata", "with-dash", "x"]), JSON_VALUES) | JSON_VALUES)
def test_any_json_gives_a_body_or_an_api_error(value: object) -> None:
    try:
        raw = orjson.dumps(value)
    except TypeError:  # beyond 64 bits
        raw = repr(value).encode(errors="replace")
    check_value_or_refusal(lambda: read(raw).document)


@given(st.binary(max_size=80), st.sampled_from([JSON, FORM_TYPE, URLENCODED, "a/b", None]))
def test_any_bytes_give_a_body_or_an_api_error(raw: bytes, content_type: str | None) -> None:
    for operation in (CHAT, FORM, OPTIONAL):
        check_value_or_refusal(lambda operation=operation: read(raw, operation, content_type).document)


NAMES = st.sampled_from(
    [*Transcribe.model_fields, "include[]", "expires_after[seconds]", "image[]", "session[a][]", "x"]
)


@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["1", "null"])))
def test_any_form_gives_a_body_or_an_api_error(fields: dict[str, str]) -> None:
    check_value_or_refusal(lambda: read(form(**fields), FORM, FORM_TYPE).document)
