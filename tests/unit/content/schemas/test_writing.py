"""Values written for a schema: always valid, and what the user said where that fits."""

import re
from enum import Enum
from typing import Any, Literal

import orjson
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel, Field

from fakeai.content.schemas.document import CannotWrite
from fakeai.content.schemas.strict import check_schema, check_strict
from fakeai.content.schemas.writing import schema_text
from fakeai.core.seeds import derive, draws
from tests.unit.content.schemas.strategies import PATTERNS, SCHEMAS, satisfiable

SAID = [
    "",
    "Book a table for 4 people in Paris, France on 2026-05-04 at 7pm, and mail ann@example.com",
    "Red, green and blue: 12 items called 'New York', urgent",
]
SEEDS = st.integers(0, 1_000)


def value_of(schema: Any, said: str = "", number: int = 1) -> Any:
    value = orjson.loads(schema_text(schema, said, draws(derive(number))))
    Draft202012Validator(schema, validate_formats=True, offline=True).validate(value)
    return value


def tool(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def many(test: Any, examples: int) -> None:
    """Not the decorator: how many is an option of the command line."""
    seed(0)(settings(max_examples=examples, database=None, suppress_health_check=list(HealthCheck))(test))()


def test_what_is_written_is_valid(schema_examples: int) -> None:
    written = 0

    @given(SCHEMAS, SEEDS)
    def check(schema: Any, number: int) -> None:
        nonlocal written
        try:
            value_of(schema, SAID[number % len(SAID)], number)
        except CannotWrite:
            return
        written += 1

    many(check, schema_examples)
    assert written > schema_examples / 2


def test_a_schema_that_has_a_value_gets_one(schema_examples: int) -> None:
    refused = []

    @given(satisfiable(), SEEDS)
    def check(schema: Any, number: int) -> None:
        try:
            value_of(schema, SAID[number % len(SAID)], number)
        except CannotWrite:
            refused.append(schema)

    many(check, schema_examples)
    assert not refused


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_match_wherever_python_knows_them(pattern: str) -> None:
    for number in range(20):
        text = value_of({"type": "string", "pattern": pattern}, number=number)
        assert "\\p" in pattern or re.search(pattern, text)


def test_equal_draws_write_equal_text() -> None:
    schema = tool(name={"type": "string"}, ids={"type": "array", "items": {"type": "string", "format": "uuid"}})
    texts = [schema_text(schema, SAID[1], draws(derive(number))) for number in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
TEXTS = {"type": "array", "items": TEXT}
PROMPTS = [
    (
        tool(location=TEXT, unit={"type": "string", "enum": ["celsius", "fahrenheit"]}),
        "What's the weather in Paris, France in Fahrenheit?",
        {"location": "Paris, France", "unit": "fahrenheit"},
    ),
    (tool(city=TEXT, days=WHOLE), "what is the weather in tokyo for 3 days?", {"city": "Tokyo", "days": 3}),
    (
        tool(query=TEXT, limit={"type": "integer", "minimum": 1, "maximum": 50}),
        "Search the web for vintage synthesizers and show the top 5",
        {"query": "vintage synthesizers", "limit": 5},
    ),
    (
        tool(to={"type": "array", "items": {"type": "string", "format": "email"}}, subject=TEXT, body=TEXT),
        'Email ann@example.com and bob@corp.io with subject "Lunch on Friday" saying see you at noon.',
        {"to": ["ann@example.com", "bob@corp.io"], "subject": "Lunch on Friday", "body": "see you at noon"},
    ),
    (
        tool(
            title=TEXT, start={"type": "string", "format": "date-time"}, attendees=TEXTS, is_urgent={"type": "boolean"}
        ),
        'Create an urgent event "Design review" on March 3, 2026 at 3pm with Alice, Bob and Carol',
        {
            "title": "Design review",
            "start": "2026-03-03T15:00:00Z",
            "attendees": ["Alice", "Bob", "Carol"],
            "is_urgent": True,
        },
    ),
    (
        tool(
            origin=TEXT,
            destination=TEXT,
            departure_date={"type": "string", "format": "date"},
            passengers=WHOLE,
            cabin={"enum": ["economy", "business"]},
        ),
        "Book a flight from San Francisco to New York on 2026-05-04 for two passengers in business class",
        {
            "origin": "San Francisco",
            "destination": "New York",
            "departure_date": "2026-05-04",
            "passengers": 2,
            "cabin": "business",
        },
    ),
    (
        tool(name=TEXT, age=WHOLE, email=TEXT, tags=TEXTS),
        "Extract the user: John Smith is 34 years old, john@smith.org. Tags: red, green and blue.",
        {"name": "John Smith", "age": 34, "email": "john@smith.org", "tags": ["red", "green", "blue"]},
    ),
    (
        tool(amount={"type": "number"}, source=TEXT | {"enum": ["USD", "EUR"]}, target=TEXT | {"enum": ["USD", "EUR"]}),
        "convert 25.50 EUR to USD",
        {"amount": 25.5, "source": "EUR", "target": "USD"},
    ),
    (
        tool(nights=WHOLE, guests=WHOLE, pets={"type": "boolean"}),
        "A room for 2 guests and 5 nights, no pets",
        {"nights": 5, "guests": 2, "pets": False},
    ),
    (tool(order_id=TEXT), "Where is my order #A-10293?", {"order_id": "#A-10293"}),
    (
        tool(customer_id=TEXT, order_id=TEXT),
        "My order number is 98765, customer 4711.",
        {"customer_id": "4711", "order_id": "98765"},
    ),
    (tool(path=TEXT), "Read /etc/hosts", {"path": "/etc/hosts"}),
    (tool(timezone=TEXT), "What time is it in Tokyo?", {"timezone": "Asia/Tokyo"}),
    (tool(symbol=TEXT), "How is Tesla doing?", {"symbol": "TSLA"}),
    (
        tool(amount={"type": "number"}, from_currency=TEXT, to_currency=TEXT),
        "How much is 250 euros in dollars?",
        {"amount": 250, "from_currency": "EUR", "to_currency": "USD"},
    ),
    (
        tool(text=TEXT, target_language=TEXT),
        "How do you say thank you in Japanese?",
        {"text": "thank you", "target_language": "Japanese"},
    ),
    (
        tool(query=TEXT | {"description": "A SQL query"}),
        "Who are the top 5 artists?",
        {"query": "SELECT * FROM artists LIMIT 5"},
    ),
    (tool(message=TEXT, time=TEXT), "Remind me to call mom at 6pm", {"message": "call mom", "time": "18:00"}),
    (tool(to=TEXT, body=TEXT), "Email bob@acme.io that I am late.", {"to": "bob@acme.io", "body": "I am late"}),
    (tool(expression=TEXT), "What's 15% of 240?", {"expression": "15 / 100 * 240"}),
    (tool(recipient=TEXT, amount=WHOLE), "Send $50 to Alice", {"recipient": "Alice", "amount": 50}),
    (tool(channel=TEXT, text=TEXT), "Post 'Hello team' to #general", {"channel": "#general", "text": "Hello team"}),
    (tool(location=TEXT), "weather paris", {"location": "Paris"}),
    (
        tool(latitude={"type": "number"}, longitude={"type": "number"}),
        "What's the weather like in Paris today?",
        {"latitude": 48.8566, "longitude": 2.3522},
    ),
    (tool(topic=TEXT), "What's new in AI?", {"topic": "AI"}),
    (tool(command=TEXT), "List my docker containers", {"command": "docker ps"}),
    (tool(ref=TEXT | {"pattern": "^[A-Z]{2}-\\d+$"}), "What of AB-77, and of 12?", {"ref": "AB-77"}),
    (tool(numbers={"type": "array", "items": WHOLE}), "Sort 5, 3 and 12", {"numbers": [5, 3, 12]}),
    (
        tool(url={"type": "string", "format": "uri"}),
        "Read https://a.example/x?y=1.",
        {"url": "https://a.example/x?y=1"},
    ),
]


@pytest.mark.parametrize(("schema", "said", "expected"), PROMPTS, ids=[said[:20] for _, said, _ in PROMPTS])
@pytest.mark.parametrize("number", [1, 2])
def test_what_was_said_is_used(schema: Any, said: str, expected: Any, number: int) -> None:
    assert value_of(schema, said, number) == expected


def test_an_optional_property_is_there_if_something_was_said_about_it() -> None:
    schema = {"type": "object", "properties": {"city": TEXT, "email": TEXT}}
    assert all(value_of(schema, "in Oslo", number)["city"] == "Oslo" for number in range(20))
    assert {"email" in value_of(schema, "in Oslo", number) for number in range(20)} == {True, False}


class Kind(Enum):
    BUG = "bug"
    FEATURE = "feature"


class Address(BaseModel):
    street: str
    city: str = Field(description="City name", min_length=2)
    postcode: str = Field(pattern=r"^\d{5}$")


class Person(BaseModel):
    name: str
    age: int | None = Field(ge=0, le=150)
    addresses: list[Address] = Field(min_length=1, max_length=3)
    manager: "Person | None" = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: set[str]


class Ticket(BaseModel):
    kind: Kind
    score: float = Field(gt=0, lt=1, multiple_of=0.05)
    owner: Person
    pet: Cat | Dog = Field(discriminator="kind")
    labels: dict[str, int]
    steps: list[tuple[int, str]]


@pytest.mark.parametrize("number", range(20))
def test_pydantic_models_take_what_is_written(number: int) -> None:
    Ticket.model_validate_json(schema_text(Ticket.model_json_schema(), SAID[number % 3], draws(derive(number))))
    Person.model_validate_json(schema_text(to_strict_json_schema(Person), SAID[number % 3], draws(derive(number))))


def test_schemas_of_the_sdk_are_strict() -> None:
    check_strict(to_strict_json_schema(Person), "response_format", "Person", "response_format")
    check_schema(Ticket.model_json_schema(), "function", "ticket", "tools[0].function.parameters")


def test_keys_stand_in_the_order_of_the_schema() -> None:
    schema = tool(zeta=TEXT, alpha=WHOLE, mid={"type": "null"})
    assert re.sub(r'":.*?[,}]', " ", schema_text(schema, "", draws(derive(1)))) == '{"zeta "alpha "mid '


@pytest.mark.parametrize("items", [{"type": "integer", "minimum": 1, "maximum": 300}, TEXT, {"enum": [*range(300)]}])
def test_many_different_items(items: Any) -> None:
    assert len(value_of({"type": "array", "minItems": 300, "uniqueItems": True, "items": items})) >= 300


def test_alternatives_of_alternatives_do_not_multiply() -> None:
    pairs = {f"a{n}": {"anyOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(40)}
    assert value_of({"$ref": "#/$defs/a0", "$defs": {**pairs, "a40": {"const": 1}}}) == 1


OLDER = [
    {"type": "array", "items": [{"const": 1}, {"const": "b"}], "additionalItems": False, "minItems": 2},
    {"type": "number", "minimum": 3, "maximum": 3.5, "exclusiveMinimum": True},
    {"$ref": "#/definitions/a", "definitions": {"a": {"type": "string", "nullable": True}}},
    {"$id": "https://example.com/s", "$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a"}
    | {"definitions": {"a": {"type": "boolean"}}},
]


@pytest.mark.parametrize("schema", OLDER)
def test_older_drafts_are_understood(schema: Any) -> None:
    value = orjson.loads(schema_text(schema, "", draws(derive(1))))
    assert value == [1, "b"] or isinstance(value, str | bool) or 3 < value <= 3.5


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (False, "no value"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "no value"),
        ({"type": "string", "pattern": "("}, "regex"),
        ({"type": "strng"}, "strng"),
        ({"$ref": "#/$defs/none"}, "none"),
        ({"$ref": "https://example.com/elsewhere.json"}, "elsewhere"),
        ({"$ref": "#"}, "itself"),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "no value"),
        ({"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3}, "different"),
        ({"type": "array", "items": {"type": "array", "minItems": 900, "items": {}}, "minItems": 10**9}, "large"),
        ({"type": "string", "not": {"minLength": 0}}, "fits"),
        ({"type": "string", "pattern": "^((a{999}){999}){999}$"}, "regex|no value"),
        ({"type": "number", "minimum": 1.7976931348623157e308, "exclusiveMinimum": 1.7976931348623157e308}, "no value"),
    ],
)
def test_what_has_no_value_is_said(schema: Any, why: str) -> None:
    with pytest.raises(CannotWrite, match=why):
        schema_text(schema, "", draws(derive(1)))
