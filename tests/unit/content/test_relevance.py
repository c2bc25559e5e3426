"""Which tools a message is about."""

import pytest

from fakeai.content.relevance import likeliest, relevant
from fakeai.content.script import Tool

TOOLS = [
    Tool("function", "get_weather", "Get the current weather of a city", {"properties": {"city": {}, "unit": {}}}),
    Tool("function", "search_web", "Search the web for pages about a query"),
    Tool("function", "sendEmail", "Send an email to somebody"),
    Tool("function", "calculator", "Evaluate an arithmetic expression"),
    Tool("function", "book_flight", "Book a flight between two airports"),
    Tool("function", "get_time", "Get the current time at a place"),
    Tool("function", "create_ticket", "Open a support ticket for a customer's problem"),
]


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("What's the weather in Paris?", ["get_weather"]),
        ("Will I need an umbrella tomorrow?", ["get_weather"]),
        ("Please search the web for recent papers", ["search_web"]),
        ("Mail this to ada@example.com, it's an email she waits for", ["sendEmail"]),
        ("What is 17 * 23?", ["calculator"]),
        ("Use create_ticket", ["create_ticket"]),
        ("Remind me of the meeting on Friday", []),
        ("I want flights to Lisbon, book one", ["book_flight"]),
        ("Check the weather and book a flight", ["book_flight", "get_weather"]),
        ("What time is it in Rome?", ["get_time"]),
        ("Why is the sky blue?", []),
        ("Write a poem about the sea", []),
        ("", []),
    ],
)
def test_relevant(message: str, names: list[str]) -> None:
    assert sorted(tool.name for tool in relevant(TOOLS, message)) == names


def test_the_likeliest_tool_shares_most_with_the_message() -> None:
    assert likeliest(TOOLS, "somebody should book this").name == "book_flight"
    assert likeliest(TOOLS, "nothing of the kind") is TOOLS[0]
