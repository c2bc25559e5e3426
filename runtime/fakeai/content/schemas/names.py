"""What kind of value a property has, by the words of its name or else of its description."""

import re
from functools import cache
from typing import NamedTuple


def words_of(name: str) -> list[str]:
    """startDate, start_date and start-date → ["start", "date"]."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).replace("_", " ").replace("-", " ").lower().split()


def singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


PERSONAL = frozenset(
    {"age", "birthday", "dob", "email", "gender", "job", "job_title", "occupation", "phone", "role", "surname"}
)
"""What has a property of these is a person."""


@cache
def kind_of(name: str, description: str) -> str:
    """A section of values.txt; "" if neither tells."""
    words = [singular(word) for word in words_of(name)]
    if words == ["query"] and re.search(r"\bSQL\b", description):
        return "sql"
    for length in (2, 1):
        for end in range(len(words), length - 1, -1):
            kind = _KINDS.get(" ".join(words[end - length : end]))
            if kind:
                return kind
    return next((_KINDS[word] for word in re.findall(r"[a-z]+", description.lower()) if word in _TELLING), "")


_WORDS = {
    "address": "address|street address|mailing address|shipping address|billing address",
    "answer": "answer|final answer|output|solution",
    "author": "author|artist|director|writer|composer|band",
    "category": "category|genre|type|kind|class|intent|industry|domain name|theme|sector",
    "city": "city|town",
    "code": "code|script|snippet",
    "column": "column|column name|field|field name",
    "command": "command|cmd|shell command|bash command",
    "channel": "channel|channel name",
    "color": "color|colour",
    "company": "company|organization|organisation|employer|vendor|merchant|brand|company name|publisher|supplier|"
    "restaurant|hotel",
    "country": "country|nationality",
    "country_code": "country code",
    "currency": "currency|currency code",
    "date": "date|day|birthday|deadline|due date|dob|birth date|departure date|check in|checkin|checkout|due",
    "datetime": "datetime|timestamp|created at|updated at|start time|end time|starts at|ends at|date time|scheduled at",
    "dish": "dish|meal|recipe",
    "department": "department|team",
    "destination": "destination|to city|arrival city|arrival airport|destination city|arrival",
    "domain": "domain|hostname|host",
    "email": "email|mail|email address|participant email|guest email|cc|bcc",
    "expression": "expression|formula|equation",
    "filename": "filename|file name|file|document name",
    "first_name": "first name|given name|firstname",
    "id": "id|identifier|reference|sku|order id|order number|invoice number|tracking number|number|user id",
    "ipv4": "ip|ip address",
    "job": "job|job title|occupation|role|position|profession",
    "language": "language|target language|source language|lang",
    "language_code": "language code|locale",
    "last_name": "last name|surname|family name|lastname",
    "message": "message|body|content|text body|email body|text message",
    "name": "name",
    "origin": "origin|from city|departure city|departure airport|origin city|departure",
    "path": "path|file path|filepath|directory|folder",
    "person": "person|full name|customer|user|owner|assignee|contact|patient|student|teacher|speaker|"
    "candidate|host name|customer name|user name|person name|employee|manager|guest",
    "phone": "phone|phone number|telephone|mobile|fax",
    "place": "location|place|venue|area|destination address",
    "postcode": "postcode|zip|zip code|zipcode|postal code",
    "product": "product|item|product name|item name|food|ingredient",
    "query": "query|search|q|search query|keyword|search term|term|question|prompt|input|search text|pattern|regex",
    "recipient": "recipient|to|attendee|invitee|participant",
    "region": "region|state|province",
    "repository": "repo|repository|repository name|repo name",
    "room": "room|room name",
    "sender": "sender",
    "sentence": "description|summary|explanation|reason|reasoning|rationale|comment|note|detail|sentence|thought|"
    "analysis|justification|conclusion|feedback|instruction|evidence|insight|fact|finding|recommendation|quote|"
    "chain of thought|abstract|bio|review|caption|overview|context|statement|claim|argument|response|key point|point",
    "sql": "sql|sql query|statement sql",
    "status": "status|stage",
    "street": "street|street name",
    "symbol": "symbol|ticker|stock|ticker symbol|stock symbol",
    "tag": "tag|label|hashtag|skill|hobby|interest|feature",
    "task": "reminder|todo|task|action item",
    "text": "text",
    "time": "time|hour|opening time|closing time|start|end",
    "timezone": "timezone|time zone|tz",
    "title": "title|subject|headline|heading|event name|event|project|subject line|goal|song|book|movie",
    "topic": "topic",
    "unit": "unit|measure",
    "url": "url|link|website|uri|homepage|href|webpage|image",
    "username": "username|login|handle|nickname",
    "version": "version|release",
}
_KINDS = {phrase: kind for kind, phrases in _WORDS.items() for phrase in phrases.split("|")}
_TELLING = frozenset(
    {"city", "country", "currency", "date", "email", "filename", "language", "location", "phone", "query", "url"}
)

FORMAT_KINDS = {
    "date": "date",
    "date-time": "datetime",
    "email": "email",
    "idn-email": "email",
    "ipv4": "ipv4",
    "iri": "url",
    "time": "time",
    "uri": "url",
    "uri-reference": "url",
    "uuid": "uuid",
    "phone": "phone",
    "url": "url",
    "hostname": "domain",
}


class Range(NamedTuple):
    low: float
    high: float
    decimals: int = 0


@cache
def range_of(name: str) -> Range | None:
    for word in reversed(words_of(name)):
        found = _RANGES.get(singular(word))
        if found:
            return found
    return None


_NUMBERS = {
    "age": Range(18, 80),
    "year": Range(1990, 2026),
    "month": Range(1, 12),
    "day": Range(1, 28),
    "hour": Range(0, 23),
    "minute|second|duration|timeout": Range(5, 90),
    "count|quantity|qty|total|size|stock|people|guest|adult|night|passenger|seat": Range(1, 12),
    "limit|top|max|maximum|k|num|result": Range(5, 25),
    "page|index|offset|start|position|rank|priority|level|step|order|min": Range(1, 5),
    "price|cost|amount|fee|balance|subtotal|tax|budget|salary|revenue|value": Range(5, 500, 2),
    "score|confidence|probability|similarity|relevance|weight|certainty": Range(0, 1, 2),
    "rating|star": Range(1, 5, 1),
    "percent|percentage|discount|progress": Range(0, 100),
    "latitude|lat": Range(-60, 70, 4),
    "longitude|lon|lng": Range(-170, 170, 4),
    "temperature|celsius": Range(10, 30, 1),
    "distance|length|height|width|depth|radius": Range(1, 100, 1),
    "population": Range(20_000, 5_000_000),
    "port": Range(1024, 9999),
    "id|number": Range(1000, 9999),
}
_RANGES = {word: found for words, found in _NUMBERS.items() for word in words.split("|")}
