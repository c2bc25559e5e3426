"""What the last user message says that can be a value: addresses, dates, numbers, names, places, quotes, lists."""

import re
from collections.abc import Callable, Iterable
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from fakeai.content.stock import values, words
from fakeai.content.topics import split, topics

MAX_CHARS = 1_000
MAX_SERIES_CHARS = 200
TOPIC_CHARS = 400
MAX_ITEM_WORDS = 3

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_SMALL = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
}
_NUMBER = re.compile(
    r"(?<![\w.:/-])([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?![\w]*[@:/\d]|[.,-]\d)" + rf"|\b({'|'.join(_SMALL)})\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"\b(\d{{4}})-(\d\d)-(\d\d)\b|\b({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b"
    rf"|\b(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH})(?:,? (\d{{4}}))?\b|\b(\d{{1,2}})/(\d{{1,2}})/(\d{{4}})\b"
)
_TIME = re.compile(r"\b(\d{1,2})(?::(\d\d))?(?::(\d\d))? ?([ap])\.?m\b|\b(\d{1,2}):(\d\d)(?::(\d\d))?\b", re.IGNORECASE)
_QUOTE = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|(?<!\w)'([^'\n]+)'(?!\w)|`([^`\n]+)`")
_PROPER = re.compile(r"\b[A-Z][\w'’.&-]*[\w](?: (?:of |de |van |von )?[A-Z][\w'’&-]*)*")
_PLACE = re.compile(
    r"\b(in|at|near|from|to|for|around|of|visit|visiting|by) "
    r"((?:the )?[A-Z][\w'’.-]*(?: [A-Z][\w'’-]*)*(?:, (?!\w+(?: \w+)?,? (?:and|or) )[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*)?)"
)
_LOWER_PLACE = re.compile(
    r"\b(in|near) ((?!me\b|the |a |an |my |our |this |that |order )[a-z][a-z'-]+"
    r"(?: (?!today|tomorrow|tonight|right|now|this|next|on|for|and|with|using|at|in|like|please)[a-z'-]+)?)"
)
_LINKS = r"for|in|on|at|to|with|by|from|of|like|are|is|as"
_ITEM = r"[\w'+-]+(?:[@.][\w-]+)*"
_CONJUNCTION = re.compile(rf",? (?:and|or) ({_ITEM}(?: (?!(?:{_LINKS}|saying)\b){_ITEM}){{0,2}})")
_LINK = re.compile(rf"\b(?:{_LINKS}) ")
_SENTENCE_END = re.compile(r"[.;:!?\n]")
_PATTERNS: dict[str, "re.Pattern[str]"] = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "url": re.compile(r"https?://[^\s<>\"')\]]*[^\s<>\"')\].,;:!?]"),
    "uuid": re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    "ipv4": re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"),
    "phone": re.compile(r"(?<![\w-])\+?\(?\d[\d ()-]{6,}\d(?![\w-])"),
    "filename": re.compile(r"(?<![\w@/])[\w./-]*\w\.(?!com|org|net|io)[a-z][a-z0-9]{0,3}\b"),
    "relative_date": re.compile(
        r"\b(?:today|tonight|tomorrow|yesterday|(?:next|this|last) (?:week|month|\w+day)|\w{3,6}day)\b", re.IGNORECASE
    ),
    "code_word": re.compile(r"(?<!\S)[\"'(#]?(?=\S*\d)([^\s\"',;()]*[^\s\"',;().!?:])"),
    "file_path": re.compile(
        r"(?<![\w:/.~])(?:~|\.{1,2})?/[\w./-]*\w|\b\w[\w.-]*/(?:[\w.-]+/)*[\w-]+\.[a-z]{1,4}\b|(?<!\S)[\w.-]+/(?!\S)"
    ),
    "repository": re.compile(r"(?<![\w:/.])[A-Za-z][\w-]*/[\w.-]*\w(?![\w/])"),
    "statement": re.compile(r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b[^;`\n]*[^;`\s]"),
    "hashtag": re.compile(r"(?<!\w)#\w+"),
    "firm": re.compile(r"\b(?:[A-Z][\w&]* )+(?:Corp|Inc|LLC|Ltd|GmbH|Labs|Bank|Group|Industries)\b"),
    "task": re.compile(
        r"(?:remind me|reminder|task) (?:to|about) (.+?)(?= (?:at|on|by|in|tomorrow|today|next|every)\b|[.,;!?]|$)",
        re.IGNORECASE,
    ),
    "id": re.compile(r"(?<![\w.@/-])#?(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[\w-]{4,}(?![\w.@/-]*[@/])|(?<=#)\d{2,}"),
}
_MARKS = {"email": "@", "url": "://", "uuid": "-", "hashtag": "#"}
"""Quick to look for: without them there are none of the kind."""
_DIGIT = re.compile(r"\d")
_QUERY = re.compile(
    r"(?:search|google|grep|look up|looking|look|find|browse)(?: me)?(?: (?:the|my|our) (?:web|internet|docs|files))?"
    r"(?: online)?(?: for| about| up)? (.+?)(?: (?:and|then|under|below) .*)?[.?!]*$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|regarding|to discuss|discussing|titled|called|named|entitled) "
    r"((?:the |a |an )?[\w' -]+?)(?= (?:at|on|with|to|and|for|that)\b|[,.;:?!]|$)"
)
_SAYING = re.compile(
    r"\b(?:saying|that says|telling \w+(?: that)?|(?:email|mail|text|message|notify) \S+ that"
    r"|tell (?!me|us)\S+(?: that)?)[ :]+(.+?)[.?!]?$|: +([^\n]+)$",
    re.IGNORECASE | re.MULTILINE,
)
_TRANSLATED = re.compile(
    r"\b(?:translate|say|is) (?:the (?:text|sentence|phrase|word)s? )?(.+?) (?:from \w+ )?(?:in|into|to) [A-Z]\w+\b"
)
_DISH = re.compile(
    r"\b(?:cook|make|bake|prepare|recipe for) (?:an? |some |the )?([a-z]+(?: (?!for|with|in|at)[a-z]+)?)"
)
_NEW_IN = re.compile(r"\b(?:new|news|latest|happening)(?: \w+)? (?:in|about|on|with|from) (?:the )?([\w .-]*\w)")
_MONEY = {"dollar": "USD", "euro": "EUR", "pound": "GBP", "yen": "JPY", "franc": "CHF", "rupee": "INR", "yuan": "CNY"}
_CURRENCY = re.compile(
    rf"\b(?:USD|EUR|GBP|JPY|CHF|CAD|AUD|CNY|INR|SEK|NOK|DKK|PLN|BRL|MXN|KRW|(?:{'|'.join(_MONEY)})s?)\b"
)
_EXPRESSION = re.compile(
    r"(?<![\w.-])[\d(][\d ().]*[-+*/^%][-+*/^%\d ().]*[\d)]"
    r"|square root of (?P<root>\d+)|(?P<percent>[\d.]+)\s*(?:%|percent) of (?P<whole>\d+)"
)
_ADDED = re.compile(r"\b(?:add|buy|order) (?:some |an? |the |\d+ )?(.+?) (?:to|from|for|in)\b", re.IGNORECASE)
_TABLE = re.compile(r"[a-z_]+")


_MENTIONED = frozenset({"color", "language", "room", "status"})
"""Kinds of few values."""


class Number(NamedTuple):
    value: int | float
    start: int
    end: int


class Said:
    """All found when first asked for."""

    def __init__(self, text: str) -> None:
        half = MAX_CHARS // 2
        self.text = text if len(text) <= MAX_CHARS else f"{text[:half]} … {text[-half:]}"
        self.lower = self.text.lower()
        self._facts: dict[str, list[str]] = {}

    def facts(self, kind: str) -> list[str]:
        """Everything of a kind, in order, each once; nothing of a kind that cannot be told from a text."""
        found = self._facts.get(kind)
        if found is None:
            self._facts[kind] = found = list(dict.fromkeys(self._find(kind)))
        return found

    def _find(self, kind: str) -> Iterable[str]:
        if kind in _PATTERNS:
            return _PATTERNS[kind].findall(self.text) if _MARKS.get(kind, "") in self.text else ()
        if kind in _MENTIONED:
            return [value for value in values(kind) if re.search(rf"\b{value}\b", self.text, re.IGNORECASE)]
        return FINDERS[kind](self) if kind in FINDERS else ()

    @cached_property
    def numbers(self) -> list[Number]:
        """Without those of dates, times and addresses."""
        text = self.text
        if _DIGIT.search(text):
            others = [_PATTERNS[kind] for kind in ("email", "url", "uuid") if _MARKS[kind] in text]
            for pattern in (*others, _DATE, _TIME):
                text = pattern.sub(lambda found: " " * len(found[0]), text)
        return [Number(_number(found), found.start(), found.end()) for found in _NUMBER.finditer(text)]

    @cached_property
    def series(self) -> list[str]:
        """The items of the first "a, b and c"."""
        for found in _CONJUNCTION.finditer(self.text):
            before = _SENTENCE_END.split(self.text[max(0, found.start() - MAX_SERIES_CHARS) : found.start()])[-1]
            items = _items(before.split(", "), found[1])
            if len(items) > 1:
                return items
        return []

    @cached_property
    def topic(self) -> str:
        found = topics(split(self.text[:TOPIC_CHARS]), words("opener"))
        return found[0] if found else ""


@lru_cache(256)
def said_in(text: str) -> Said:
    return Said(text)


def _number(found: "re.Match[str]") -> int | float:
    if found[2]:
        return _SMALL[found[2].lower()]
    digits = found[1].replace(",", "")
    return float(digits) if "." in digits else int(digits)


def _items(before: list[str], last: str) -> list[str]:
    """The first item is as long as the longest of the others, since the sentence before it looks the same."""
    kept = [last]
    for part in reversed(before[1:]):
        if not 0 < len(part.split()) <= MAX_ITEM_WORDS:
            break
        kept.insert(0, part)
    longest = max(len(part.split()) for part in kept)
    words_before = _LINK.split(before[-len(kept)])[-1].split()
    while longest < min(len(words_before), MAX_ITEM_WORDS) and all(
        w[0].isupper() for w in words_before[-longest - 1 :]
    ):
        longest += 1
    first = words_before[-longest:]
    are_alike = first and ((first[-1][0].isupper() and last[0].isupper()) or ("@" in first[-1] and "@" in last))
    is_series = len(kept) > 1 or are_alike
    return [" ".join(first), *kept] if first and is_series else []


def _dates(said: Said) -> list[str]:
    return [
        date
        for found in _DATE.finditer(said.text)
        if "00" < (date := _date(found))[5:7] < "13" and "00" < date[8:] < "32"
    ]


def _date(found: "re.Match[str]") -> str:
    year, month, day = found[1] or found[6] or found[9] or found[12], found[2] or found[10], found[3] or found[11]
    if name := found[4] or found[8]:
        month, day = str(_MONTHS.index(name[:3].lower()) + 1), found[5] or found[7]
    return f"{int(year or 2026):04}-{int(month):02}-{int(day):02}"


def _times(said: Said) -> list[str]:
    found = []
    for match in _TIME.finditer(said.text):
        hour, minute = int(match[1] or match[5]), int(match[2] or match[6] or 0)
        if half := match[4]:
            hour = hour % 12 + (12 if half.lower() == "p" else 0)
        if hour < 24 and minute < 60:
            found.append(f"{hour:02}:{minute:02}")
    return found


def _proper_names(said: Said) -> list[str]:
    found, openers = [], words("opener")
    for match in _PROPER.finditer(_QUOTE.sub(" ", said.text)):
        name = match[0].split()
        while name and name[0].lower() in openers:
            name.pop(0)
        if name:
            found.append(" ".join(name))
    return found


def _people(said: Said) -> list[str]:
    """Names of two words or more come first; places are none."""
    places = {part for place in said.facts("place") for part in (place, *place.split(", "))}
    return sorted((name for name in said.facts("proper") if name not in places), key=lambda name: " " not in name)


def _places(said: Said) -> list[str]:
    found = [match[2] for match in _PLACE.finditer(said.text) if match[2].split()[0].lower() not in words("opener")]
    return (
        found
        or [match[2].title() for match in _LOWER_PLACE.finditer(said.lower)]
        or [city for city in _cities() if re.search(rf"\b{city.lower()}\b", said.lower)]
    )


@cache
def _cities() -> list[str]:
    """Those that are known without a preposition before them."""
    return [*values("city"), *(zone.split("/")[-1].replace("_", " ") for zone in values("timezone") if "/" in zone)]


def _countries(said: Said) -> list[str]:
    after_city = [place.split(", ")[1] for place in said.facts("place") if ", " in place]
    return after_city or [country for country in values("country") if re.search(rf"\b{country}\b", said.text)]


def _coordinates(said: Said) -> list[str]:
    """Latitude and longitude of well-known cities."""
    known = (line.split(" ", 1) for line in values("coordinates"))
    return [pair for city, pair in known if re.search(rf"\b{city.replace('_', ' ')}\b", said.lower)]


def _expressions(said: Said) -> list[str]:
    found = []
    for match in _EXPRESSION.finditer(said.text):
        root, percent = match["root"], match["percent"]
        found.append(f"sqrt({root})" if root else f"{percent} / 100 * {match['whole']}" if percent else match[0])
    return found


def _after(preposition: str) -> Callable[[Said], list[str]]:
    return lambda said: [match[2] for match in _PLACE.finditer(said.text) if match[1] == preposition]


def _quotes(said: Said) -> list[str]:
    return [next(filter(None, found.groups())) for found in _QUOTE.finditer(said.text)]


def _query(said: Said) -> list[str]:
    found = _QUERY.search(said.text)
    if quotes := said.facts("quote"):
        return quotes
    return [found[1].strip()] if found else [said.text.strip(" ?.!")] if 0 < len(said.text) <= 120 else []


def _titles(said: Said) -> list[str]:
    return said.facts("quote") or [found[1] for found in _ABOUT.finditer(said.text)]


def _messages(said: Said) -> list[str]:
    found = [found[1] or found[2] for found in _SAYING.finditer(said.text)] or said.facts("quote")[-1:]
    return found or said.facts("task")


def _texts(said: Said) -> list[str]:
    translated = [found[1] for found in _TRANSLATED.finditer(said.text)]
    return said.facts("quote") or translated or said.facts("message")


def _topics(said: Said) -> list[str]:
    named = said.facts("quote") or [found[1] for found in _NEW_IN.finditer(said.text)]
    return named or _titles(said) or said.facts("proper")[:1] or ([said.topic] if said.topic else [])


def _dishes(said: Said) -> list[str]:
    return [found[1] for found in _DISH.finditer(said.lower)]


def _currencies(said: Said) -> list[str]:
    return [_MONEY.get(found.removesuffix("s"), found) for found in _CURRENCY.findall(said.text)]


def _symbols(said: Said) -> list[str]:
    """Those of well-known companies, if they are named only."""
    of_company = dict(line.split() for line in values("ticker"))
    named = [of_company[word] for word in re.findall(r"\w+", said.lower) if word in of_company]
    return re.findall(r"\b[A-Z]{2,5}\b", said.text) or named


def _timezones(said: Said) -> list[str]:
    return [zone for zone in values("timezone") if zone.split("/")[-1].replace("_", " ").lower() in said.lower]


def _commands(said: Said) -> list[str]:
    """What is quoted, or a command with the words of the message."""
    mentioned = {word.removesuffix("s") for word in re.findall(r"\w+", said.lower)}
    known = [line for line in values("command") if not mentioned.isdisjoint(re.findall(r"\w+", line))]
    return said.facts("quote") or known


def _statements(said: Said) -> list[str]:
    """SQL: the message's own, or one about its first noun."""
    if own := said.facts("statement"):
        return own
    table = _TABLE.search(said.topic.lower().removeprefix("the ").removeprefix("a ").removeprefix("your "))
    if table is None:
        return []
    limit = f" LIMIT {said.numbers[0].value}" if said.numbers and "top " in said.lower else ""
    return [f"SELECT {'COUNT(*)' if 'how many' in said.lower else '*'} FROM {table[0]}{limit}"]


def _hour_dates(said: Said) -> list[str]:
    times = said.facts("time") or ["09:00"]
    return [f"{date}T{times[min(index, len(times) - 1)]}:00Z" for index, date in enumerate(said.facts("date"))]


FINDERS: dict[str, Callable[[Said], list[str]]] = {
    "date": _dates,
    "time": _times,
    "datetime": _hour_dates,
    "proper": _proper_names,
    "person": _people,
    "first_name": lambda said: [name.split()[0] for name in said.facts("person")],
    "last_name": lambda said: [name.split()[-1] for name in said.facts("person") if " " in name],
    "place": _places,
    "city": lambda said: [place.split(", ")[0] for place in said.facts("place")],
    "channel": lambda said: said.facts("hashtag"),
    "coordinates": _coordinates,
    "country": _countries,
    "expression": _expressions,
    "product": lambda said: [found[1] for found in _ADDED.finditer(said.text)],
    "author": lambda said: _after("by")(said) or said.facts("person"),
    "company": lambda said: said.facts("firm") or _after("at")(said),
    "path": lambda said: said.facts("file_path") or said.facts("filename"),
    "command": _commands,
    "currency": _currencies,
    "dish": _dishes,
    "sql": _statements,
    "symbol": _symbols,
    "timezone": _timezones,
    "topic": _topics,
    "sentence": lambda said: said.facts("quote"),
    "text": _texts,
    "origin": _after("from"),
    "destination": lambda said: _after("to")(said) or said.facts("place"),
    "quote": _quotes,
    "query": _query,
    "title": _titles,
    "name": lambda said: _titles(said) or said.facts("person"),
    "recipient": lambda said: said.facts("email") or said.facts("phone") or said.facts("person") or _after("to")(said),
    "sender": lambda said: said.facts("email") or _after("from")(said) or said.facts("person"),
    "message": _messages,
}
