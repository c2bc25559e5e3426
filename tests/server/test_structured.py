"""JSON answers in chat, through the official SDK: schemas, JSON mode, vLLM's constraints."""

import json
import re
from typing import Any, Literal

import pytest
from openai import BadRequestError, LengthFinishReasonError, OpenAI
from pydantic import BaseModel

from tests.support.process import Server

MODEL = "gpt-4o-mini"


class Step(BaseModel):
    text: str
    minutes: int


class Recipe(BaseModel):
    title: str
    servings: int
    difficulty: Literal["easy", "medium", "hard"]
    steps: list[Step]
    note: str | None


@pytest.fixture
def api(server: Server) -> OpenAI:
    return OpenAI(base_url=server.url + "/v1", api_key="sk-fake-structured-1", max_retries=0)


def said(text: str) -> Any:
    return [{"role": "user", "content": text}]


def content(api: OpenAI, text: str, **more: Any) -> str:
    return api.chat.completions.create(model=MODEL, messages=said(text), **more).choices[0].message.content or ""


def test_the_sdk_parses_what_it_asked_for(api: OpenAI) -> None:
    ask = said("A recipe for pancakes for 4 servings, easy please")
    recipe = (
        api.chat.completions.parse(model=MODEL, messages=ask, response_format=Recipe, seed=3).choices[0].message.parsed
    )
    assert recipe
    assert (recipe.servings, recipe.difficulty) == (4, "easy")
    with api.chat.completions.stream(model=MODEL, messages=ask, response_format=Recipe, seed=3) as stream:
        partial = [event.parsed for event in stream if event.type == "content.delta"]
    assert stream.get_final_completion().choices[0].message.parsed == recipe
    assert len(partial) > 10, "every delta is the beginning of valid JSON"


def test_keys_come_in_the_order_of_the_schema(api: OpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {name: {"type": "integer"} for name in "zyxabc"},
        "required": list("zyxabc"),
    }
    text = content(
        api, "Numbers", response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    )
    assert list(json.loads(text)) == list("zyxabc")


def test_models_that_cannot_do_it_say_so(api: OpenAI) -> None:
    schema: Any = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    with pytest.raises(BadRequestError) as error:
        api.chat.completions.create(model="gpt-3.5-turbo", messages=said("Numbers"), response_format=schema)
    assert error.value.param == "response_format"


def test_a_limit_cuts_json(api: OpenAI) -> None:
    ask: Any = {"model": MODEL, "messages": said("A recipe for bread")}
    with pytest.raises(LengthFinishReasonError):
        api.chat.completions.parse(**ask, response_format=Recipe, max_completion_tokens=8)


@pytest.mark.parametrize("place", ["system", "user"])
def test_json_mode(api: OpenAI, place: str) -> None:
    messages: Any = [{"role": place, "content": "Answer in JSON"}, {"role": "user", "content": "Three rivers?"}]
    answer = api.chat.completions.create(model=MODEL, messages=messages, response_format={"type": "json_object"})
    assert isinstance(json.loads(answer.choices[0].message.content or ""), dict)


def test_json_mode_follows_a_schema_in_the_prompt(api: OpenAI) -> None:
    shown = json.dumps(Recipe.model_json_schema())
    named = content(
        api,
        'As JSON with keys "name", "age" and "city": John Smith is 30 and lives in Berlin',
        response_format={"type": "json_object"},
    )
    assert json.loads(named) == {"name": "John Smith", "age": 30, "city": "Berlin"}
    text = content(api, f"JSON that matches {shown}", response_format={"type": "json_object"})
    Recipe.model_validate_json(text)


@pytest.mark.parametrize(
    ("constraint", "pattern"),
    [
        ({"structured_outputs": {"regex": r"[A-Z]{3}-\d{4}"}}, r"[A-Z]{3}-\d{4}"),
        ({"guided_choice": ["yes", "no"]}, "yes|no"),
        ({"guided_json": '{"type": "integer", "minimum": 5}'}, r"\d+"),
    ],
)
def test_vllms_constraints(api: OpenAI, constraint: dict[str, Any], pattern: str) -> None:
    assert re.fullmatch(pattern, content(api, "Something", extra_body=constraint))


BAD = {
    "no word json": ({"type": "json_object"}, None, "messages"),
    "no name": ({"type": "json_schema", "json_schema": {"schema": {}}}, "missing_required_parameter",
                "response_format.json_schema.name"),
    "not closed": ({"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {
        "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}}}, None, "response_format"),
    "not required": ({"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {
        "type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": False}}},
        None, "response_format"),
    "not all of": ({"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {
        "type": "object", "properties": {"a": {"allOf": [{"type": "string"}]}}, "required": ["a"],
        "additionalProperties": False}}}, None, "response_format"),
    "unknown type": ({"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "strin"}}}, None,
                     "response_format"),
    "nothing valid": ({"type": "json_schema", "json_schema": {"name": "x", "schema": {
        "type": "string", "minLength": 5, "maxLength": 3}}}, None, "response_format"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_formats(api: OpenAI, case: str) -> None:
    wanted, code, param = BAD[case]
    with pytest.raises(BadRequestError) as error:
        content(api, "Something", response_format=wanted)
    assert (error.value.code, error.value.param) == (code, param)
