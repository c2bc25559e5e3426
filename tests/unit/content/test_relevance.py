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


def functions(*names: str) -> list[Tool]:
    return [Tool("function", name) for name in names]


@pytest.mark.parametrize(
    ("message", "tools", "names"),
    [
        ("Is it raining in Boston?", functions("get_current_weather", "get_stock_price"), ["get_current_weather"]),
        ("How is TSLA doing today?", functions("get_stock_price", "get_news"), ["get_stock_price"]),
        (
            "I was charged twice this month",
            functions("transfer_to_sales", "transfer_to_billing"),
            ["transfer_to_billing"],
        ),
        ("I want my money back", functions("issue_refund", "get_customer"), ["issue_refund"]),
        ("How do you say thank you in Japanese?", functions("translate_text"), ["translate_text"]),
        ("What does README.md say?", functions("read_file", "write_file", "list_directory"), ["read_file"]),
        ("Multiply 3 by 4, then add 5.", functions("multiply", "add"), ["add", "multiply"]),
        ("weather in Oslo for 5 days", functions("get_weather", "get_weather_forecast"), ["get_weather"]),
        ("Who won the last world cup?", functions("bing_search", "search_flights"), ["bing_search"]),
        ("How many users signed up last week?", functions("query_database"), ["query_database"]),
        ("How does photosynthesis work?", functions("retrieve_documents", "search_web"), ["retrieve_documents"]),
        ("Cancel my 3pm meeting", functions("create_event", "delete_event"), ["delete_event"]),
        ("How many days between March 3 and June 10?", functions("date_diff", "calculator"), ["date_diff"]),
        ("Send $50 to Alice", functions("transfer_money"), ["transfer_money"]),
        ("What was a positive news story from today?", functions("web_search"), ["web_search"]),
        ("Write me a poem about rain", functions("get_weather", "search_web"), []),
        ("What can you do?", functions("search_web", "query_database"), []),
        ("What is your favourite river?", functions("search_web"), []),
        ("Hello there!", functions("search_web", "retrieve_documents"), []),
    ],
)
def test_what_people_say_instead_of_a_tools_words(message: str, tools: list[Tool], names: list[str]) -> None:
    assert sorted(tool.name for tool in relevant(tools, message)) == names


def test_choices_of_a_parameter_count() -> None:
    choices = {"properties": {"table": {"enum": ["orders", "customers"]}}}
    for parameters, count in ((choices, 1), ({}, 0)):
        assert len(relevant([Tool("function", "fetch_rows", parameters=parameters)], "orders of customers")) == count


def test_the_likeliest_tool_shares_most_with_the_message() -> None:
    assert likeliest(TOOLS, "somebody should book this").name == "book_flight"
    assert likeliest(TOOLS, "nothing of the kind") is TOOLS[0]


def test_a_follow_up_goes_on_from_the_message_before() -> None:
    weather = "What's the weather in Paris?"
    assert [tool.name for tool in relevant(TOOLS, "And in Rome?", weather)] == ["get_weather"]
    assert relevant(TOOLS, "Thank you!", weather) == []
