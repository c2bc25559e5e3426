from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel

from fakeai.core.errors import ApiError
from fakeai.core.operation import Operation
from fakeai.core.query import parse_query, validate_query
from tests.support.outcome import check_value_or_refusal

pytestmark = pytest.mark.unit

LIST = Operation("listThings", "GET", "/things", "things", "list_things", "list", query="Query")


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class Metadata(RootModel[dict[str, Annotated[str, Field(max_length=4)]] | None]):
    model_config = ConfigDict(strict=True)


class Times(Strict):
    gt: int | None = None
    gte: int | None = None


class Query(Strict):
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    include: list[Literal["a", "b"]] | None = None
    steps: Annotated[list[str] | None, Field(alias="steps[]")] = None
    names: str | list[str] | None = None
    metadata: Metadata | None = None
    effective_at: Times | None = None
    stream: bool | None = None
    start: float | None = None
    page: int | None = None


class Bare(Strict):
    after: str


def read(raw: bytes | str) -> dict[str, Any]:
    return validate_query(LIST, Query, parse_query(raw.encode() if isinstance(raw, str) else raw))


def given_values(raw: str) -> dict[str, Any]:
    return {name: value for name, value in read(raw).items() if name not in ("limit", "order")}


def error_of(raw: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        read(raw)
    return caught.value


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=", {"a": ""}),
        ("a", {"a": ""}),
        ("a=x%20y+z%C3%A9%2B", {"a": "x y zé+"}),
        ("a=1&a=2", {"a": ["1", "2"]}),
        ("a[]=1", {"a": ["1"]}),
        ("a%5B%5D=1&a%5B%5D=2", {"a": ["1", "2"]}),
        ("a=1&a[]=2&a=3", {"a": ["1", "2", "3"]}),
        ("a[b]=1&a[c]=2", {"a": {"b": "1", "c": "2"}}),
        ("a[b][]=1&a[b][]=2", {"a": {"b": ["1", "2"]}}),
        ("a[b][c]=1", {"a": {"b": {"c": "1"}}}),
        ("a[][b]=1&a[][c]=2&a[][b]=3", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("a[b]=1&a=2", {"a": [{"b": "1"}, "2"]}),
        ("a]=1&[b]=2&a[b=3&a[[b]]=4", {"a]": "1", "[b]": "2", "a[b": "3", "a[[b]]": "4"}),
        ("a" + "[b]" * 9 + "=1", {"a" + "[b]" * 9: "1"}),
    ],
)
def test_parsing(raw: str, parsed: dict[str, Any]) -> None:
    assert parse_query(raw.encode()) == parsed


@pytest.mark.parametrize("text", ["include[]=a&include[]=b", "include=a&include=b", "include=a,b", "include=a%2Cb"])
def test_every_way_to_write_an_array(text: str) -> None:
    assert given_values(text) == {"include": ["a", "b"]}


def test_array_of_one() -> None:
    assert given_values("include=a") == {"include": ["a"]}


def test_names_of_the_contract_lose_their_brackets() -> None:
    assert given_values("steps[]=x&steps[]=y") == given_values("steps=x,y") == {"steps": ["x", "y"]}


def test_text_is_converted_by_the_model() -> None:
    assert given_values("stream=true&start=1.5&page=3") == {"stream": True, "start": 1.5, "page": 3}
    assert given_values("names=a,b") == {"names": "a,b"}


def test_objects() -> None:
    text = "metadata[k]=v&effective_at[gte]=17"
    assert given_values(text) == {"metadata": {"k": "v"}, "effective_at": {"gte": 17}}
    assert given_values("metadata=null") == {"metadata": None}
    assert given_values("metadata=" + quote('{"a": "b"}')) == {"metadata": {"a": "b"}}
    assert given_values("after=null") == {"after": "null"}


def test_defaults_of_limit_and_order_only() -> None:
    assert read("") == {"limit": 20, "order": "desc"}
    assert read("limit=5&order=asc") == {"limit": 5, "order": "asc"}
    assert validate_query(LIST, Bare, {"after": "x"}) == {"after": "x"}


def test_last_of_repeated_scalars_counts() -> None:
    assert read("limit=5&limit=6")["limit"] == 6


def test_unknown_parameters_are_ignored() -> None:
    assert given_values("foo=1&after=x") == {"after": "x"}
    assert validate_query(LIST, None, {"foo": "1"}) == {}


@pytest.mark.parametrize(
    ("raw", "code", "param"),
    [
        ("limit=0", "integer_below_min_value", "limit"),
        ("limit=101", "integer_above_max_value", "limit"),
        ("limit=x", "invalid_type", "limit"),
        ("limit=", "invalid_type", "limit"),
        ("limit=" + "9" * 5000, "invalid_type", "limit"),
        ("page=99999999999999999999", "integer_above_max_value", "page"),
        ("page=-99999999999999999999", "integer_below_min_value", "page"),
        ("start=nan", "invalid_value", "start"),
        ("start=inf", "invalid_value", "start"),
        ("order=up", "invalid_value", "order"),
        ("include[]=c", "invalid_value", "include[0]"),
        ("effective_at[gte]=x", "invalid_type", "effective_at.gte"),
        ("metadata[k]=12345", "string_above_max_length", "metadata.k"),
        ("steps[x]=1", "invalid_type", "steps"),
    ],
)
def test_errors(raw: str, code: str, param: str) -> None:
    error = error_of(raw)
    assert (error.status, error.code, error.param) == (400, code, param)
    assert "[]" not in error.message


def test_message() -> None:
    message = "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead."
    assert error_of("limit=101").message == message


def test_too_many_parameters() -> None:
    assert error_of("a=1&" * 1001).status == 400


def test_missing_required_parameter() -> None:
    with pytest.raises(ApiError, match="Missing required parameter: 'after'"):
        validate_query(LIST, Bare, {})


NAMES = st.sampled_from([*Query.model_fields, "steps[]", "include[]", "metadata[k]", "a[][b]", "effective_at[gt]", "x"])


@given(st.lists(st.tuples(NAMES | st.text(max_size=8), st.text(max_size=12) | st.sampled_from(["1", "null", "nan"]))))
def test_any_pairs_give_values_or_an_api_error(pairs: list[tuple[str, str]]) -> None:
    raw = urlencode(pairs, quote_via=quote, errors="replace").encode()
    check_value_or_refusal(lambda: read(raw))


@given(st.binary(max_size=60))
def test_any_bytes_give_values_or_an_api_error(raw: bytes) -> None:
    check_value_or_refusal(lambda: read(raw))
