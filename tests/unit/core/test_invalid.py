from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from fakeai.core.errors import ApiError
from fakeai.core.invalid import invalid


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class Text(Strict):
    type: Literal["text"] = "text"
    text: str


class Image(Strict):
    type: Literal["image_url"]
    image_url: dict[str, str]


class User(Strict):
    role: Literal["user"]
    content: str | list[Annotated[Text | Image, Field(discriminator="type")]]
    name: str | None = None


class System(Strict):
    role: Literal["system"]
    content: str | list[Text]


class Function(Strict):
    type: Literal["function"]
    function: dict[str, Any]


class Custom(Strict):
    type: Literal["custom"]
    custom: str


class Reference(Strict):
    id: str
    type: Literal["reference"] | None = None


class Stop(RootModel[str | Annotated[list[str], Field(min_length=1, max_length=4)]]):
    model_config = ConfigDict(strict=True)


class Where(Strict):
    filters: list["Comparison | Where"]
    type: Literal["and", "or"]


class Comparison(Strict):
    type: Literal["eq", "ne"]
    key: str


class Request(Strict):
    messages: Annotated[list[Annotated[User | System, Field(discriminator="role")]], Field(min_length=1)]
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    n: Annotated[int, Field(ge=1, le=128)] = 1
    above: Annotated[float | None, Field(gt=0.5)] = None
    stop: Stop | None = None
    tool_choice: Literal["none", "auto", "required"] | Function | Custom | None = None
    tools: list[Function | Custom] | None = None
    item: Reference | Text | Annotated[User | System, Field(discriminator="role")] | None = None
    effort: Literal["low", "high"] | None = None
    level: Literal[1, 2] | None = None
    metadata: Annotated[dict[str, Annotated[str, Field(max_length=5)]] | None, Field(max_length=2)] = None
    input: str | list[str] | list[int] | list[list[int]] | None = None
    lists: list[str] | list[Annotated[list[int], Field(min_length=1)]] | None = None
    choice: Where | Custom | None = None
    name: Annotated[str | None, Field(pattern="^[a-z]+$", min_length=1)] = None
    flag: bool | None = None
    where: Where | None = None
    dashed: Annotated[str | None, Field(alias="with-dash")] = None


class Closed(Strict):
    model_config = ConfigDict(extra="forbid")
    inner: Annotated[dict[str, int], Field(min_length=1)] = {}


USER = {"role": "user", "content": "hi"}


def error_of(body: Any, model: type[BaseModel] = Request, group: str = "chat") -> ApiError:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(body)
    return invalid(caught.value, body, group)


CASES = [
    ({"messages": []}, "empty_array", "messages"),
    ({"messages": None}, "invalid_type", "messages"),
    ({"messages": [5]}, "invalid_type", "messages[0]"),
    ({"messages": [USER, {"role": "robot"}]}, "invalid_value", "messages[1].role"),
    ({"messages": [{"role": 5}]}, "invalid_type", "messages[0].role"),
    ({"messages": [{"content": "x"}]}, "missing_required_parameter", "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "missing_required_parameter", "messages[0].content"),
    # the label of the variant is also a name in the document
    ({"messages": [{"role": "user", "user": {}}]}, "missing_required_parameter", "messages[0].content"),
    ({"messages": [{"role": "user", "content": "x", "name": 1}]}, "invalid_type", "messages[0].name"),
    ({"messages": [{"role": "user", "content": 5}]}, "invalid_type", "messages[0].content"),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]}, "invalid_type",
     "messages[0].content[0].text"),
    ({"messages": [{"role": "user", "content": [{"type": "x"}]}]}, "invalid_value", "messages[0].content[0].type"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "missing_required_parameter",
     "messages[0].content[0].image_url"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": 1}}]}]}, "invalid_type",
     "messages[0].content[0].image_url.url"),
    ({"messages": [{"role": "system", "content": [{"type": "image_url"}]}]}, "invalid_value",
     "messages[0].content[0].type"),
    ({"temperature": "0.5"}, "invalid_type", "temperature"),
    ({"temperature": 3}, "decimal_above_max_value", "temperature"),
    ({"temperature": -0.1}, "decimal_below_min_value", "temperature"),
    ({"above": 0.5}, "decimal_below_min_value", "above"),
    ({"n": 0}, "integer_below_min_value", "n"),
    ({"n": 129}, "integer_above_max_value", "n"),
    ({"n": True}, "invalid_type", "n"),
    ({"n": 1.5}, "invalid_type", "n"),
    ({"n": None}, "invalid_type", "n"),
    ({"flag": "true"}, "invalid_type", "flag"),
    ({"stop": []}, "empty_array", "stop"),
    ({"stop": list("abcde")}, "array_above_max_length", "stop"),
    ({"stop": ["a", 5]}, "invalid_type", "stop[1]"),
    ({"stop": 5}, "invalid_type", "stop"),
    ({"tool_choice": "x"}, "invalid_value", "tool_choice"),
    ({"tool_choice": 5}, "invalid_type", "tool_choice"),
    ({"tool_choice": {"type": "x"}}, "invalid_value", "tool_choice.type"),
    ({"tool_choice": {"type": "custom"}}, "missing_required_parameter", "tool_choice.custom"),
    ({"tool_choice": {}}, "missing_required_parameter", "tool_choice.type"),
    ({"tools": [{"type": "function", "function": {}}, {"type": "x"}]}, "invalid_value", "tools[1].type"),
    ({"tools": [{"type": "custom", "custom": {}}]}, "invalid_type", "tools[0].custom"),
    ({"item": {"type": "other"}}, "invalid_value", "item.type"),
    ({"item": {"role": "user", "content": 3}}, "invalid_type", "item.content"),
    ({"item": {"type": "reference", "id": 3}}, "invalid_type", "item.id"),
    ({"effort": "max"}, "invalid_value", "effort"),
    ({"effort": 3}, "invalid_type", "effort"),
    ({"level": 3}, "invalid_value", "level"),
    ({"level": "1"}, "invalid_type", "level"),
    ({"metadata": {"a": "", "b": "", "c": ""}}, "object_above_max_properties", "metadata"),
    ({"metadata": {"a": 5}}, "invalid_type", "metadata.a"),
    ({"metadata": {"a": "123456"}}, "string_above_max_length", "metadata.a"),
    ({"input": [[1, "a"]]}, "invalid_type", "input[0][1]"),
    ({"input": [1, 2, "a"]}, "invalid_type", "input[2]"),
    ({"input": [1, "a", 2]}, "invalid_type", "input[1]"),
    ({"input": ["a", 1, "b"]}, "invalid_type", "input[1]"),
    ({"input": [1.5]}, "invalid_type", "input[0]"),
    ({"lists": [[]]}, "empty_array", "lists[0]"),
    ({"choice": {"type": "x"}}, "invalid_value", "choice.type"),
    ({"name": ""}, "empty_string", "name"),
    ({"name": "A"}, "invalid_value", "name"),
    ({"where": {"type": "and", "filters": [{"type": "or", "filters": [{"type": "eq"}]}]}},
     "missing_required_parameter", "where.filters[0].filters[0].key"),
    ({"with-dash": 1}, "invalid_type", "with-dash"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "param"), CASES)
def test_code_and_param(body: dict[str, Any], code: str, param: str) -> None:
    error = error_of({"messages": [USER], **body})
    assert (error.status, error.type, error.code, error.param) == (400, "invalid_request_error", code, param)
    assert "list[" not in error.message
    assert "Input should" not in error.message


MESSAGES = [
    ({"messages": [{"role": "user"}]}, "Missing required parameter: 'messages[0].content'."),
    ({"messages": [{"role": "user", "content": 5}]},
     "Invalid type for 'messages[0].content': expected one of a string or array of objects, "
     "but got an integer instead."),
    ({"messages": [{"role": "x"}]}, "Invalid value: 'x'. Supported values are: 'user' and 'system'."),
    ({"temperature": "1"}, "Invalid type for 'temperature': expected a decimal, but got a string instead."),
    ({"temperature": 3}, "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, "
     "but got 3 instead."),
    ({"n": None}, "Invalid type for 'n': expected an integer, but got null instead."),
    ({"n": 0}, "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead."),
    ({"tool_choice": "x"}, "Invalid value: 'x'. Supported values are: 'none', 'auto', and 'required'."),
    ({"tool_choice": 5}, "Invalid type for 'tool_choice': expected one of a string or object, "
     "but got an integer instead."),
    ({"tools": [{"type": "x"}]}, "Invalid value: 'x'. Supported values are: 'function' and 'custom'."),
    ({"item": {"type": "x"}}, "Invalid value: 'x'. Supported values are: 'reference' and 'text'."),
    ({"choice": {"type": "x"}}, "Invalid value: 'x'. Supported values are: 'and', 'or', and 'custom'."),
    ({"level": 3}, "Invalid value: 3. Supported values are: 1 and 2."),
    ({"stop": []}, "Invalid 'stop': empty array. Expected an array with minimum length 1, "
     "but got an empty array instead."),
    ({"stop": list("abcde")}, "Invalid 'stop': array too long. Expected an array with maximum length 4, "
     "but got an array with length 5 instead."),
    ({"metadata": {"a": "123456"}}, "Invalid 'metadata.a': string too long. Expected a string with maximum length 5, "
     "but got a string with length 6 instead."),
    ({"metadata": dict.fromkeys("abc", "")}, "Invalid 'metadata': too many properties. Expected an object with at most "
     "2 properties, but got an object with 3 properties instead."),
    ({"name": "A"}, "Invalid 'name': string does not match pattern. Expected a string that matches the pattern "
     "'^[a-z]+$'."),
    ({"name": ""}, "Invalid 'name': empty string. Expected a string with minimum length 1, "
     "but got an empty string instead."),
    ({"input": [1.5]}, "Invalid type for 'input[0]': expected one of a string, integer, or array, "
     "but got a decimal instead."),
    ({"input": 1}, "Invalid type for 'input': expected one of a string, array of strings, array of integers, "
     "or array of arrays, but got an integer instead."),
]  # fmt: skip


@pytest.mark.parametrize(("body", "message"), MESSAGES)
def test_message(body: dict[str, Any], message: str) -> None:
    assert error_of({"messages": [USER], **body}).message == message


def test_missing_top_level_field() -> None:
    error = error_of({})
    assert (error.message, error.param) == ("Missing required parameter: 'messages'.", "messages")


@pytest.mark.parametrize(("body", "name"), [([], "an array"), (None, "null"), ("x", "a string")])
def test_body_that_is_no_object(body: object, name: str) -> None:
    error = error_of(body)
    assert (error.code, error.param) == ("invalid_type", None)
    assert error.message == f"Invalid type: expected an object, but got {name} instead."


def test_forbidden_name_is_told_in_the_words_of_the_group() -> None:
    assert error_of({"x": 1}, Closed).message == "Unrecognized request argument supplied: x"
    error = error_of({"x": 1}, Closed, "responses")
    assert (error.code, error.param, error.message) == ("unknown_parameter", "x", "Unknown parameter: 'x'.")


def test_small_object() -> None:
    error = error_of({"inner": {}}, Closed)
    assert (error.code, error.param) == ("object_below_min_properties", "inner")


def test_deep_recursion_is_an_ordinary_error() -> None:
    where: dict[str, Any] = {"type": "and", "filters": [5]}
    for _ in range(90):
        where = {"type": "and", "filters": [where]}
    error = error_of({"messages": [USER], "where": where})
    assert error.status == 400
