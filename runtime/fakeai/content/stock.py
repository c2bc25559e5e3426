"""The words answers are made of, read once from the files in data/."""

from functools import cache
from importlib.resources import files


class Phrases:
    """phrases: all of them; sections: name → the numbers of its phrases."""

    def __init__(self, text: str) -> None:
        self.phrases: list[str] = []
        self.sections: dict[str, range] = {}
        for name, body in _sections(text).items():
            start = len(self.phrases)
            self.phrases += body.splitlines()
            self.sections[name] = range(start, len(self.phrases))

    def of(self, section: str) -> list[str]:
        return [self.phrases[number] for number in self.sections[section]]


@cache
def phrases() -> Phrases:
    return Phrases(_data("phrases.txt"))


@cache
def code_blocks() -> dict[str, list[str]]:
    """Language → blocks of code, the one that opens a file first."""
    return {language: body.split("\n---\n") for language, body in _sections(_data("code.txt")).items()}


@cache
def words(role: str) -> frozenset[str]:
    """The words of a section of words.txt."""
    return frozenset(sections("words.txt")[role].split())


def sections(name: str) -> dict[str, str]:
    """Of a file in data/: name of each section → what is in it."""
    return _sections(_data(name))


@cache
def values(kind: str) -> tuple[str, ...]:
    """Believable values of a kind: a section of values.txt."""
    return tuple(_values().of(kind))


@cache
def _values() -> Phrases:
    return Phrases(_data("values.txt"))


def _data(name: str) -> str:
    """The file without its first lines of comment."""
    text = files("fakeai.content").joinpath("data", name).read_text(encoding="utf-8")
    while text.startswith("#"):
        text = text.partition("\n")[2]
    return text


def _sections(text: str) -> dict[str, str]:
    """A line "[name]" that follows an empty line (or nothing) begins a section."""
    parts = ("\n\n" + text.strip()).split("\n\n[")
    return {name: body.strip("\n") for name, _, body in (part.partition("]\n") for part in parts[1:])}
