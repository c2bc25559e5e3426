"""Texts in the formats that JSON Schema names."""

from collections.abc import Callable

from fakeai.content.stock import values
from fakeai.core.seeds import Draw


def _one(kind: str) -> Callable[[Draw], str]:
    return lambda r: values(kind)[r() % len(values(kind))]


def _uuid(r: Draw) -> str:
    """Of version 4."""
    digits = f"{r():08x}{r():08x}{r():08x}{r():08x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[r() % 4]}{digits[17:20]}-{digits[20:]}"


def _time(r: Draw) -> str:
    return f"{8 + r() % 11:02}:{5 * (r() % 12):02}:00Z"


def _date(r: Draw) -> str:
    return f"2026-{1 + r() % 12:02}-{1 + r() % 28:02}"


def _hex_groups(r: Draw) -> str:
    return "2001:db8:" + ":".join([f"{r() % 65535:x}" for _ in range(6)])


FORMATS: dict[str, Callable[[Draw], str]] = {
    "date": _date,
    "date-time": lambda r: f"{_date(r)}T{_time(r)}",
    "duration": lambda r: ("PT30M", "PT1H", "PT2H30M", "P1D", "P1W", "PT45S")[r() % 6],
    "email": _one("email"),
    "hostname": _one("domain"),
    "idn-email": _one("email"),
    "idn-hostname": _one("domain"),
    "ipv4": _one("ipv4"),
    "ipv6": _hex_groups,
    "iri": _one("url"),
    "iri-reference": _one("url"),
    "json-pointer": lambda r: f"/{_one('word')(r)}/{r() % 10}",
    "regex": lambda r: f"^{_one('word')(r)}$",
    "relative-json-pointer": lambda r: f"{r() % 3}/{_one('word')(r)}",
    "time": _time,
    "uri": _one("url"),
    "uri-reference": _one("url"),
    "uri-template": lambda r: f"https://example.com/{{{_one('word')(r)}}}",
    "uuid": _uuid,
}

_FIXED = {
    "date-time": ("2026-03-14T09:30:00.", "0", "Z"),
    "time": ("09:30:00.", "0", "Z"),
    "duration": ("PT", "1", "S"),
    "email": ("", "a", "@b.co"),
    "idn-email": ("", "a", "@b.co"),
    "hostname": ("", "a", ""),
    "idn-hostname": ("", "a", ""),
    "iri": ("http:", "a", ""),
    "iri-reference": ("", "a", ""),
    "json-pointer": ("/", "a", ""),
    "regex": ("", "a", ""),
    "relative-json-pointer": ("0/", "a", ""),
    "uri": ("http:", "a", ""),
    "uri-reference": ("", "a", ""),
    "uri-template": ("", "a", ""),
    "ipv6": ("::", "1", ""),
}


def longer(name: str, low: int, high: int | None) -> str:
    """Of at least `low` characters, as short as it can be; "" where the format leaves no choice."""
    start, middle, end = _FIXED.get(name, ("", "", ""))
    text = start + middle * max(low - len(start) - len(end), 1) + end
    if name in ("hostname", "idn-hostname"):
        text = ".".join([text[at : at + 50] for at in range(0, len(text), 51)])
    return text
